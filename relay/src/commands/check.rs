//! `a2a-relay serve --check`: what serving would do, and whether it could, without doing it.

use a2a_relay::config::Serve;
use a2a_relay::doctor;
use anyhow::Result;

use super::doctor::{report, verdict};
use crate::output;

/// Tells what `serve` would do with these settings; fails if it could not.
pub(crate) async fn check(options: &Serve) -> Result<()> {
    for line in plan(options)? {
        output::line(&line);
    }
    let findings = doctor::before_start(options).await;
    report(&findings);
    verdict(&findings)
}

fn plan(options: &Serve) -> Result<Vec<String>> {
    let (store, files) = (options.store.url()?, options.store.files()?);
    let encrypted =
        if options.tls_files()?.is_some() { "with TLS" } else { "without TLS, for a proxy in front or this machine" };
    let registration = clap::ValueEnum::to_possible_value(&options.registration);
    let registration = registration.map(|value| value.get_name().to_owned()).unwrap_or_default();
    let operator = options.operator_listen.map_or_else(|| "nowhere".to_owned(), |address| address.to_string());
    Ok(vec![
        format!("would listen on {} {encrypted}", options.listen),
        format!("would be reached at {}", options.authority(options.listen)?.base_url()),
        format!("would keep everything in {store}"),
        format!("would take its master secret from {}", options.secret_path(&files).display()),
        format!("would register newcomers by the policy `{registration}`"),
        format!("would tell its operator /health, /ready and /metrics on {operator}"),
    ])
}
