//! Writes the manual pages and shell completions that packages carry, from the command lines themselves.
//!
//! `cargo run --example manual -- a2a FOLDER` (or `a2a-relay`) fills `FOLDER/man` and `FOLDER/completions`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::{Command, CommandFactory};
use clap_complete::Shell;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let (program, folder) = words.next().zip(words.next()).context("usage: manual a2a|a2a-relay FOLDER")?;
    let command = match program.as_str() {
        "a2a" => a2a::cli::Cli::command(),
        "a2a-relay" => a2a_relay::config::CommandLine::command(),
        other => bail!("{other} is none of our programs"),
    };
    let folder = PathBuf::from(folder);
    write_manual(command.clone(), &folder.join("man"))?;
    write_completions(command, &program, &folder.join("completions"))
}

/// One page for the program and one for each of its commands.
fn write_manual(command: Command, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    Ok(clap_mangen::generate_to(command, folder)?)
}

fn write_completions(mut command: Command, program: &str, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell] {
        clap_complete::generate_to(shell, &mut command, program, folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_and_every_shell_its_script() {
        let folder = tempfile::tempdir().unwrap();
        for (program, page) in [("a2a", "a2a-send.1"), ("a2a-relay", "a2a-relay-serve.1")] {
            let command =
                if program == "a2a" { a2a::cli::Cli::command() } else { a2a_relay::config::CommandLine::command() };
            write_manual(command.clone(), folder.path()).unwrap();
            let text = std::fs::read_to_string(folder.path().join(page)).unwrap();
            assert!(text.contains(".SH OPTIONS"), "{page} says nothing of its options");
            write_completions(command, program, folder.path()).unwrap();
            assert!(folder.path().join(format!("{program}.fish")).is_file());
        }
    }
}
