//! Questions to the person at the terminal.
//!
//! Every question refuses to be asked where standard input is not a terminal: a pipe is a program,
//! and a program's answer is not the owner's.

use std::io::{IsTerminal as _, Write as _};

use a2a_proto::keys::{Entropy, WordsError};
use zeroize::Zeroizing;

use super::failure::Failure;
use super::wrap::fold;

/// Whether someone can be asked here.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for the 24 recovery words until they are such words; what was typed is wiped.
pub(crate) fn recovery_words() -> Result<Entropy, Failure> {
    loop {
        let typed = ask("The 24 recovery words, in one line: ")?;
        match Entropy::from_words(&typed) {
            Ok(entropy) => return Ok(entropy),
            Err(error) => explain(error),
        }
    }
}

fn explain(error: WordsError) {
    drop(writeln!(std::io::stderr(), "{}", fold(&format!("{error}. Try again, or press Ctrl-C."))));
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
            return Ok((*answer).clone());
        }
    }
}

/// Asks for what must not stand on the screen.
pub(crate) fn secret(question: &str) -> Result<Zeroizing<String>, Failure> {
    require_terminal()?;
    let typed = hidden(|| {
        let mut stderr = std::io::stderr().lock();
        write!(stderr, "{} ", fold(question))?;
        stderr.flush()
    });
    let typed = typed.map_err(|_| Failure::new("the terminal was closed before an answer", "Run the command again"))?;
    output_line();
    Ok(Zeroizing::new(typed.trim().to_owned()))
}

/// The line end that was typed does not show either.
fn output_line() {
    drop(writeln!(std::io::stderr()));
}

/// Reads a line without its echo, which is off before the question stands there.
#[cfg(unix)]
fn hidden(ask: impl FnOnce() -> std::io::Result<()>) -> std::io::Result<Zeroizing<String>> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Now, &silent)?;
    let mut typed = Zeroizing::new(String::with_capacity(LONGEST_ANSWER));
    let read = ask().and_then(|()| stdin.read_line(&mut typed));
    tcsetattr(&stdin, OptionalActions::Now, &before)?;
    match read? {
        0 => Err(std::io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(typed),
    }
}

/// Reads a line without its echo.
#[cfg(not(unix))]
fn hidden(ask: impl FnOnce() -> std::io::Result<()>) -> std::io::Result<Zeroizing<String>> {
    ask()?;
    dialoguer::console::Term::stderr().read_secure_line().map(Zeroizing::new)
}

fn ask(question: &str) -> Result<Zeroizing<String>, Failure> {
    require_terminal()?;
    // Room for the longest answer: a text that grows leaves copies behind.
    let mut answer = Zeroizing::new(String::with_capacity(LONGEST_ANSWER));
    let mut stderr = std::io::stderr().lock();
    let read = write!(stderr, "{}", fold(question.trim_end()))
        .and_then(|()| write!(stderr, " "))
        .and_then(|()| stderr.flush())
        .and_then(|()| std::io::stdin().read_line(&mut answer));
    match read {
        Ok(1..) => Ok(Zeroizing::new(answer.trim().to_owned())),
        Ok(0) | Err(_) => Err(Failure::new("the terminal was closed before an answer", "Run the command again")),
    }
}

const LONGEST_ANSWER: usize = 4096;

fn require_terminal() -> Result<(), Failure> {
    if is_interactive() {
        return Ok(());
    }
    Err(Failure::new(
        "this needs an answer from the owner, and there is no terminal to ask at",
        "Run the same command yourself in a terminal, without a pipe",
    ))
}
