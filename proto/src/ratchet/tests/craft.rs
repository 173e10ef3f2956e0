//! Envelopes put together by hand: what a thief of a session's state, or a peer that breaks the rules, could send.

use crate::content::Content;
use crate::envelope::Kind;
use crate::id::AgentId;
use crate::keys::DeviceKeys;
use crate::primitives::aead;
use crate::ratchet::Session;
use crate::ratchet::header::{Cover, Header, HeaderKey, SEALED_HEADER_BYTES};
use crate::ratchet::inner::{self, Statement};
use crate::ratchet::message_key::{BODY_OVERHEAD_BYTES, Context, MessageKey};
use crate::testing::SeededRng;

/// Everything that makes an envelope, to be altered before it is sealed.
pub(super) struct Craft {
    pub(super) session: Session,
    pub(super) kind: Kind,
    pub(super) header_key: HeaderKey,
    pub(super) header: Header,
    pub(super) key: MessageKey,
    /// The padded inner plaintext, signature included.
    pub(super) inner: Vec<u8>,
}

impl Craft {
    /// What the session would seal next; nothing differs from an honest envelope yet.
    pub(super) fn next(session: &Session, rng: &mut SeededRng, device: &DeviceKeys, content: &Content) -> Self {
        let mut session = session.working_copy();
        let (header_key, header, key) = session.next_message(rng).unwrap();
        let mut craft = Self { session, kind: Kind::Message, header_key, header, key, inner: Vec::new() };
        craft.sign(device, &content.to_bytes());
        craft
    }

    /// Signs the content for the header as it stands now.
    pub(super) fn sign(&mut self, device: &DeviceKeys, content: &[u8]) {
        let header = self.header.to_bytes();
        let (sender, recipient) = self.ends();
        let statement =
            Statement { session: self.session.id(), sender: &sender, recipient: &recipient, header: &header };
        let overhead = 2 + SEALED_HEADER_BYTES + BODY_OVERHEAD_BYTES;
        self.inner = inner::write(&statement, device, content, overhead, 65536).unwrap().to_vec();
    }

    fn ends(&self) -> (AgentId, AgentId) {
        (self.session.ours.id, *self.session.peer())
    }

    /// Seals it, and lets `alter` change the body before the header's seal covers it.
    pub(super) fn seal_altered(self, rng: &mut SeededRng, alter: impl FnOnce(&mut [u8])) -> Vec<u8> {
        let header = self.header.to_bytes();
        let (sender, recipient) = self.ends();
        let context = Context::new(self.session.id(), &sender, &recipient, &header);
        let mut body = self.key.seal(rng, &context, &self.inner).unwrap();
        alter(&mut body);
        let cover = Cover::new(&self.kind.outer(), self.session.id(), &body);
        let mut envelope = self.kind.outer().to_vec();
        envelope.extend(self.header_key.seal(rng, &cover, &header).unwrap());
        envelope.extend(body);
        envelope
    }

    pub(super) fn seal(self, rng: &mut SeededRng) -> Vec<u8> {
        self.seal_altered(rng, |_| ())
    }
}

/// The inner plaintext of an envelope, for who has the recipient's state.
pub(super) fn inner_of(recipient: &Session, envelope: &[u8]) -> Vec<u8> {
    let (sealed_header, body) = envelope[2..].split_at(SEALED_HEADER_BYTES);
    let mut session = recipient.working_copy();
    let cover = Cover::new(&Kind::Message.outer(), session.id(), body);
    let (place, header_bytes) = session.place(&cover, sealed_header).unwrap();
    let header = Header::parse(&header_bytes).unwrap();
    let key = session.take_key(place, &header, crate::testing::NOW).unwrap();
    let context = Context::new(session.id(), session.peer(), &session.ours.id, &header_bytes);
    key.open(&context, body).unwrap().to_vec()
}

#[test]
fn a_craft_that_nobody_altered_is_accepted() {
    let mut pair = crate::testing::Pair::new("craft");
    let content = crate::testing::message(1, "as it should be");
    let craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &content);
    let envelope = craft.seal(&mut pair.rng);
    assert_eq!(envelope.len(), 4096);
    assert_eq!(pair.alice_opens(&envelope), Ok(content));
    // The two overheads are what the layouts in docs/protocol.md say.
    assert_eq!((aead::OVERHEAD_BYTES, SEALED_HEADER_BYTES, BODY_OVERHEAD_BYTES), (40, 2440, 72));
    assert_eq!(Kind::of(&envelope), Ok(Kind::Message));
}
