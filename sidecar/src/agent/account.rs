//! Ending the account at the relay.

use std::sync::Arc;

use super::audit::{self, Note};
use super::core::Core;
use super::cursor::Mailbox;
use super::recovery::kept;
use super::{AccountError, Trouble, Word, device, owner, relays};
use crate::store::{identity, meta, prekeys};

/// Has the relay delete everything of ours, then notes here that there is no account. Cut off between the two, the
/// relay does not know us: closing again says so, and `a2a init` registers anew.
pub(super) async fn close(core: &Arc<Core>, word: Word) -> Result<(), AccountError> {
    let by = owner::check(core, word).await?;
    let net = core.net()?;
    let relay = net.client.own_relay().clone();
    // Other processes find that the relay does not know us: they must not register us again.
    core.write(|tx, _| meta::set_number(tx, meta::CLOSING, 1).map_err(Trouble::from)).await?;
    net.own.delete_account().await.map_err(|failure| relays::trouble(&relay, &failure))?;
    core.write(move |tx, ctx| {
        let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
        (record.relay, record.handle, record.registered) = (None, None, false);
        // Other processes of this home go on without the relay from now on.
        device::install(tx, &mut record)?;
        // A new mailbox counts from the beginning, and gets prekeys that name its relay.
        prekeys::delete_all(tx)?;
        Mailbox::Own.begin_at(tx, 0)?;
        kept::forget_place(tx)?;
        Ok::<_, Trouble>(audit::note(tx, ctx, Note::new("account_closed").saying(relay.to_string()).by(by))?)
    })
    .await?;
    Ok(())
}
