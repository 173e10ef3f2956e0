//! Counters for the operator: how much and how fast, never who; the one list of them is here.
//!
//! Labels come from lists of ours: a route's pattern, a status, an outcome. Nothing of a request stands in them.

use std::time::Duration;

use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::state::Relay;

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// How often which size.
    Histogram,
}

/// One metric as the documentation lists it.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static str,
    /// What it tells.
    pub help: &'static str,
}

const BUILD: &str = "a2a_relay_build_info";
const REQUESTS: &str = "a2a_relay_requests_total";
const REQUEST_SECONDS: &str = "a2a_relay_request_seconds";
const CONNECTIONS: &str = "a2a_relay_connections";
const AT_WORK: &str = "a2a_relay_requests_at_work";
const COLLECTORS: &str = "a2a_relay_collectors_waiting";
const DEPOSITS: &str = "a2a_relay_deposits_total";
const BLOBS: &str = "a2a_relay_blobs_total";
const WEBHOOK_CALLS: &str = "a2a_relay_webhook_calls_total";
const COMMIT_SECONDS: &str = "a2a_relay_commit_seconds";
const COMMIT_ACTS: &str = "a2a_relay_commit_acts";
const SWEPT: &str = "a2a_relay_swept_rows_total";
const READY: &str = "a2a_relay_ready";

const fn metric(kind: Kind, name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric { name, kind, labels, help }
}

/// Every metric there is.
pub const METRICS: [Metric; 13] = [
    metric(Kind::Gauge, BUILD, "version", "1, with the version that runs"),
    metric(Kind::Gauge, READY, "", "1 while the store can be read and written and the relay is not going down"),
    metric(Kind::Counter, REQUESTS, "route, status", "Requests answered, by the route's pattern and the status"),
    metric(Kind::Histogram, REQUEST_SECONDS, "route", "How long they took; a collector's includes its wait"),
    metric(Kind::Gauge, CONNECTIONS, "", "Connections open, those of the operator's listener included"),
    metric(Kind::Gauge, AT_WORK, "", "Requests at work now"),
    metric(Kind::Gauge, COLLECTORS, "", "Collectors that wait for mail now"),
    metric(Kind::Counter, DEPOSITS, "outcome", "Deposits with a valid proof, by what became of them"),
    metric(Kind::Counter, BLOBS, "outcome", "Chunks of attachments with a valid proof, by what became of them"),
    metric(Kind::Counter, WEBHOOK_CALLS, "outcome", "Calls of owners' servers, by what became of them"),
    metric(Kind::Histogram, COMMIT_SECONDS, "", "How long the store's commits took, the disk included"),
    metric(Kind::Histogram, COMMIT_ACTS, "", "How many changes shared a commit"),
    metric(Kind::Counter, SWEPT, "", "Rows deleted because they had expired"),
];

/// From a hundred microseconds to the longest poll.
const SECONDS: [f64; 14] =
    [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
const ACTS: [f64; 11] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1024.0];
/// How often samples are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// Reads out what was counted in this process.
#[derive(Clone)]
pub struct Exposition(PrometheusHandle);

impl Exposition {
    /// Starts counting. Once in a process.
    pub fn install() -> Result<Self, BuildError> {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
            .set_buckets_for_metric(Matcher::Full(COMMIT_ACTS.to_owned()), &ACTS)?;
        let handle = builder.install_recorder()?;
        METRICS.iter().for_each(describe);
        gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(Self(handle))
    }

    /// Everything in Prometheus' text format.
    pub(crate) fn read_out(&self, relay: &Relay, ready: bool) -> String {
        gauge!(READY).set(if ready { 1.0 } else { 0.0 });
        gauge!(AT_WORK).set(taken(relay.policy.max_requests, relay.requests.available_permits()));
        gauge!(COLLECTORS).set(taken(relay.policy.max_collectors, relay.collectors.available_permits()));
        self.0.render()
    }

    /// Keeps memory flat where nobody reads out.
    pub(crate) async fn keep_up(&self, relay: &Relay) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(UPKEEP) => self.0.run_upkeep(),
                () = relay.shutdown.cancelled() => return,
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of connections is small")]
fn taken(places: usize, free: usize) -> f64 {
    places.saturating_sub(free) as f64
}

fn describe(metric: &Metric) {
    let unit = if metric.name.ends_with("_seconds") { Unit::Seconds } else { Unit::Count };
    match metric.kind {
        Kind::Counter => describe_counter!(metric.name, unit, metric.help),
        Kind::Gauge => describe_gauge!(metric.name, unit, metric.help),
        Kind::Histogram => describe_histogram!(metric.name, unit, metric.help),
    }
}

/// A connection that counts as open until dropped.
pub(crate) struct OpenConnection(::metrics::Gauge);

/// Counts a connection.
pub(crate) fn open_connection() -> OpenConnection {
    let connections = gauge!(CONNECTIONS);
    connections.increment(1.0);
    OpenConnection(connections)
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// Counts an answered request under its route's pattern.
pub(crate) fn answered(route: &str, status: u16, took: Duration) {
    let route = route.to_owned();
    counter!(REQUESTS, "route" => route.clone(), "status" => status_text(status)).increment(1);
    histogram!(REQUEST_SECONDS, "route" => route).record(took);
}

fn status_text(status: u16) -> String {
    status.to_string()
}

/// Counts a proven deposit.
pub(crate) fn deposited(outcome: &'static str) {
    counter!(DEPOSITS, "outcome" => outcome).increment(1);
}

/// Counts a proven chunk of an attachment.
pub(crate) fn blob_deposited(outcome: &'static str) {
    counter!(BLOBS, "outcome" => outcome).increment(1);
}

/// Counts a call of an owner's server.
pub(crate) fn webhook_called(outcome: &'static str) {
    counter!(WEBHOOK_CALLS, "outcome" => outcome).increment(1);
}

/// Counts a commit of the store.
pub(crate) fn committed(acts: u32, took: Duration) {
    histogram!(COMMIT_SECONDS).record(took);
    histogram!(COMMIT_ACTS).record(f64::from(acts));
}

/// Counts what the sweeper deleted.
pub(crate) fn swept(rows: u64) {
    counter!(SWEPT).increment(rows);
}

/// The list of metrics, in Markdown.
pub fn markdown() -> String {
    let rows = METRICS.iter().map(|metric| {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        format!("| `{}` | {kind} | {} | {} |\n", metric.name, metric.labels, metric.help)
    });
    format!("| metric | kind | labels | what it tells |\n|---|---|---|---|\n{}", rows.collect::<String>())
}
