//! A session: the shared, ratcheting state of two agents. Sealing and opening return the state after; neither changes the old.

use std::fmt;

use rand_core::CryptoRng;

use super::error::{OpenError, SealError};
use super::header::{Cover, Header, HeaderKey, SEALED_HEADER_BYTES};
use super::inner::{self, Statement};
use super::message_key::{BODY_OVERHEAD_BYTES, Context, MessageKey};
use super::opened::Opened;
use super::rank::Rank;
use super::receiving::ReceivingChain;
use super::root_key::RootKey;
use super::sending::SendingChain;
use super::turn::Turn;
use crate::certificate::Certificate;
use crate::content::Content;
use crate::envelope::{Kind, OUTER_BYTES};
use crate::id::{AgentId, SessionId};
use crate::keys::{DeviceKey, DeviceKeys};
use crate::limits::{MAX_ENVELOPE_BYTES, MAX_SKIPPED_KEYS, SKIPPED_KEY_CHAINS};
use crate::time::Timestamp;

/// One session with one peer.
///
/// [`seal`](Self::seal) and [`open`](Self::open) leave `self` as it is and hand back the session as it stands afterwards: store
/// that before anything leaves this machine, in the transaction that stores the envelope or the content. A session cannot be
/// cloned or serialised by accident; [`to_record`](Self::to_record) is the one way out. See `docs/protocol.md`, "Ratchet".
pub struct Session {
    pub(super) id: SessionId,
    pub(super) rank: Rank,
    pub(super) ours: Ourselves,
    pub(super) peer: Certificate,
    pub(super) root: RootKey,
    /// NHK of our next sending chain.
    pub(super) next_sending: HeaderKey,
    /// NHK of the peer's next chain.
    pub(super) next_receiving: HeaderKey,
    pub(super) turn: Turn,
    /// Oldest first; only the last may be current.
    pub(super) receiving: Vec<ReceivingChain>,
}

/// Who we are in a session.
#[derive(Clone, Copy)]
pub(crate) struct Ourselves {
    pub(crate) id: AgentId,
    pub(crate) device: DeviceKey,
}

/// What stands before the sealed header in an envelope.
pub(crate) struct Front {
    pub(crate) kind: Kind,
    /// Everything, from the outer part on.
    pub(crate) bytes: Vec<u8>,
    /// How long the whole envelope may become.
    pub(crate) max_bytes: usize,
}

impl Front {
    fn message() -> Self {
        Self { kind: Kind::Message, bytes: Kind::Message.outer().to_vec(), max_bytes: MAX_ENVELOPE_BYTES }
    }
}

/// Which chain a header belongs to.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Chain(usize),
    NextStep,
}

impl Session {
    /// The session's id, known to the two ends only.
    pub const fn id(&self) -> &SessionId {
        &self.id
    }

    /// Whom the session is with.
    pub const fn peer(&self) -> &AgentId {
        self.peer.id()
    }

    /// The certificate of the peer's device that the session was made with.
    pub const fn peer_certificate(&self) -> &Certificate {
        &self.peer
    }

    /// Whether this session, not `other`, is the one to send on, of two with the same peer. Both ends answer alike.
    pub fn outranks(&self, other: &Self) -> bool {
        (self.rank, other.id.as_bytes()) > (other.rank, self.id.as_bytes())
    }

    /// Whether the next message that we seal steps the ratchet: so it is after the peer's newest step arrived.
    pub const fn is_our_turn(&self) -> bool {
        matches!(self.turn, Turn::Ours { .. })
    }

    /// How many messages we have sealed since the peer's last step; a peer that keeps silent gives no break-in recovery.
    pub fn sealed_this_turn(&self) -> u32 {
        match &self.turn {
            Turn::Theirs { sending: Some(chain), .. } => chain.next,
            _ => 0,
        }
    }

    /// How many keys are kept for messages that have not arrived.
    pub fn skipped_keys(&self) -> usize {
        self.receiving.iter().map(|chain| chain.skipped.len()).sum()
    }

    /// Seals content into an envelope for the peer.
    pub fn seal(
        &self,
        rng: &mut impl CryptoRng,
        device: &DeviceKeys,
        content: &Content,
    ) -> Result<(Vec<u8>, Self), SealError> {
        let mut next = self.working_copy();
        let envelope = next.seal_after(rng, device, content, Front::message())?;
        Ok((envelope, next))
    }

