//! `a2a install` and `a2a uninstall`: put this sidecar into an AI client's settings, and take it out again.

use clap::Args;
use serde::Serialize;

use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{changes, home};
use crate::clients::{Change, Client, Places, plan_install, plan_uninstall};

/// The arguments of `a2a install`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The client
    #[arg(value_enum)]
    client: Client,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON; only with --dry-run
    #[arg(long, requires = "dry_run")]
    json: bool,
}

/// Which way it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

/// A planned change, for programs.
#[derive(Serialize)]
struct Planned {
    file: String,
    creates: bool,
    removes: bool,
    diff: String,
}

/// Puts the sidecar into the client's settings.
pub(crate) fn install(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let changes = plan_install(arguments.client, &Places::of_this_user()?, &home::program()?)?;
    carry_out(arguments, &changes, Way::In, output)
}

/// Takes it out again.
pub(crate) fn uninstall(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let changes = plan_uninstall(arguments.client, &Places::of_this_user()?, &home::program()?)?;
    carry_out(arguments, &changes, Way::Out, output)
}

/// Asks the owner, then writes what `a2a install` would.
pub(crate) fn mend(client: Client, output: Output) -> Result<(), Failure> {
    let arguments = Arguments { client, dry_run: false, json: false };
    install(&arguments, output)
}

fn carry_out(arguments: &Arguments, changes: &[Change], way: Way, output: Output) -> Result<(), Failure> {
    if arguments.json {
        output.json(&changes.iter().map(Planned::of).collect::<Vec<_>>());
        return Ok(());
    }
    let title = arguments.client.title();
    if changes.is_empty() {
        let found = if way == Way::In { "starts a2a already" } else { "does not know a2a" };
        output.say(format!("{title} {found}; nothing to change."));
        return Ok(());
    }
    changes.iter().for_each(|change| changes::show(change, output));
    if way == Way::In && !changes.iter().any(|change| change.is_of_an_installed(arguments.client)) {
        output.note(format!("note: {title} was never started here, as far as can be seen."));
    }
    if arguments.dry_run {
        output.note("Nothing was changed.");
        return Ok(());
    }
    let word = if way == Way::In { "install" } else { "uninstall" };
    changes::ask(&format!("a2a {word} {}", arguments.client.word()))?;
    changes::write(changes)?;
    let next = if way == Way::In { arguments.client.after() } else { "Restart it to be rid of a2a." };
    output.say(format!("{}. {next}", output.tone(Tone::Good, "Done")));
    Ok(())
}

impl Planned {
    fn of(change: &Change) -> Self {
        Self {
            file: change.file.display().to_string(),
            creates: change.creates(),
            removes: change.removes(),
            diff: change.diff(),
        }
    }
}
