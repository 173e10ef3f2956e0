//! The PIN: set, changed and removed at a terminal; tried at a price.
//!
//! Five wrong ones are free, then each makes the next wait twice as long. A try is counted on disk before the PIN is
//! compared, so that ending the process takes none back, and while it is too early nothing is computed at all.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::time::Timestamp;
use subtle::ConstantTimeEq as _;

use crate::agent::audit::{self, Note};
use crate::agent::core::{Core, random};
use crate::agent::me::Ctx;
use crate::agent::{ApprovedBy, NoticeKind, OwnerError, Pin, Policy, Trouble, Way, Word, notices};
use crate::keys::PinCost;
use crate::store::pin::{self, PinRecord};
use crate::store::{SecretBlob, Tx};

const SHORTEST: usize = 6;
const LONGEST: usize = 64;
const FREE_TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Sets the first PIN.
pub(in crate::agent) async fn set(core: &Arc<Core>, new: Pin, word: Word) -> Result<(), OwnerError> {
    if super::policy_now(core).await.is_ok_and(|policy| policy == Policy::Pin) {
        return Err(OwnerError::PinExists);
    }
    let by = at_terminal(core, word).await?;
    put(core, new, "pin_set", by).await
}

/// Replaces it; the word brings the old one.
pub(in crate::agent) async fn change(core: &Arc<Core>, new: Pin, word: Word) -> Result<(), OwnerError> {
    refuse_without(core).await?;
    let by = at_terminal(core, word).await?;
    put(core, new, "pin_changed", by).await
}

/// Removes it; the word brings it. A yes is enough from then on.
pub(in crate::agent) async fn remove(core: &Arc<Core>, word: Word) -> Result<(), OwnerError> {
    refuse_without(core).await?;
    let by = at_terminal(core, word).await?;
    core.write(move |tx, ctx| {
        super::still_counts(tx, by)?;
        pin::remove(tx)?;
        changed(tx, ctx, "pin_removed", by)
    })
    .await
}

/// Notes it, and tells the owner: whoever has a terminal could set the first one.
fn changed(tx: &Tx<'_>, ctx: Ctx<'_>, event: &'static str, by: ApprovedBy) -> Result<(), OwnerError> {
    let what = match event {
        "pin_set" => "A PIN was set",
        "pin_changed" => "The PIN was changed",
        _ => "The PIN was removed",
    };
    let text = format!("{what} at a terminal. If you did not do that, a program with a shell did: see `a2a audit`.");
    notices::tell(tx, ctx, "pin changed", NoticeKind::Security, text)?;
    Ok(audit::note(tx, ctx, Note::new(event).by(by))?)
}

async fn refuse_without(core: &Arc<Core>) -> Result<(), OwnerError> {
    let policy = core.read(|tx, _| super::policy(tx).map_err(Trouble::from)).await?;
    if policy == Policy::Pin { Ok(()) } else { Err(OwnerError::NoPin) }
}

async fn at_terminal(core: &Arc<Core>, word: Word) -> Result<ApprovedBy, OwnerError> {
    if word.way != Way::Terminal {
        return Err(OwnerError::NotHere);
    }
    super::check(core, word).await
}

async fn put(core: &Arc<Core>, new: Pin, event: &'static str, by: ApprovedBy) -> Result<(), OwnerError> {
    refuse_weak(&new)?;
    let cost = PinCost::with_memory(core.argon2_mib).map_err(Trouble::from)?;
    let salt = random()?;
    let stretched = stretch(cost, new, salt).await?;
    core.write(move |tx, ctx| {
        super::still_counts(tx, by)?;
        pin::save(tx, &PinRecord { cost, salt, stretched, tries: 0, tried_at: ctx.now })?;
        changed(tx, ctx, event, by)
    })
    .await
}

