//! `a2a restore`: bring a lost identity back on this computer, with the recovery words.

use std::path::PathBuf;

use a2a_proto::address::RelayAuthority;
use clap::Args;

use crate::agent::{Agent, RestoreSource, RestoreView, Restored, RetiredDevice};
use crate::cli::commands::backup::{describe, listed};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{home, progress, terminal, words};
use crate::present;

/// The arguments of `a2a restore`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The file that `a2a backup` wrote
    #[arg(required_unless_present_any = ["words_only", "relay"], conflicts_with_all = ["words_only", "relay"])]
    file: Option<PathBuf>,
    /// The backup that your relay keeps since `a2a backup auto on`
    #[arg(long, value_name = "RELAY-URL", conflicts_with = "words_only")]
    relay: Option<String>,
    /// There is no backup: the same id at this relay, but peers must be asked again
    #[arg(long, value_name = "RELAY-URL")]
    words_only: Option<String>,
    /// The name your peers see; without it that of your published card
    #[arg(long, requires = "words_only")]
    name: Option<String>,
}

/// Asks for the words, shows what comes back and which device retires, and restores after a yes.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let has_backup = arguments.words_only.is_none();
    let source = source(arguments)?;
    let entropy = terminal::recovery_words()?;
    let plan = progress::during("Looking at what there is", agent.plan_restore(source, entropy)).await?;
    show(plan.view(), output);
    if !terminal::confirm("Restore?")? {
        output.say("Nothing was changed.");
        return Ok(());
    }
    let restored = progress::during("Restoring", agent.restore(plan)).await?;
    tell(&restored, has_backup, output);
    Ok(())
}

fn source(arguments: Arguments) -> Result<RestoreSource, Failure> {
    match (arguments.file, arguments.relay, arguments.words_only) {
        (Some(file), ..) => Ok(RestoreSource::Backup(file)),
        (None, Some(relay), _) => Ok(RestoreSource::Kept { relay: parse(&relay)? }),
        (None, None, Some(relay)) => Ok(RestoreSource::WordsOnly { relay: parse(&relay)?, name: arguments.name }),
        (None, None, None) => Err(Failure::usage("the backup is missing", "Name it: `a2a restore FILE`")),
    }
}

fn parse(text: &str) -> Result<RelayAuthority, Failure> {
    let relay = if text.contains("://") { RelayAuthority::from_url(text) } else { text.parse() };
    relay.map_err(|error| {
        Failure::usage(format!("that is no relay's address: {error}"), "It looks like https://relay.example")
    })
}

fn show(view: &RestoreView, output: Output) {
    output.note(format!("\nThis brings back {} ({}).", present::own(&view.display_name), view.agent_id));
    if let Some(found) = &view.backup {
        describe(found, output);
    }
    if let Some(relay) = view.relay.as_ref().filter(|_| view.is_kept) {
        output.note(format!(
            "The relay keeps a sealed backup: `a2a restore --relay {}` brings everything back instead.",
            relay.base_url()
        ));
    }
    output.note(match (&view.retires, &view.relay_away) {
        (Some(device), _) => retires(device),
        (None, Some(reason)) => format!("The relay could not be asked which device this retires: {reason}."),
        (None, None) => "The relay knows no device of it.".into(),
    });
}

fn retires(device: &RetiredDevice) -> String {
    let (since, seen) = (words::ago(device.since, home::now()), words::ago(device.last_seen, home::now()));
    format!(
        "It retires device {} of this identity, certified {since} and last seen by the relay {seen}: from then on the \
         relay and your peers refuse it, and it cannot be used again.",
        device.epoch
    )
}

fn tell(restored: &Restored, has_backup: bool, output: Output) {
    output.say(output.tone(Tone::Good, "Your identity is back."));
    if let Some(address) = &restored.address {
        output.line(format!("  address       {address}"));
    }
    output.line(format!("  agent id      {}", restored.agent_id));
    output.line(format!("  paired with   {}", listed(&restored.pairs)));
    if let Some(reason) = &restored.later {
        output.note(format!("The relay does not know yet ({reason}); it is told as soon as it can be."));
    }
    output.say(if has_backup {
        "Each of them is told and begins anew with this device; mail that was never confirmed is sent again."
    } else {
        "Ask each peer again with `a2a authorize ADDRESS`: their owner sees that it is you with a new device, and your \
         pair goes on where it was."
    });
}
