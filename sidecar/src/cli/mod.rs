//! The command line: one file per command under `commands/`, each parsing, calling the agent and showing.
//!
//! No rule lives here. Standard output carries what was asked for and only `output` writes to it;
//! questions, progress and errors go to standard error.

mod changes;
mod commands;
mod consent;
mod echo;
mod failure;
mod grant;
mod handler;
mod home;
mod json;
mod login_service;
mod message;
mod output;
mod progress;
mod quoted;
mod table;
mod terminal;
mod wrap;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use commands::{
    account, approve, audit, authorize, away, backup, calendar, capabilities, completions, console, decline, demo,
    doctor, fetch, folders, hook, inbox, init, install, invite, key, locate, monitor, notify, peers, pin, recovery,
    relay, requests, restore, revoke, rules, search, send, serve, thread, undo, vault, verify, watch, webhook, whoami,
    why,
};
use failure::Failure;
use output::Output;

use crate::agent::Agent;
use crate::mcp;
use crate::words;

/// A private mailbox for your AI agent: it writes to the agents of people you chose, signed and
/// end-to-end encrypted.
#[derive(Debug, Parser)]
#[command(name = "a2a", version, max_term_width = 80, arg_required_else_help = true)]
#[command(after_help = "Start here: a2a init RELAY-URL --name NAME\n\
    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 waiting for the owner")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Create your agent and register it at a relay
    Init(init::Arguments),
    /// Show who your agent is and what waits for it
    Whoami(whoami::Arguments),
    /// Make a one-time link that lets one person's agent pair with yours
    Invite(invite::Arguments),
    /// Accept an invite, ask an address to pair, or let a request in
    Authorize(authorize::Arguments),
    /// List strangers who ask to pair
    Requests(requests::Arguments),
    /// Decide what waits for you; without an id, list it
    Approve(approve::Arguments),
    /// Say no to what waits for you, or to a stranger's request
    Decline(decline::Arguments),
    /// End a pair, or take scopes away; works at once
    Revoke(revoke::Arguments),
    /// Take a revocation back, within 7 days
    Undo(undo::Arguments),
    /// Set, change or remove the PIN that your yes takes
    Pin(pin::Arguments),
    /// List your peers; rename or unblock one
    Peers(peers::Arguments),
    /// Say what your agent may write alone, and what you see first
    Rules(rules::Arguments),
    /// Tell each peer that writes, once, that you are away
    Away(away::Arguments),
    /// Answer peers that you name with your free times, from a calendar file
    Calendar(calendar::Arguments),
    /// Let the desktop say when something waits for you, or not
    Notify(notify::Arguments),
    /// Compare safety words with the person behind a peer
    Verify(verify::Arguments),
    /// Send a message to a peer
    Send(send::Arguments),
    /// Collect and read mail
    Inbox(inbox::Arguments),
    /// Read the conversation with one peer
    Thread(thread::Arguments),
    /// Fetch the files of a message into the quarantine folder
    Fetch(fetch::Arguments),
    /// List, allow or forget folders from which files may be sent
    Folders(folders::Arguments),
    /// Say what your agent takes; read what others take, and find them
    Capabilities(capabilities::Arguments),
    /// Find messages by their words
    Search(search::Arguments),
    /// Say where one message is, and why
    #[command(name = "where")]
    Locate(locate::Arguments),
    /// Explain why mail with a peer goes or does not go
    Why(why::Arguments),
    /// Show or check the log of what was decided
    Audit(audit::Arguments),
    /// Show your relay; let relays at a private address be called
    Relay(relay::Arguments),
    /// Have your relay tell a server of yours when mail waits
    Webhook(webhook::Arguments),
    /// Show the 24 words that bring your agent back
    Recovery(recovery::Arguments),
    /// Write everything into a file that only your recovery words open
    Backup(backup::Arguments),
    /// Bring your agent back on this computer, with its recovery words
    Restore(restore::Arguments),
    /// Show which secrets open this agent's home, or switch to another
    Vault(vault::Arguments),
    /// New keys for this computer; keep your identity's secret off it
    Key(key::Arguments),
    /// End your account at the relay
    Account(account::Arguments),
    /// Open a page on this computer where you see and decide everything
    Console(console::Arguments),
    /// Pair with an agent on this computer that answers everything, and see its answer
    Demo(demo::Arguments),
    /// Check that everything works, and say what to do where it does not
    Doctor(doctor::Arguments),
    /// Put a2a into an AI client's settings; shows the change and asks first
    Install(install::Arguments),
    /// Take a2a out of an AI client's settings again
    Uninstall(install::Arguments),
    /// Collect and send while no client runs; hand each message to a program
    Watch(watch::Arguments),
    /// Print a line whenever new mail comes; clients start this
    Monitor,
    /// Tell a client's session what waits; clients start this
    Hook(hook::Arguments),
    /// Serve an MCP client on standard input and output; clients start this
    Mcp,
    /// Serve clients that only speak HTTP, on this computer only
    Serve(serve::Arguments),
    /// Print a completion script for your shell
    Completions(completions::Arguments),
}

impl Cli {
    /// Whether a client reads our standard error as a log, rather than a person at a terminal.
    pub fn is_for_a_client(&self) -> bool {
        matches!(self.command, Command::Mcp | Command::Monitor | Command::Hook(_))
    }

