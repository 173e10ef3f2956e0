//! A sealed backup at the own relay, kept fresh by housekeeping: then words and the relay's address bring everything back.
//!
//! The owner turns it on. The relay is given what a backup file holds, padded, under names that it cannot tell from
//! random ones ([`place`]): it learns how large it is within a factor of two, and when it changes.

mod place;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::keys::{BackupKey, Entropy};
use a2a_proto::time::Timestamp;

use self::place::Head;
use super::{backup, off_thread};
use crate::agent::audit::{self, Note};
use crate::agent::core::{Core, random};
use crate::agent::me::Ctx;
use crate::agent::{AgentConfig, KeptBackup, RecoveryError, Trouble, Word, device, owner, relays};
use crate::paths::Home;
use crate::relay_client::{RelayClient, RelayFailure, Why};
use crate::store::kept::{self, KeptRecord, Last, Mark};
use crate::store::{StoreError, Tx, identity, meta};

/// However much happens, a new one is made at most this often.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// And this often, although nothing happened.
const ANYWAY: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// For so long it may fail before the owner is told unasked.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);
/// How long one process has to make one, before another tries.
const CLAIM: Duration = Duration::from_secs(15 * 60);

/// Turns it on, on the owner's word, and makes the first one. That this one fails is in the view: it is tried again.
pub(in crate::agent) async fn turn_on(core: &Arc<Core>, home: &Home, word: Word) -> Result<KeptBackup, RecoveryError> {
    core.net()?;
    let by = owner::check(core, word).await?;
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        if kept::load(tx)?.is_none() {
            kept::save(tx, &KeptRecord::default())?;
            audit::note(tx, ctx, Note::new("kept_backup_on").by(by))?;
        }
        Ok::<_, RecoveryError>(())
    })
    .await?;
    renew(core, home, true).await;
    view(core).await
}

/// Turns it off, on the owner's word, and has the relay delete everything of it.
pub(in crate::agent) async fn turn_off(core: &Arc<Core>, word: Word) -> Result<KeptBackup, RecoveryError> {
    let by = owner::check(core, word).await?;
    let net = core.net()?;
    let cleared = net.own.clear_backups().await;
    cleared.map_err(|failure| relays::trouble(net.client.own_relay(), &failure))?;
    if let Some(left) = &net.left {
        drop(left.clear_backups().await);
    }
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        if kept::remove(tx)? {
            audit::note(tx, ctx, Note::new("kept_backup_off").by(by))?;
        }
        Ok::<_, RecoveryError>(())
    })
    .await?;
    view(core).await
}

/// How it stands.
pub(in crate::agent) async fn view(core: &Arc<Core>) -> Result<KeptBackup, RecoveryError> {
    core.read(|tx, _| {
        let found = kept::load(tx)?;
        let is_on = found.is_some();
        let KeptRecord { last, failure, .. } = found.unwrap_or_default();
        let (relay, made_at, bytes) = last
            .map(|last| (last.relay, last.at, last.bytes))
            .map_or((None, None, None), |(relay, at, bytes)| (Some(relay), Some(at), Some(bytes)));
        let (failure, failing_since) = failure.map(|failed| (failed.why, failed.since)).unzip();
        Ok(KeptBackup { is_on, relay, made_at, bytes, failure, failing_since })
    })
    .await
}

/// Makes a new one where one is due. Its failure is noted, and tried again with the next round.
pub(in crate::agent) async fn refresh(core: &Arc<Core>, home: &Home) {
    renew(core, home, false).await;
}

async fn renew(core: &Arc<Core>, home: &Home, is_urgent: bool) {
    let claimed = core.write(move |tx, ctx| claim(tx, ctx, is_urgent)).await;
    let made = match claimed {
        Ok(None) => return,
        Ok(Some(claim)) => make(core, home, claim).await,
        Err(trouble) => Err(trouble.into()),
    };
    if let Err(error) = made {
        let words = error.to_string();
        tracing::info!("the backup at our relay could not be renewed");
        drop(core.write(move |tx, ctx| note_failure(tx, ctx, words)).await);
    }
}

fn note_failure(tx: &Tx<'_>, ctx: Ctx<'_>, why: String) -> Result<(), Trouble> {
    let Some(record) = kept::load(tx)? else { return Ok(()) };
    Ok(kept::save(tx, &record.failed(why, ctx.now))?)
}

/// Why there is no newer one, once that has been so for a day: a relay that is away for an hour is no news.
pub(in crate::agent) fn keeps_failing(tx: &Tx<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let failure = kept::load(tx)?.and_then(|record| record.failure);
    Ok(failure.is_some_and(|failed| now.since(failed.since) >= LONG))
}

/// The right to make a new one, and what is needed for it.
struct Claim {
    at: Timestamp,
    words: BackupKey,
    mark: Mark,
    /// What may stand at the relay beside what its head leads to: uploads that were cut off.
    cut_off: Vec<Head>,
}

/// Claims the work, if it is on and due and nobody is at it.
fn claim(tx: &Tx<'_>, ctx: Ctx<'_>, is_urgent: bool) -> Result<Option<Claim>, Trouble> {
    let Some(record) = kept::load(tx)? else { return Ok(None) };
    let mark = kept::mark(tx)?;
    if is_claimed(&record, ctx.now) || !(is_urgent || is_due(&record, ctx.me.relay()?, ctx.now, mark)) {
        return Ok(None);
    }
    let cut_off = record.begun.iter().map(|(version, parts)| Head { version: *version, parts: *parts }).collect();
    kept::save(tx, &KeptRecord { claimed_until: Some(ctx.now.plus(CLAIM)), ..record })?;
    let identity = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
    Ok(Some(Claim { at: ctx.now, words: device::backup_key(&identity)?, mark, cut_off }))
}

