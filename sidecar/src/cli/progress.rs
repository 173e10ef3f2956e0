//! A sign of life on standard error while something takes time.

use std::future::Future;
use std::io::{IsTerminal as _, Write};
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

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
