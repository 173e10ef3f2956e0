//! The one place of the command line that writes to standard output and standard error.
//!
//! Commands hand over whole lines, tables or values; nothing else in the crate prints. A closed
//! pipe (`a2a inbox | head`) is not an error.

use std::io::{IsTerminal as _, Write};

use serde::Serialize;

use super::table::Table;
use super::wrap::fold;

/// Where a command's words go, and whether they may be coloured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    colour: bool,
}

/// Emphasis that a terminal may show and a pipe never carries.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tone {
    /// A heading or a name.
    Strong,
    /// Less important than what stands beside it.
    Faint,
    /// It worked.
    Good,
    /// It deserves a look.
    Warning,
    /// It failed.
    Bad,
}

impl Output {
    /// Colours only where standard output is a terminal that wants them (<https://no-color.org>).
    pub(crate) fn detect() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { colour: std::io::stdout().is_terminal() && !refused && !dumb }
    }

    /// Whether what is printed is seen by a person, not by a program.
    pub(crate) fn is_seen() -> bool {
        std::io::stdout().is_terminal()
    }

    /// One line, as it is.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        write_line(&mut std::io::stdout().lock(), text.as_ref());
    }

    /// A sentence of ours, broken between words where a terminal would break it anywhere.
    pub(crate) fn say(&self, text: impl AsRef<str>) {
        match std::io::stdout().is_terminal() {
            true => self.line(fold(text.as_ref())),
            false => self.line(text),
        }
    }

    /// A value as indented JSON, followed by a newline.
    pub(crate) fn json(&self, value: &impl Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.line(text),
            Err(error) => self.complain(&format!("error: cannot write this as JSON: {error}.")),
        }
    }

    /// A table of at most 80 columns; its heading is emphasised on a terminal.
    pub(crate) fn table(&self, table: &Table) {
        let mut lines = table.lines().into_iter();
        if let Some(heading) = lines.next() {
            self.line(self.tone(Tone::Faint, &heading));
        }
        lines.for_each(|line| self.line(line));
    }

    /// One line for the person at the terminal, kept out of standard output.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        self.complain(text.as_ref());
    }

    /// An error's words, to standard error.
    pub(crate) fn complain(&self, text: &str) {
        let mut stderr = std::io::stderr().lock();
        match stderr.is_terminal() {
            true => write_line(&mut stderr, &fold(text)),
            false => write_line(&mut stderr, text),
        }
    }

    /// `text` in a tone, or unchanged where colours are not wanted.
    pub(crate) fn tone(&self, tone: Tone, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// Writes a line; whoever closed the other end does not want it, so a failure is not reported.
fn write_line(sink: &mut impl Write, text: &str) {
    let _closed = writeln!(sink, "{text}").and_then(|()| sink.flush());
}
