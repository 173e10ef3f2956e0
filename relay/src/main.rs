//! The relay's program: reads the command line and runs the command.

mod commands;
mod output;

use std::ffi::OsString;
use std::process::ExitCode;

use a2a_relay::config::{Command, CommandLine};
use a2a_relay::settings_file::{self, CommandLineError};
use anyhow::{Context, Result};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let command_line = match settings_file::read(&words) {
        Ok(command_line) => command_line,
        Err(CommandLineError::Words(words)) => words.exit(),
        Err(CommandLineError::File(error)) => return failed(&error.into()),
    };
    log_to_stderr();
    a2a_relay::log_places_only();
    match run(command_line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("a2a-relay: {error:#}");
    ExitCode::FAILURE
}

/// Our own words only: libraries log headers and addresses at their chattier levels.
fn log_to_stderr() {
    let level = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let ours = tracing_subscriber::filter::filter_fn(|event| event.target().starts_with("a2a_relay"));
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt::layer().with_ansi(colours).with_writer(std::io::stderr).with_filter(ours);
    tracing_subscriber::registry().with(level).with(lines).init();
}

fn run(command_line: CommandLine) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    runtime.block_on(async {
        match command_line.command {
            None => commands::serve(command_line.serve).await,
            Some(Command::Serve(options)) => commands::serve(options).await,
            Some(Command::Token(token)) => commands::token(token).await,
            Some(Command::Backup(options)) => commands::backup(&options),
            Some(Command::Migrate(options)) => commands::migrate(&options).await,
            Some(Command::Doctor(doctor)) => commands::doctor(&doctor).await,
            Some(Command::Health(serve)) => commands::health(&serve).await,
        }
    })
}
