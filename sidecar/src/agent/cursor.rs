//! How far a mailbox was taken in, and what its relay's count says about it: that our store is an older copy, or the relay's is.

use std::sync::Arc;

use super::audit::{self, Note};
use super::core::Core;
use super::me::Ctx;
use super::{NoticeKind, Trouble, notices};
use crate::store::peers::{self, PeerState};
use crate::store::tasks::{self, Task};
use crate::store::{StoreError, Tx, meta};

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// A mailbox of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mailbox {
    /// At our relay.
    Own,
    /// At the relay that we left.
    Left,
}

impl Mailbox {
    /// Where the number of the last envelope that was taken in stands.
    pub(super) fn collected(self) -> &'static str {
        match self {
            Self::Own => meta::COLLECTED,
            Self::Left => meta::COLLECTED_LEFT,
        }
    }

    fn acknowledged(self) -> &'static str {
        match self {
            Self::Own => meta::ACKNOWLEDGED,
            Self::Left => meta::ACKNOWLEDGED_LEFT,
        }
    }

    /// What is known before the relay is asked; what it then says is held against this.
    pub(super) async fn place(self, core: &Arc<Core>) -> Result<Place, Trouble> {
        core.read(move |tx, _| Ok::<_, Trouble>(self.place_in(tx)?)).await
    }

    pub(super) fn place_in(self, tx: &Tx<'_>) -> Result<Place, StoreError> {
        let (collected, acknowledged) = (meta::number(tx, self.collected())?, meta::number(tx, self.acknowledged())?);
        Ok(Place { collected, acknowledged })
    }

    /// Notes what the relay said that it deleted on our word.
    pub(super) fn confirm(self, tx: &Tx<'_>, through: u64) -> Result<(), StoreError> {
        let known = meta::number(tx, self.acknowledged())?;
        if through > known { meta::set_number(tx, self.acknowledged(), through) } else { Ok(()) }
    }

    /// Counts from here, as a mailbox that we did not know.
    pub(super) fn begin_at(self, tx: &Tx<'_>, through: u64) -> Result<(), StoreError> {
        meta::set_number(tx, self.collected(), through)?;
        meta::set_number(tx, self.acknowledged(), through)
    }

    /// Holds the relay's count against ours as it was when the relay was asked; an answer that another process overtook says
    /// nothing.
    pub(super) fn judge(
        self,
        tx: &Tx<'_>,
        ctx: Ctx<'_>,
        before: Place,
        acknowledged: u64,
    ) -> Result<Standing, Trouble> {
        let now = self.place_in(tx)?;
        if now.acknowledged < before.acknowledged {
            return Ok(Standing::WentBack);
        }
        if acknowledged < before.acknowledged {
            relay_went_back(tx, ctx, self, acknowledged)?;
            return Ok(Standing::WentBack);
        }
        if self == Self::Own && acknowledged > now.collected {
            we_went_back(tx, ctx, acknowledged)?;
        }
        self.confirm(tx, acknowledged)?;
        Ok(Standing::Sound)
    }
}

/// The mailbox at our new relay becomes our own; the one before, the one that we left.
pub(super) fn move_to_new_mailbox(tx: &Tx<'_>, through: u64) -> Result<(), StoreError> {
    let Place { collected, acknowledged } = Mailbox::Own.place_in(tx)?;
    meta::set_number(tx, meta::COLLECTED_LEFT, collected)?;
    meta::set_number(tx, meta::ACKNOWLEDGED_LEFT, acknowledged)?;
    Mailbox::Own.begin_at(tx, through)
}

/// How far a mailbox was taken in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// The last envelope that was taken in.
    collected: u64,
    /// The last one that the relay deleted on our word.
    acknowledged: u64,
}

impl Place {
    /// From where on the relay is asked: what it did not confirm may stand under other numbers by now.
    pub(super) fn after(self) -> u64 {
        self.acknowledged.min(self.collected)
    }

    /// Whether the mailbox was found to have gone back since.
    pub(super) fn is_ahead_of(self, now: Self) -> bool {
        self.acknowledged > now.acknowledged
    }
}

/// What a relay's count says about its batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its envelopes follow what was taken in.
    Sound,
    /// The relay numbers anew from an older copy of its store: ask again, from where it stands now.
    WentBack,
}

/// What it gives out now has numbers that we had acknowledged. To acknowledge by our count would delete it unseen.
fn relay_went_back(tx: &Tx<'_>, ctx: Ctx<'_>, mailbox: Mailbox, acknowledged: u64) -> Result<(), Trouble> {
    mailbox.begin_at(tx, acknowledged)?;
    if mailbox == Mailbox::Own {
        tasks::add(tx, &Task::RelayWentBack, ctx.now)?;
    }
    audit::note(tx, ctx, Note::new("relay_went_back"))?;
    let text = "Your relay works with an older copy of its store: it may have been restored from a backup. Mail that it had \
                accepted since that copy is sent again by your peers' agents; what came before comes twice and is shown once. \
                What it lost of your pairs and your card is given to it again; a webhook has to be set again.";
    Ok(notices::tell(tx, ctx, "relay went back", NoticeKind::Security, text)?)
}

/// The relay deleted mail on our word that this store does not know of: the store is an old copy. Peers are asked to begin
/// anew once a day at most, whatever a relay says.
fn we_went_back(tx: &Tx<'_>, ctx: Ctx<'_>, acknowledged: u64) -> Result<(), Trouble> {
    meta::set_number(tx, meta::COLLECTED, acknowledged)?;
    let text = "This store is older than what the relay was told: it looks like a restored copy. Mail may be missing, \
                and peers may have to begin anew.";
    audit::note(tx, ctx, Note::new("rollback_noticed"))?;
    notices::tell(tx, ctx, "rollback", NoticeKind::Security, text)?;
    let today = ctx.now.millis() / DAY_MILLIS;
    if meta::number(tx, meta::ROLLBACK_DAY)? == today {
        return Ok(());
    }
    meta::set_number(tx, meta::ROLLBACK_DAY, today)?;
    for peer in peers::all(tx)?.into_iter().filter(|peer| peer.state == PeerState::Paired) {
        tasks::add(tx, &Task::Reset(peer.key, None), ctx.now)?;
    }
    Ok(())
}
