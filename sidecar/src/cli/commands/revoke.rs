//! `a2a revoke`: end a pair or take scopes away, at once.

use a2a_proto::scope::Scope;
use clap::Args;

use crate::agent::{Agent, Revoke, Revoked, RevokedState};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{json, progress, words};

/// The arguments of `a2a revoke`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The peer's name, id or address
    peer: String,
    /// Take only this scope away; repeat for more
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// Also drop every request to pair they make from now on
    #[arg(long)]
    block: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Revokes and says what is left.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let scopes = Some(arguments.scopes).filter(|scopes| !scopes.is_empty());
    let revoke = Revoke { peer: arguments.peer, scopes, block: arguments.block };
    let revoked = progress::during("Telling the relay", agent.revoke(revoke)).await?;
    if arguments.json {
        output.json(&json::revoked(&revoked));
    } else {
        show(&revoked, output);
    }
    Ok(())
}

fn show(revoked: &Revoked, output: Output) {
    let peer = &revoked.peer;
    output.say(match revoked.state {
        RevokedState::Revoked => format!("{peer} can no longer write to you."),
        RevokedState::Narrowed => {
            format!("{peer} may now write to you only about: {}.", words::scopes(&revoked.remaining))
        }
        RevokedState::Declined => format!("Declined the request of {peer}."),
        RevokedState::Blocked => format!("{peer} is blocked: no mail, no new requests."),
    });
    if !matches!(revoked.state, RevokedState::Declined) {
        output.note(format!("Take it back within 7 days: a2a undo {peer}"));
    }
    if !revoked.relay_told {
        output.note("Your relay could not be told yet. Their mail is dropped here already; the relay is told as soon as it answers.");
    }
}
