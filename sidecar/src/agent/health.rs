//! What the agent can say about its own health.

use std::sync::Arc;

use serde::Serialize;

use super::core::Core;
use super::recovery::{self, rotate};
use super::{AgentConfig, Trouble, audit, me, prekeys};
use crate::error::Explain;
use crate::store::{held, outbox};
use crate::words;

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Ok,
    /// It works, and deserves a look.
    Warn,
    /// It does not work.
    Fail,
}

/// One thing that was checked, in our words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked.
    pub subject: &'static str,
    /// How it went.
    pub health: Health,
    /// What was found.
    pub finding: String,
    /// What to do, where something is to be done.
    pub next_step: Option<String>,
}

impl Check {
    /// A check that went well.
    pub fn ok(subject: &'static str, finding: impl Into<String>) -> Self {
        Self { subject, health: Health::Ok, finding: finding.into(), next_step: None }
    }

    /// A check that deserves a look.
    pub fn warn(subject: &'static str, finding: impl Into<String>, next: impl Into<String>) -> Self {
        Self { subject, health: Health::Warn, finding: finding.into(), next_step: Some(next.into()) }
    }

    /// A check that failed.
    pub fn fail(subject: &'static str, finding: impl Into<String>, next: impl Into<String>) -> Self {
        Self { subject, health: Health::Fail, finding: finding.into(), next_step: Some(next.into()) }
    }
}

const CLOCK_TOLERANCE_MILLIS: u64 = 5 * 60 * 1000;

/// What can be said of an agent that does not open.
pub(super) fn of_closed(config: &AgentConfig, trouble: &Trouble) -> Vec<Check> {
    let home = config.home.folder().display().to_string();
    vec![Check::ok("home", home), failed("agent", trouble)]
}

/// What can be said of an open agent.
pub(super) async fn of_open(config: &AgentConfig, core: &Arc<Core>) -> Vec<Check> {
    let mut checks = vec![
        Check::ok("home", config.home.folder().display().to_string()),
        Check::ok("key", format!("in the {}", config.vault.describe())),
        Check::ok("identity", me::words(core.me.id()).join(" ")),
    ];
    checks.push(store(core).await);
    checks.push(audit_log(core).await);
    checks.push(relay(core).await);
    checks.push(clock(core));
    checks.push(published(core).await);
    checks.push(certificate(core).await);
    checks.push(recovery(core).await);
    checks.extend(kept_backup(core).await);
    checks
}

async fn certificate(core: &Arc<Core>) -> Check {
    let is_online = core.read(|tx, _| rotate::is_online(tx).map_err(Trouble::from)).await.unwrap_or(true);
    let days = core.me.certificate.not_after().since(core.now()).as_secs() / (24 * 60 * 60);
    match days {
        0..120 if !is_online => Check::warn(
            "certificate",
            format!("ends in {days} days, and the key that renews it is kept offline"),
            "Run `a2a key rotate` in a terminal, with your recovery words at hand.",
        ),
        0..30 => Check::warn(
            "certificate",
            format!("ends in {days} days"),
            "Keep a client with `a2a mcp` running while the relay can be reached: it renews the certificate.",
        ),
        _ => Check::ok("certificate", format!("holds for {days} days and is renewed by itself")),
    }
}

async fn recovery(core: &Arc<Core>) -> Check {
    match core.read(|tx, ctx| recovery::words::state(tx, ctx.now).map_err(Trouble::from)).await {
        Ok(state) => match state.warning() {
            Some(warning) => Check::warn("recovery", warning, state.next_step()),
            None => Check::ok("recovery", backup_in_words(state.backed_up_at.map(|at| core.now().since(at)))),
        },
        Err(trouble) => failed("recovery", &trouble),
    }
}

/// The backup that our relay keeps, where the owner turned it on.
async fn kept_backup(core: &Arc<Core>) -> Option<Check> {
    let kept = match recovery::kept::view(core).await {
        Ok(kept) => kept,
        Err(error) => return Some(failed("kept backup", &error)),
    };
    let age = |at| words::ago(at, core.now());
    match (&kept.failure, kept.failing_since) {
        _ if !kept.is_on => None,
        (Some(why), Some(since)) => {
            let newest =
                kept.made_at.map_or("there is none yet".into(), |at| format!("the newest was made {}", age(at)));
            let finding = format!("cannot be renewed, first {}: {why}; {newest}", age(since));
            Some(Check::warn("kept backup", finding, kept.next_step()))
        }
        _ => Some(Check::ok(
            "kept backup",
            kept.made_at.map_or("on; none was made yet".into(), |at| format!("made {}", age(at))),
        )),
    }
}

fn backup_in_words(age: Option<std::time::Duration>) -> String {
    match age.map(|age| age.as_secs() / (24 * 60 * 60)) {
        Some(days) => format!("words written down; last backup {days} days ago"),
        None => "words written down; no backup: peers would have to be asked again".into(),
    }
}

async fn store(core: &Arc<Core>) -> Check {
    let counted = core.read(|tx, _| {
        tx.quick_check()?;
        Ok::<_, Trouble>((outbox::len(tx)?, held::len(tx)?))
    });
    match counted.await {
        Ok((0, 0)) => Check::ok("store", "sound; nothing waits to be sent"),
        Ok((waiting, 0)) => Check::ok("store", format!("sound; waiting to be sent: {waiting}")),
        Ok((_, held)) => Check::warn(
            "store",
            format!("sound; {held} envelopes did not open and are kept for 30 days"),
            "Nothing is needed; if a peer misses an answer, ask it to write again.",
        ),
        Err(trouble) => failed("store", &trouble),
    }
}

async fn audit_log(core: &Arc<Core>) -> Check {
    match audit::verify(core).await {
        Ok(report) if report.is_sound() => Check::ok("audit log", report.summary),
        Ok(report) => {
            Check::fail("audit log", report.summary, "Somebody changed the store. Restore it from a backup you trust.")
        }
        Err(error) => failed("audit log", &error),
    }
}

async fn relay(core: &Arc<Core>) -> Check {
    let Ok(net) = core.net() else {
        return failed("relay", &Trouble::NotRegistered);
    };
    let relay = net.client.own_relay();
    match net.own.lanes().await {
        Ok(list) => Check::ok("relay", format!("{relay} knows us; {} lanes are open", list.lanes.len())),
        Err(failure) => failed("relay", &super::relays::trouble(relay, &failure)),
    }
}

fn clock(core: &Core) -> Check {
    let offset = core.net().map_or(0, |net| net.client.clock_offset().load(std::sync::atomic::Ordering::Relaxed));
    if offset.unsigned_abs() <= CLOCK_TOLERANCE_MILLIS {
        return Check::ok("clock", "agrees with the relay's");
    }
    let minutes = offset.unsigned_abs() / 60_000;
    Check::warn("clock", format!("about {minutes} minutes off the relay's"), "Set this machine's clock.")
}

async fn published(core: &Arc<Core>) -> Check {
    match prekeys::refresh(core).await {
        Ok(()) => Check::ok("prekeys", "published"),
        Err(trouble) => failed("prekeys", &trouble),
    }
}

fn failed(subject: &'static str, error: &impl Explain) -> Check {
    Check::fail(subject, error.to_string(), error.next_step())
}