fn refuse_weak(new: &Pin) -> Result<(), OwnerError> {
    let (count, mut letters) = (new.as_str().chars().count(), new.as_str().chars());
    let first = letters.next();
    let is_one_letter = letters.all(|letter| Some(letter) == first);
    if !(SHORTEST..=LONGEST).contains(&count) || is_one_letter {
        return Err(OwnerError::WeakPin { least: SHORTEST, most: LONGEST });
    }
    Ok(())
}

async fn stretch(cost: PinCost, pin: Pin, salt: [u8; 16]) -> Result<SecretBlob, Trouble> {
    let work = move || cost.stretch(pin.as_str(), &salt).map(|stretched| SecretBlob::copy_of(&*stretched));
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(|_| Trouble::Internal("a thread ended in a fault"))??)
}

/// Counts the try, compares, and forgets the tries when it was the right one.
pub(in crate::agent) async fn prove(core: &Arc<Core>, tried: Pin) -> Result<(), OwnerError> {
    let counted = core.write(count).await?;
    let record = counted.map_err(|wait| OwnerError::Wait { wait })?;
    let stretched = stretch(record.cost, tried, record.salt).await?;
    let is_right = bool::from(stretched.0.ct_eq(&record.stretched.0));
    core.write(move |tx, ctx| {
        if is_right {
            return right(tx, &record).map(|()| Ok(()));
        }
        // The note stays: only then the refusal.
        wrong(tx, ctx, &record)?;
        Ok::<_, OwnerError>(Err(verdict(&record)))
    })
    .await?
}

/// Notes one more try, unless it comes too early; then says for how long nothing is tried.
pub(in crate::agent) fn count(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<Result<PinRecord, Duration>, OwnerError> {
    let mut record = pin::load(tx)?.ok_or(OwnerError::NoPin)?;
    if ctx.now < record.tried_at {
        // The clock was set back: the delay begins now, so that it ends.
        record.tried_at = ctx.now;
        pin::save(tx, &record)?;
    }
    let left = waits(&record, ctx.now);
    if left > Duration::ZERO {
        return Ok(Err(left));
    }
    record.tries = record.tries.saturating_add(1);
    record.tried_at = ctx.now;
    pin::save(tx, &record)?;
    Ok(Ok(record))
}

/// What is left of the delay.
fn waits(record: &PinRecord, now: Timestamp) -> Duration {
    delay(record.tries).saturating_sub(now.since(record.tried_at))
}

/// How long the next try waits after so many wrong ones.
fn delay(tries: u32) -> Duration {
    let Some(doublings) = tries.checked_sub(FREE_TRIES) else { return Duration::ZERO };
    FIRST_WAIT.saturating_mul(1 << doublings.min(16)).min(LONGEST_WAIT)
}

/// Forgets the tries, unless the PIN was changed meanwhile.
fn right(tx: &Tx<'_>, tried: &PinRecord) -> Result<(), OwnerError> {
    let now = pin::load(tx)?.filter(|now| now.stretched == tried.stretched).ok_or(OwnerError::PinNeeded)?;
    Ok(pin::save(tx, &PinRecord { tries: 0, ..now })?)
}

fn wrong(tx: &Tx<'_>, ctx: Ctx<'_>, tried: &PinRecord) -> Result<(), OwnerError> {
    audit::note(tx, ctx, Note::new("pin_wrong").saying(format!("try {}", tried.tries)))?;
    if tried.tries >= FREE_TRIES {
        let text = format!("A wrong PIN was given {} times. If it was not the owner, a program tries.", tried.tries);
        notices::tell(tx, ctx, "pin", NoticeKind::Security, text)?;
    }
    Ok(())
}

/// What a wrong try is told; the transaction that noted it has ended.
fn verdict(tried: &PinRecord) -> OwnerError {
    match FREE_TRIES.checked_sub(tried.tries) {
        Some(left @ 1..) => OwnerError::WrongPin { left },
        _ => OwnerError::WrongPinWait { wait: delay(tried.tries) },
    }
}
