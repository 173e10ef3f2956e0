//! The binary `a2a`: parses the command line, prepares the process, and hands over to the command.

use std::process::ExitCode;

use a2a::cli::Cli;
use a2a::config::Config;
use a2a::harden::harden_process;
use clap::Parser as _;
use tracing::Level;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

fn main() -> ExitCode {
    let cli = Cli::parse();
    keep_words_out_of_panics();
    harden_process();
    log_to_stderr(cli.is_for_a_client());
    let runtime = match prepare() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: a2a cannot start: {error:#}.");
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(cli.run());
    // A blocked read of standard input must not keep the process alive after its client left.
    runtime.shutdown_background();
    code
}

fn prepare() -> anyhow::Result<tokio::runtime::Runtime> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("TLS was set up twice"))?;
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// Logs go to standard error, because standard output belongs to the command or to the protocol.
///
/// Below warnings only our own crates are heard, whatever `A2A_LOG` says: the MCP library would log whole requests,
/// and with them bodies and invite links. A person is spared times and modules.
fn log_to_stderr(is_for_a_client: bool) {
    let wanted = Config::from_env().map_or_else(|_| "warn".to_owned(), |config| config.log);
    let wanted = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("warn"));
    let ours = filter_fn(|event| *event.level() <= Level::WARN || event.target().starts_with("a2a"));
    let lines = tracing_subscriber::fmt::layer().with_writer(Cli::log_lines).with_ansi(false);
    let lines = match is_for_a_client {
        true => lines.boxed(),
        false => lines.without_time().with_target(false).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(wanted.and(ours))).init();
}

/// A panic names its place and nothing else: its message may quote a secret or a peer's text.
fn keep_words_out_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        eprintln!("a2a: internal error at {place}; this is a bug, please report it.");
    }));
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    #[test]
    #[ignore = "run by a_panic_names_its_place_and_nothing_else"]
    fn panics_with_a_secret() {
        super::keep_words_out_of_panics();
        panic!("correct horse battery staple");
    }

    #[test]
    fn a_panic_names_its_place_and_nothing_else() {
        let mut alone = Command::new(std::env::current_exe().unwrap());
        let ran = alone.args(["--ignored", "--exact", "--nocapture", "tests::panics_with_a_secret"]).output().unwrap();
        let said = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
        assert!(!ran.status.success() && said.contains("internal error at sidecar/src/main.rs:"), "{said}");
        assert!(!said.contains("horse"), "{said}");
    }
}
