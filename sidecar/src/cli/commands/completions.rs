//! `a2a completions`: a completion script for the owner's shell.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// The arguments of `a2a completions`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Your shell
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(arguments: &Arguments, output: Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "a2a", &mut script);
    output.line(String::from_utf8_lossy(&script).trim_end());
    Ok(())
}