    /// Where log lines go: standard error, without tearing a progress display.
    pub fn log_lines() -> impl std::io::Write {
        progress::LogLines
    }

    /// Does what the command line asks and says how it went.
    pub async fn run(self) -> ExitCode {
        let output = Output::detect();
        match dispatch(self.command, output).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                output.complain(&failure.text());
                failure.exit().into()
            }
        }
    }
}

/// How long a finished command may go on sending what it left behind, receipts say.
const SETTLE: Duration = Duration::from_secs(3);

async fn dispatch(command: Command, output: Output) -> Result<(), Failure> {
    match command {
        Command::Completions(arguments) => completions::run(&arguments, output),
        Command::Mcp => Ok(mcp::serve(home::config()?).await?),
        Command::Serve(arguments) => serve::run(arguments, home::config()?, output).await,
        Command::Install(arguments) => install::install(&arguments, output),
        Command::Uninstall(arguments) => install::uninstall(&arguments, output),
        Command::Hook(arguments) => {
            hook::run(&arguments, output).await;
            Ok(())
        }
        command => {
            let agent = home::open().await?;
            act(command, &agent, output).await?;
            progress::during("Finishing", agent.settle(SETTLE)).await;
            Ok(())
        }
    }
}

async fn act(command: Command, agent: &Agent, output: Output) -> Result<(), Failure> {
    match command {
        Command::Init(arguments) => init::run(arguments, agent, output).await,
        Command::Whoami(arguments) => whoami::run(arguments, agent, output).await,
        Command::Invite(arguments) => invite::run(arguments, agent, output).await,
        Command::Authorize(arguments) => authorize::run(arguments, agent, output).await,
        Command::Requests(arguments) => requests::run(arguments, agent, output).await,
        Command::Approve(arguments) => approve::run(arguments, agent, output).await,
        Command::Decline(arguments) => decline::run(arguments, agent, output).await,
        Command::Revoke(arguments) => revoke::run(arguments, agent, output).await,
        Command::Pin(arguments) => pin::run(arguments, agent, output).await,
        Command::Verify(arguments) => verify::run(arguments, agent, output).await,
        Command::Undo(arguments) => undo::run(arguments, agent, output).await,
        Command::Peers(arguments) => peers::run(arguments, agent, output).await,
        Command::Rules(arguments) => rules::run(arguments, agent, output).await,
        Command::Away(arguments) => away::run(arguments, agent, output).await,
        Command::Calendar(arguments) => calendar::run(arguments, agent, output).await,
        Command::Send(arguments) => send::run(arguments, agent, output).await,
        Command::Inbox(arguments) => inbox::run(arguments, agent, output).await,
        Command::Thread(arguments) => thread::run(arguments, agent, output).await,
        Command::Fetch(arguments) => fetch::run(&arguments, agent, output).await,
        Command::Folders(arguments) => folders::run(arguments, agent, output).await,
        Command::Capabilities(arguments) => capabilities::run(arguments, agent, output).await,
        Command::Search(arguments) => search::run(arguments, agent, output).await,
        Command::Locate(arguments) => locate::run(&arguments, agent, output).await,
        Command::Why(arguments) => why::run(&arguments, agent, output).await,
        Command::Audit(arguments) => audit::run(arguments, agent, output).await,
        Command::Relay(arguments) => relay::run(arguments, agent, output).await,
        Command::Webhook(arguments) => webhook::run(arguments, agent, output).await,
        Command::Recovery(arguments) => recovery::run(arguments, agent, output).await,
        Command::Backup(arguments) => backup::run(arguments, agent, output).await,
        Command::Restore(arguments) => restore::run(arguments, agent, output).await,
        Command::Vault(arguments) => vault::run(arguments, agent, output).await,
        Command::Key(arguments) => key::run(arguments, agent, output).await,
        Command::Account(arguments) => account::run(arguments, agent, output).await,
        Command::Console(arguments) => console::run(arguments, agent, output).await,
        Command::Demo(arguments) => demo::run(arguments, agent, output).await,
        Command::Doctor(arguments) => doctor::run(arguments, agent, output).await,
        Command::Watch(arguments) => watch::run(arguments, agent, output).await,
        Command::Notify(arguments) => notify::run(arguments, agent, output).await,
        Command::Monitor => monitor::run(agent, output).await,
        Command::Completions(_)
        | Command::Mcp
        | Command::Serve(_)
        | Command::Install(_)
        | Command::Uninstall(_)
        | Command::Hook(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_tree_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_approves_without_being_asked() {
        let mut words = Vec::new();
        collect(&Cli::command(), &mut words);
        assert!(words.len() > 50, "the commands below commands are not looked at: {words:?}");
        let tempting = ["yes", "force", "assume-yes", "no-confirm", "approve", "pin", "non-interactive"];
        assert!(!words.iter().any(|word| tempting.contains(&word.as_str())), "{words:?}");
    }

    /// The long options of a command and of all below it.
    fn collect(command: &clap::Command, words: &mut Vec<String>) {
        words.extend(command.get_arguments().filter_map(|argument| argument.get_long().map(str::to_owned)));
        command.get_subcommands().for_each(|below| collect(below, words));
    }
}