    /// Opens an envelope from the peer. On an error nothing has changed.
    pub fn open(&self, envelope: &[u8], now: Timestamp) -> Result<(Opened, Self), OpenError> {
        match (Kind::of(envelope), envelope.split_at_checked(OUTER_BYTES)) {
            (Ok(Kind::Message), Some((_, sealed))) => self.open_sealed(Kind::Message, sealed, now),
            _ => Err(OpenError::NotForThisSession),
        }
    }

    /// The session without skipped keys that are too old, if it has any. An idle session needs this; opening does it too.
    #[must_use]
    pub fn without_expired(&self, now: Timestamp) -> Option<Self> {
        let mut next = self.working_copy();
        next.forget_expired(now);
        let has_changed = next.skipped_keys() != self.skipped_keys() || next.receiving.len() != self.receiving.len();
        has_changed.then_some(next)
    }

    /// Seals content as the next message, in an envelope that begins with `front`.
    pub(crate) fn seal_after(
        &mut self,
        rng: &mut impl CryptoRng,
        device: &DeviceKeys,
        content: &Content,
        front: Front,
    ) -> Result<Vec<u8>, SealError> {
        if device.device_key() != self.ours.device {
            return Err(SealError::OtherDevice);
        }
        content.check()?;
        let content = content.to_bytes();
        let overhead = front.bytes.len().saturating_add(SEALED_HEADER_BYTES).saturating_add(BODY_OVERHEAD_BYTES);
        let (id, ours, peer) = (self.id, self.ours.id, *self.peer.id());
        let (header_key, header, key) = self.next_message(rng)?;
        let header = header.to_bytes();
        let statement = Statement { session: &id, sender: &ours, recipient: &peer, header: &header };
        let inner = inner::write(&statement, device, &content, overhead, front.max_bytes)?;
        let context = Context::new(&id, &ours, &peer, &header);
        let body = key.seal(rng, &context, &inner).map_err(|_| SealError::Exhausted)?;
        let cover = Cover::new(&front.kind.outer(), &id, &body);
        let mut envelope = front.bytes;
        envelope.reserve_exact(SEALED_HEADER_BYTES.saturating_add(body.len()));
        envelope.extend(header_key.seal(rng, &cover, &header).map_err(|_| SealError::Exhausted)?);
        envelope.extend(body);
        Ok(envelope)
    }

    /// Opens sealed header ‖ body out of an envelope of this kind.
    pub(crate) fn open_sealed(&self, kind: Kind, sealed: &[u8], now: Timestamp) -> Result<(Opened, Self), OpenError> {
        let (sealed_header, body) = sealed.split_at_checked(SEALED_HEADER_BYTES).ok_or(OpenError::NotForThisSession)?;
        let mut next = self.working_copy();
        next.forget_expired(now);
        let cover = Cover::new(&kind.outer(), &next.id, body);
        let (place, header_bytes) = next.place(&cover, sealed_header).ok_or(OpenError::NotForThisSession)?;
        let header = Header::parse(&header_bytes).map_err(|_| OpenError::Invalid)?;
        if kind == Kind::FirstFlight && header.number != 0 {
            return Err(OpenError::Invalid);
        }
        let key = next.take_key(place, &header, now)?;
        let opened = next.open_body(key, &header_bytes, body)?;
        next.bound_skipped();
        Ok((opened, next))
    }

    fn open_body(&self, key: MessageKey, header: &[u8], body: &[u8]) -> Result<Opened, OpenError> {
        let (sender, recipient) = (self.peer.id(), &self.ours.id);
        let context = Context::new(&self.id, sender, recipient, header);
        let inner = key.open(&context, body).map_err(|_| OpenError::Invalid)?;
        let statement = Statement { session: &self.id, sender, recipient, header };
        let content = inner::read(&statement, self.peer.device(), &inner)?;
        Opened::new(content, self).map_err(|_| OpenError::Invalid)
    }

    /// The next message's header key, header and key; steps the ratchet first if it is our turn.
    pub(super) fn next_message(
        &mut self,
        rng: &mut impl CryptoRng,
    ) -> Result<(HeaderKey, Header, MessageKey), SealError> {
        self.send_step(rng)?;
        let Turn::Theirs { sending: Some(chain), .. } = &mut self.turn else {
            return Err(SealError::Exhausted);
        };
        let (header, key) = chain.advance().ok_or(SealError::Exhausted)?;
        Ok((chain.header_key.clone(), header, key))
    }

