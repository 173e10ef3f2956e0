//! A relay that works with an older copy of its store: it is given again what it lost of us.
//!
//! ```text
//!  its count went back ─► lanes, prekeys, card, the kept backup
//!  it does not know us ─► registered again, where it takes everybody ─► the same
//! ```

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::address::{Handle, RelayAuthority};

use super::audit::{self, Note};
use super::core::Core;
use super::me::Ctx;
use super::pairing::lanes;
use super::{NoticeKind, RegisterError, Trouble, card, device, notices, prekeys, register, relays};
use crate::relay_client::RelayFailure;
use crate::store::tasks::{self, Task};
use crate::store::{Tx, identity, kept, meta, prekeys as prekey_rows};

/// A relay that takes nobody is asked this often whether it takes us.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// Gives our relay what its copy lacks, and takes back what it shows anew though we withdrew it.
pub(super) async fn bring_up_to_date(core: &Arc<Core>) -> Result<(), Trouble> {
    lanes::reconcile(core).await?;
    core.write(|tx, _| {
        // Whoever begins with an older one may find that its keys are deleted here.
        prekey_rows::set_unpublished(tx)?;
        Ok::<_, Trouble>(kept::forget_last(tx)?)
    })
    .await?;
    prekeys::refresh(core).await?;
    card::bring_back(core).await
}

/// Registers again at a relay that accepts us no more because it lost our account; tells the owner what to do where it takes
/// nobody. True when it did.
pub(super) async fn register_again(core: &Arc<Core>) -> bool {
    match attempt(core).await {
        Ok(done) => done,
        Err(error) => {
            tracing::info!(%error, "our relay accepts us no more, and could not be asked why");
            false
        }
    }
}

async fn attempt(core: &Arc<Core>) -> Result<bool, Trouble> {
    if !core.write(may_ask).await? {
        return Ok(false);
    }
    match at_relay(core, None).await {
        Ok(()) => Ok(true),
        Err(RegisterError::Trouble(trouble)) => Err(trouble),
        Err(error @ (RegisterError::Closed { .. } | RegisterError::TokenNeeded { .. })) => {
            let why = error.to_string();
            core.write(move |tx, ctx| tell_of_loss(tx, ctx, &why)).await?;
            Ok(false)
        }
        // A newer device holds this identity: the relay knows us well.
        Err(_) => Ok(false),
    }
}

/// As the owner says, who brings a join link: where the relay does not know us, the account is made again. True when it was.
pub(super) async fn register_with(core: &Arc<Core>, token: String) -> Result<bool, RegisterError> {
    let net = core.net()?;
    match net.own.lanes().await {
        Ok(_) => Ok(false),
        Err(RelayFailure::Unauthorized) => at_relay(core, Some(token)).await.map(|()| true),
        Err(failure) => Err(relays::trouble(net.client.own_relay(), &failure).into()),
    }
}

/// Makes the account again.
async fn at_relay(core: &Arc<Core>, token: Option<String>) -> Result<(), RegisterError> {
    let net = core.net()?;
    let relay = net.client.own_relay().clone();
    let name = core.me.handle.as_ref().map_or_else(|| core.me.display_name.clone(), ToString::to_string);
    let handle = register::claim(net, &relay, &name, token).await?;
    Ok(core.write(move |tx, ctx| registered(tx, ctx, &relay, handle)).await?)
}

/// Not while the owner closes the account, and not all the time.
fn may_ask(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<bool, Trouble> {
    let last = meta::number(tx, meta::ASKED_AGAIN_AT)?;
    let now = ctx.now.millis();
    let is_recent = last <= now && now - last < EVERY.as_millis().try_into().unwrap_or(u64::MAX);
    if is_recent || meta::number(tx, meta::CLOSING)? != 0 {
        return Ok(false);
    }
    meta::set_number(tx, meta::ASKED_AGAIN_AT, now)?;
    Ok(true)
}

fn registered(tx: &Tx<'_>, ctx: Ctx<'_>, relay: &RelayAuthority, handle: Option<Handle>) -> Result<(), Trouble> {
    let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
    let handle = handle.map(|handle| handle.to_string());
    let renamed = record.handle != handle;
    if renamed {
        // Somebody else was faster with the old one.
        record.handle = handle;
        device::install(tx, &mut record)?;
    }
    meta::set_number(tx, meta::CLOSING, 0)?;
    tasks::add(tx, &Task::RelayWentBack, ctx.now)?;
    notices::withdraw(tx, "relay lost us")?;
    audit::note(tx, ctx, Note::new("registered_again").saying(relay.to_string()))?;
    let mut text = format!(
        "The relay {relay} did not know this agent any more: it may have been restored from a copy that is older than its \
         account. It was registered there again, and its pairs go on."
    );
    if renamed {
        text.push_str(" Its old address was taken meanwhile: tell people the new one, which `a2a whoami` shows.");
    }
    Ok(notices::tell(tx, ctx, "relay went back", NoticeKind::Security, text)?)
}

fn tell_of_loss(tx: &Tx<'_>, ctx: Ctx<'_>, why: &str) -> Result<(), Trouble> {
    let text = format!(
        "Your relay does not know this agent any more, so no mail comes: it may have been restored from a copy that is older \
         than its account, and {why}. Ask its operator for a join link and run `a2a init LINK`; your pairs then go on."
    );
    Ok(notices::tell(tx, ctx, "relay lost us", NoticeKind::Security, text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::Side;

    #[test]
    fn a_relay_that_lost_us_is_asked_now_and_then_and_never_while_the_account_is_closed() {
        let mut side = Side::new("Alice");
        let asks = |side: &Side| side.act(may_ask).unwrap();
        assert!(asks(&side) && !asks(&side));
        side.now = side.now.plus(EVERY);
        assert!(asks(&side));
        side.now = side.now.minus(EVERY * 100);
        assert!(asks(&side), "a clock that was set back stops nothing");
        side.now = side.now.plus(EVERY);
        side.act(|tx, _| meta::set_number(tx, meta::CLOSING, 1)).unwrap();
        assert!(!asks(&side));
    }

    #[test]
    fn once_registered_again_everything_is_given_again() {
        let side = Side::new("Alice");
        let relay = side.me.relay().unwrap().clone();
        side.act(|tx, ctx| registered(tx, ctx, &relay, Some("alice-2".parse().unwrap()))).unwrap();
        let (waits, handle) = side
            .act(|tx, _| {
                let waits = tasks::waits(tx, &Task::RelayWentBack)?;
                Ok::<_, Trouble>((waits, identity::load(tx)?.unwrap().handle))
            })
            .unwrap();
        assert!(waits && handle.as_deref() == Some("alice-2"));
        let told = &side.notices()[0];
        assert!(told.contains("registered there again") && told.contains("old address was taken"), "{told}");
    }

    #[test]
    fn the_newest_prekey_is_given_again() {
        let side = Side::new("Alice");
        let newest = side.act(prekeys::current).unwrap();
        side.act(|tx, _| prekey_rows::set_published(tx, newest.id)).unwrap();
        side.act(|tx, _| prekey_rows::set_unpublished(tx)).unwrap();
        assert!(!side.act(prekeys::current).unwrap().published);
    }
}
