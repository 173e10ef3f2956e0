//! Challenges and session tokens: what the relay hands out and recognises again without storing it.
//!
//! A ticket is a fixed layout and its MAC under the master secret, as base64url text.

use std::time::Duration;

use a2a_proto::codec::{Reader, Writer};
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use data_encoding::BASE64URL_NOPAD;

use crate::entropy;
use crate::secret::MasterSecret;

const SESSION_CHALLENGE: &str = "a2a-relay/1/session-challenge";
const KNOCK_CHALLENGE: &str = "a2a-relay/1/knock-challenge";
const SESSION_TOKEN: &str = "a2a-relay/1/session-token";

/// Ten minutes: a phone may work on it for a while.
pub(crate) const KNOCK_CHALLENGE_LIFETIME: Duration = Duration::from_secs(600);

/// Longer texts are no tickets, and need not be decoded to know that.
const MAX_TICKET_CHARS: usize = 256;

/// A new challenge for a session. The same for everyone: it names nobody.
pub(crate) fn session_challenge(secret: &MasterSecret, expires_at: Timestamp) -> String {
    let mut writer = Writer::new();
    writer.u64(expires_at.millis()).fixed(&entropy::bytes::<16>());
    stamp(secret, SESSION_CHALLENGE, writer)
}

/// Whether this relay made the challenge for a session and it has not expired.
pub(crate) fn accepts_session(secret: &MasterSecret, challenge: &str, now: Timestamp) -> bool {
    let read = |reader: &mut Reader<'_>| {
        let expires_at = Timestamp::from_millis(reader.u64()?);
        let _nonce: [u8; 16] = reader.array()?;
        Ok(expires_at)
    };
    recognise(secret, SESSION_CHALLENGE, challenge, read).is_some_and(|expires_at| now < expires_at)
}

/// A new challenge for a knock: it carries what was asked, so that a rise meanwhile spoils no honest work.
pub(crate) fn knock_challenge(secret: &MasterSecret, difficulty: u32, expires_at: Timestamp) -> String {
    let mut writer = Writer::new();
    writer.u64(expires_at.millis()).u32(difficulty).fixed(&entropy::bytes::<16>());
    stamp(secret, KNOCK_CHALLENGE, writer)
}

/// What was asked with a challenge that this relay made for a knock and that has not expired.
pub(crate) fn asked_of_knock(secret: &MasterSecret, challenge: &str, now: Timestamp) -> Option<u32> {
    let read = |reader: &mut Reader<'_>| {
        let asked = (Timestamp::from_millis(reader.u64()?), reader.u32()?);
        let _nonce: [u8; 16] = reader.array()?;
        Ok(asked)
    };
    let (expires_at, difficulty) = recognise(secret, KNOCK_CHALLENGE, challenge, read)?;
    (now < expires_at).then_some(difficulty)
}

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) agent: AgentId,
    pub(crate) epoch: u32,
    pub(crate) expires_at: Timestamp,
}

/// A bearer token for a session.
pub(crate) fn session_token(secret: &MasterSecret, session: &Session) -> String {
    let mut writer = Writer::new();
    writer.fixed(session.agent.as_bytes());
    writer.u32(session.epoch).u64(session.expires_at.millis());
    stamp(secret, SESSION_TOKEN, writer)
}

/// The session of a token that this relay made and that has not expired.
pub(crate) fn session(secret: &MasterSecret, token: &str, now: Timestamp) -> Option<Session> {
    let read = |reader: &mut Reader<'_>| {
        Ok(Session {
            agent: AgentId::read_checked(reader)?,
            epoch: reader.u32()?,
            expires_at: Timestamp::from_millis(reader.u64()?),
        })
    };
    recognise(secret, SESSION_TOKEN, token, read).filter(|session| now < session.expires_at)
}

fn stamp(secret: &MasterSecret, label: &str, mut writer: Writer) -> String {
    let tag = secret.mac(label, writer.as_slice());
    writer.fixed(&tag);
    BASE64URL_NOPAD.encode(&writer.finish())
}

fn recognise<T>(
    secret: &MasterSecret,
    label: &str,
    text: &str,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, a2a_proto::codec::DecodeError>,
) -> Option<T> {
    if text.len() > MAX_TICKET_CHARS {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
    let (body, tag) = bytes.split_last_chunk::<32>()?;
    // The MAC first: nothing of a forged ticket is looked at.
    if !secret.verifies(label, body, tag) {
        return None;
    }
    let mut reader = Reader::new(body);
    let value = read(&mut reader).ok()?;
    reader.finish().ok()?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);
    const LATER: Timestamp = Timestamp::from_secs(1_000_060);

    #[test]
    fn a_challenge_serves_its_purpose_until_it_expires() {
        let secret = MasterSecret::draw();
        let (session, knock) = (session_challenge(&secret, LATER), knock_challenge(&secret, 18, LATER));
        assert!(accepts_session(&secret, &session, NOW) && !accepts_session(&secret, &session, LATER));
        assert_eq!(asked_of_knock(&secret, &knock, NOW), Some(18));
        assert_eq!(asked_of_knock(&secret, &knock, LATER), None);
        assert!(!accepts_session(&secret, &knock, NOW));
        assert_eq!(asked_of_knock(&secret, &session, NOW), None);
        let other = MasterSecret::draw();
        assert!(!accepts_session(&other, &session, NOW));
        assert_eq!(asked_of_knock(&other, &knock, NOW), None);
    }

    #[test]
    fn no_byte_of_a_token_can_be_changed() {
        let secret = MasterSecret::draw();
        let root = a2a_proto::keys::Entropy::from_bytes([7; 32]).root_key();
        let session_of = Session { agent: root.agent_id(), epoch: 3, expires_at: LATER };
        let token = session_token(&secret, &session_of);
        assert_eq!(session(&secret, &token, NOW), Some(session_of));
        assert_eq!(session(&secret, &token, LATER), None);
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 1;
            assert_eq!(session(&secret, &BASE64URL_NOPAD.encode(&forged), NOW), None);
        }
    }
}
