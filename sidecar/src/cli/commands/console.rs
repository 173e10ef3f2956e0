//! `a2a console`: a page of this computer where the owner sees and decides everything.

use clap::Args;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{home, terminal};
use crate::clients::Places;
use crate::console::{Computer, Console, Links};
use crate::lifetime;
use crate::loopback::open_in_browser;

/// The arguments of `a2a console`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Listen on this port of the loopback interface [default: any free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Print the link only; open no browser
    #[arg(long)]
    no_browser: bool,
}

/// Serves the console until it is closed there or interrupted here; the agent collects and sends meanwhile.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let computer = match (Places::of_this_user(), home::program()) {
        (Ok(places), Ok(program)) => Some(Computer { places, program }),
        _ => None,
    };
    let console = Console::open(agent.clone(), computer, arguments.port).await?;
    let link = console.link()?;
    let opened = !arguments.no_browser && open_in_browser(&link).await;
    match terminal::is_interactive() {
        true => show(&link, opened, output),
        false if opened => output.note("The console is open in your browser."),
        false => return Err(nobody_to_show()),
    }
    let cancel = CancellationToken::new();
    let others = tokio::spawn(beside(agent.clone(), console.links(), cancel.clone(), output));
    tokio::select! {
        () = console.serve(cancel.clone()) => {}
        () = lifetime::end() => {}
    }
    cancel.cancel();
    others.abort();
    output.note("The console is closed.");
    Ok(())
}

fn show(link: &str, opened: bool, output: Output) {
    let what = if opened {
        "The console is open in your browser. Its link, good for one opening:"
    } else {
        "Open your console; the link works once:"
    };
    output.note(what);
    output.line(link);
    output.note(output.tone(Tone::Faint, "Enter makes a fresh link, Ctrl-C closes the console."));
}

/// The link is for the owner's eyes: no pipe gets it.
fn nobody_to_show() -> Failure {
    Failure::new(
        "there is no browser to open and no terminal to show the link in",
        "Run `a2a console` in a terminal; on another computer, forward its port: ssh -L PORT:127.0.0.1:PORT HOST",
    )
}

/// Collects and sends, and makes a fresh link whenever Enter is pressed.
async fn beside(agent: Agent, links: Links, cancel: CancellationToken, output: Output) {
    tokio::join!(agent.run(cancel), fresh_links(&links, output));
}

async fn fresh_links(links: &Links, output: Output) {
    if !terminal::is_interactive() {
        return;
    }
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Ok(Some(_)) = lines.next_line().await {
        match links.fresh() {
            Ok(link) => output.line(link),
            Err(error) => output.note(format!("error: {error}.")),
        }
    }
}
