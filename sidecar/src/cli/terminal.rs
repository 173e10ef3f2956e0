//! Questions to the person at the terminal.
//!
//! Every question refuses to be asked where standard input is not a terminal: a pipe is a program,
//! and a program's answer is not the owner's.

use std::io::{IsTerminal as _, Write as _};

use super::failure::Failure;
use super::wrap::fold;

/// Whether someone can be asked here.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks a question that only `y` or `yes` answers with yes; Enter means no.
pub(crate) fn confirm(question: &str) -> Result<bool, Failure> {
    let answer = ask(&format!("{question} [y/N] "))?;
    Ok(matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Asks for one line of text; an empty answer is asked again.
pub(crate) fn line(question: &str) -> Result<String, Failure> {
    loop {
        let answer = ask(&format!("{question} "))?;
        if !answer.is_empty() {
            return Ok(answer);
        }
    }
}

fn ask(question: &str) -> Result<String, Failure> {
    require_terminal()?;
    let mut answer = String::new();
    let mut stderr = std::io::stderr().lock();
    let read = write!(stderr, "{}", fold(question.trim_end()))
        .and_then(|()| write!(stderr, " "))
        .and_then(|()| stderr.flush())
        .and_then(|()| std::io::stdin().read_line(&mut answer));
    match read {
        Ok(1..) => Ok(answer.trim().to_owned()),
        Ok(0) | Err(_) => Err(Failure::new("the terminal was closed before an answer", "Run the command again")),
    }
}

fn require_terminal() -> Result<(), Failure> {
    if is_interactive() {
        return Ok(());
    }
    Err(Failure::new(
        "this needs an answer from the owner, and there is no terminal to ask at",
        "Run the same command yourself in a terminal, without a pipe",
    ))
}