    fn send_step(&mut self, rng: &mut impl CryptoRng) -> Result<(), SealError> {
        let Turn::Ours { theirs, previous } = &self.turn else {
            return Ok(());
        };
        let previous = *previous;
        let (ours, step, stepped) = theirs.send(rng, &self.root)?;
        self.root = stepped.root;
        let header_key = std::mem::replace(&mut self.next_sending, stepped.next_header);
        let sending = SendingChain { header_key, chain_key: stepped.chain, step, previous, next: 0 };
        self.turn = Turn::Theirs { ours, sending: Some(sending) };
        Ok(())
    }

    /// Finds the chain whose header key opens the header. The peer's next step counts only while it is the peer's turn.
    pub(super) fn place(&self, cover: &Cover, sealed: &[u8]) -> Option<(Place, zeroize::Zeroizing<Vec<u8>>)> {
        for (at, chain) in self.receiving.iter().enumerate().rev() {
            if let Some(header) = chain.header_key.open(cover, sealed) {
                return Some((Place::Chain(at), header));
            }
        }
        if self.is_our_turn() {
            return None;
        }
        self.next_receiving.open(cover, sealed).map(|header| (Place::NextStep, header))
    }

    pub(super) fn take_key(&mut self, place: Place, header: &Header, now: Timestamp) -> Result<MessageKey, OpenError> {
        let at = match place {
            Place::Chain(at) => at,
            Place::NextStep => self.receive_step(header, now)?,
        };
        self.receiving.get_mut(at).ok_or(OpenError::Invalid)?.take(header, now)
    }

    /// The receiving half of a ratchet step; says where the new chain stands. Our private keys of the last step are gone then.
    fn receive_step(&mut self, header: &Header, now: Timestamp) -> Result<usize, OpenError> {
        let Turn::Theirs { ours, sending } = &self.turn else {
            return Err(OpenError::Invalid);
        };
        let stepped = ours.receive(&self.root, &header.step)?;
        let previous = sending.as_ref().map_or(0, |chain| chain.next);
        match self.receiving.last_mut() {
            Some(chain) => chain.retire(header.previous, now)?,
            None if header.previous == 0 => {}
            None => return Err(OpenError::Invalid),
        }
        self.root = stepped.root;
        let header_key = std::mem::replace(&mut self.next_receiving, stepped.next_header);
        self.receiving.push(ReceivingChain::new(header_key, stepped.chain, header));
        self.turn = Turn::Ours { theirs: header.step.keys(), previous };
        Ok(self.receiving.len().saturating_sub(1))
    }

    /// Our private keys of our last step, for the vectors.
    #[cfg(test)]
    pub(crate) fn ratchet_secrets(&self) -> Option<([u8; 32], [u8; 64])> {
        match &self.turn {
            Turn::Theirs { ours, .. } => Some((*ours.dh.to_bytes(), *ours.kem.as_ref()?.to_bytes())),
            Turn::Ours { .. } => None,
        }
    }

    fn forget_expired(&mut self, now: Timestamp) {
        self.receiving.retain_mut(|chain| chain.forget_expired(now));
    }

    /// Gives up the oldest chains, then the oldest keys, beyond what a session may keep.
    fn bound_skipped(&mut self) {
        let chains = usize::try_from(SKIPPED_KEY_CHAINS).unwrap_or(usize::MAX);
        self.receiving.drain(..self.receiving.len().saturating_sub(chains));
        let mut excess = self.skipped_keys().saturating_sub(MAX_SKIPPED_KEYS);
        for chain in &mut self.receiving {
            while excess > 0 && chain.skipped.pop_first().is_some() {
                excess = excess.saturating_sub(1);
            }
        }
    }

    pub(super) fn working_copy(&self) -> Self {
        Self {
            id: self.id,
            rank: self.rank,
            ours: self.ours,
            peer: self.peer.clone(),
            root: self.root.clone(),
            next_sending: self.next_sending.clone(),
            next_receiving: self.next_receiving.clone(),
            turn: self.turn.clone(),
            receiving: self.receiving.clone(),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every field is named, so that a new one does not build until somebody decides whether it may be printed.
        let Self {
            id: _,
            rank: _,
            ours: _,
            peer: _,
            root: _,
            next_sending: _,
            next_receiving: _,
            turn: _,
            receiving: _,
        } = self;
        f.write_str("Session(..)")
    }
}
