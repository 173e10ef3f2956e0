//! The one place that writes to stdout.

use std::io::Write;

/// Prints one line. Who closed stdout does not want to read it; the relay goes on.
pub(crate) fn line(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{text}");
    let _ = stdout.flush();
}
