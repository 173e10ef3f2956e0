//! Changes to files of other programs: shown as a diff, agreed to by the owner, then written.

use super::failure::Failure;
use super::output::{Output, Tone};
use super::terminal;
use crate::clients::Change;

/// Prints one change.
pub(crate) fn show(change: &Change, output: Output) {
    let remark = match (change.creates(), change.removes()) {
        (true, _) => " (new)",
        (_, true) => " (goes)",
        _ => "",
    };
    output.line(output.tone(Tone::Strong, &format!("{}{remark}", change.file.display())));
    for line in change.diff().lines() {
        let tone = match line.chars().next() {
            Some('+') => Tone::Good,
            Some('-') => Tone::Bad,
            _ => Tone::Faint,
        };
        output.line(output.tone(tone, line));
    }
    output.line("");
}

/// Asks whether to write what was shown; `command` is what the owner runs where there is no terminal.
pub(crate) fn ask(command: &str) -> Result<(), Failure> {
    if !terminal::is_interactive() {
        return Err(Failure::pending(
            "the owner has to agree to this change",
            format!("Run `{command}` yourself in a terminal"),
        ));
    }
    if terminal::confirm("Write this?")? {
        return Ok(());
    }
    Err(Failure::new("you said no, so nothing was changed", "Run the command again if that was a slip"))
}

/// Writes them all; the first that fails ends it.
pub(crate) fn write(changes: &[Change]) -> Result<(), Failure> {
    changes.iter().try_for_each(|change| Ok(change.write()?))
}
