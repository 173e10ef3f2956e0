//! A sign of life on standard error while something takes time.

use std::future::Future;
use std::io::{IsTerminal as _, Write};
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::agent::Transfer;

/// Everything drawn on standard error, so that a log line can be put between.
static DRAWN: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Runs `work` under a spinner; nothing is drawn unless standard error is a terminal that
/// can take a line back.
pub(crate) async fn during<T>(doing: &str, work: impl Future<Output = T>) -> T {
    let spinner = spinner(doing);
    let done = work.await;
    spinner.finish_and_clear();
    done
}

/// A bar for files on their way; drawn once one moves, taken away at the end.
pub(crate) struct Transfers {
    doing: &'static str,
    bar: OnceLock<ProgressBar>,
}

impl Transfers {
    /// Draws nothing yet.
    pub(crate) fn new(doing: &'static str) -> Self {
        Self { doing, bar: OnceLock::new() }
    }

    /// Draws how far a file is.
    pub(crate) fn tell(&self, transfer: &Transfer) {
        let bar = self.bar.get_or_init(|| {
            let bar = spinner(self.doing);
            if let Ok(style) = ProgressStyle::with_template("{msg} {bar:24} {bytes}/{total_bytes} {eta:.dim}") {
                bar.set_style(style);
            }
            bar
        });
        bar.set_length(transfer.size);
        bar.set_position(transfer.done);
    }
}

impl Drop for Transfers {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn spinner(doing: &str) -> ProgressBar {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if dumb || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = DRAWN.add(ProgressBar::new_spinner().with_message(doing.to_owned()));
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed:.dim}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}

/// Standard error for log lines: what is drawn there makes room for them.
pub(crate) struct LogLines;

impl Write for LogLines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        DRAWN.suspend(|| std::io::stderr().write(line))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