/// A claim that lies further ahead than one can was made before the clock was set back.
fn is_claimed(record: &KeptRecord, now: Timestamp) -> bool {
    record.claimed_until.is_some_and(|until| now < until && until <= now.plus(CLAIM))
}

fn is_due(record: &KeptRecord, relay: &RelayAuthority, now: Timestamp, mark: Mark) -> bool {
    let Some(last) = record.last.as_ref().filter(|last| last.relay == *relay) else { return true };
    let age = now.since(last.at);
    let is_before = now < last.at;
    age >= ANYWAY || (last.mark != mark && (age >= EVERY || is_before))
}

async fn make(core: &Arc<Core>, home: &Home, claim: Claim) -> Result<(), RecoveryError> {
    let (net, Claim { at, words, mark, cut_off }) = (core.net()?, claim);
    let relay = net.client.own_relay().clone();
    let (store, vault, home) = (core.store.clone(), Arc::clone(&core.vault), home.clone());
    let file = off_thread(move || backup::sealed_copy(&home, &*vault, &store, at)).await?;
    let bytes = file.len() as u64;
    let told = |failure: RelayFailure| not_kept(&relay, &failure, bytes);
    let head = Head::of(random()?, &file);
    let before = match place::find(&net.client, &relay, core.me.id(), &words).await {
        // Something else stands in the head's place: nobody can be led by it, and it is written over.
        Err(RelayFailure::Garbage(_)) => None,
        found => found.map_err(told)?,
    };
    // What was cut off takes room that this one needs. What the head leads to stays until another does.
    for left in cut_off.iter().filter(|left| before.is_none_or(|before| left.version != before.version)) {
        place::delete(&net.own, &words, *left).await.map_err(told)?;
    }
    if !core.write(move |tx, _| begin(tx, head, &cut_off)).await? {
        return Ok(());
    }
    place::put(&net.own, &words, head, &file).await.map_err(told)?;
    place::lead_to(&net.own, &words, head).await.map_err(told)?;
    if let Some(before) = before {
        place::delete(&net.own, &words, before).await.map_err(told)?;
    }
    if let Some(left) = &net.left {
        // The relay that we moved away from keeps none any more, as far as it can be reached.
        drop(left.clear_backups().await);
    }
    let last = Last { relay: relay.clone(), at, bytes, mark };
    if !core.write(move |tx, _| end(tx, last)).await? {
        // The owner turned it off meanwhile.
        net.own.clear_backups().await.map_err(told)?;
    }
    Ok(())
}

/// Notes what is about to stand at the relay, and forgets what was cut off and deleted; false when it was turned off.
fn begin(tx: &Tx<'_>, head: Head, deleted: &[Head]) -> Result<bool, Trouble> {
    let Some(mut record) = kept::load(tx)? else { return Ok(false) };
    record.begun.retain(|(version, _)| deleted.iter().all(|gone| gone.version != *version));
    record.begun.push((head.version, head.parts));
    kept::save(tx, &record)?;
    Ok(true)
}

/// Notes that it stands; false when the owner wants none any more.
fn end(tx: &Tx<'_>, last: Last) -> Result<bool, Trouble> {
    if kept::load(tx)?.is_none() {
        return Ok(false);
    }
    meta::set_number(tx, meta::BACKED_UP_AT, last.at.millis())?;
    kept::save(tx, &KeptRecord { last: Some(last), ..KeptRecord::default() })?;
    Ok(true)
}

/// Forgets where the newest stands: the account there is gone, and everything of it.
pub(in crate::agent) fn forget_place(tx: &Tx<'_>) -> Result<(), Trouble> {
    if kept::load(tx)?.is_some() {
        kept::save(tx, &KeptRecord::default())?;
    }
    Ok(())
}

fn not_kept(relay: &RelayAuthority, failure: &RelayFailure, bytes: u64) -> RecoveryError {
    let relay = relay.clone();
    match failure {
        RelayFailure::Retry { why: Why::MailboxFull, .. } => RecoveryError::NoRoom { relay, kib: bytes.div_ceil(1024) },
        RelayFailure::NotFound | RelayFailure::Problem(_) => RecoveryError::KeepsNone { relay },
        failure => relays::trouble(&relay, failure).into(),
    }
}

/// The sealed file that a relay keeps for these words. Nobody needs to be anybody here yet.
pub(super) async fn fetch(
    config: &AgentConfig,
    relay: &RelayAuthority,
    entropy: &Entropy,
) -> Result<Vec<u8>, RecoveryError> {
    let client = stranger(config, relay)?;
    let (id, words) = (entropy.root_key().agent_id(), entropy.backup_key());
    let fetched = place::fetch(&client, relay, &id, &words).await;
    let fetched = fetched.map_err(|failure| relays::trouble(relay, &failure))?;
    fetched.ok_or_else(|| RecoveryError::KeepsNone { relay: relay.clone() })
}

/// Whether a relay keeps one for these words, as far as it says so.
pub(super) async fn is_kept(config: &AgentConfig, relay: &RelayAuthority, entropy: &Entropy) -> bool {
    let Ok(client) = stranger(config, relay) else { return false };
    let (id, words) = (entropy.root_key().agent_id(), entropy.backup_key());
    place::find(&client, relay, &id, &words).await.is_ok_and(|head| head.is_some())
}

fn stranger(config: &AgentConfig, relay: &RelayAuthority) -> Result<RelayClient, RecoveryError> {
    Ok(super::restore::client(config, relay)?)
}
