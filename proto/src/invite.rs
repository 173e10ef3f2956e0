//! Invites: a link that lets its holder pair once, ask for nothing else, and expires.
//!
//! Layout of what follows `#`, as base64url: version u8 = 1 ‖ agent id 32 ‖ invite id 16 ‖ secret 32 ‖ LP(name) ‖ LP(relay) ‖
//! lane offer (LP(relay) ‖ lane 16 ‖ key 32) ‖ count u8 ‖ count × LP(scope) ‖ expires-at u64 ‖ checksum 4. A browser never sends what
//! follows `#`, so the relay that serves the page does not see it.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::address::RelayAuthority;
use crate::card::read_line;
use crate::codec::{DecodeError, Reader, Writer};
use crate::id::{AgentId, InviteId};
use crate::labels;
use crate::lane::LaneOffer;
use crate::limits::{MAX_AUTHORITY_BYTES, MAX_DISPLAY_NAME_BYTES, MAX_INVITE_LINK_CHARS, MAX_SCOPE_BYTES, MAX_SCOPES};
use crate::primitives::kdf;
use crate::scope::Scope;
use crate::time::Timestamp;

const VERSION: u8 = 1;
const CHECKSUM_SIZE: usize = 4;
const MAX_VOUCHER_CHARS: usize = 64;
const PATH: &str = "/invite#";

/// What an invite's holder has and its relay does not. Wiped when dropped.
///
/// Two independent values come out of it: the fetch token, which the relay checks by its hash, and the handshake's PSK, which
/// the relay can not compute even from the token, so it can not redeem the invite itself.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct InviteSecret([u8; 32]);

impl InviteSecret {
    /// Draws the secret of a new invite.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        // Filled in place: a copy on the stack would not be wiped.
        let mut secret = Self([0; 32]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    /// Takes a secret out of sealed storage.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret, for sealed storage.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0)
    }

    /// What the holder shows the relay to fetch the one-time pair.
    pub fn fetch_token(&self) -> Zeroizing<[u8; 32]> {
        self.derive(labels::INVITE_TOKEN)
    }

    /// What both ends mix into the handshake.
    pub fn psk(&self) -> Zeroizing<[u8; 32]> {
        self.derive(labels::INVITE_PSK)
    }

    fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        kdf::derive_one(labels::INVITE_EXTRACT.as_bytes(), &[&self.0], &[label.as_bytes()])
    }
}

impl fmt::Debug for InviteSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_secret) = self;
        f.write_str("InviteSecret(..)")
    }
}

/// A registration token of the inviter's relay that a link brings along: whoever has it may register there.
///
/// It stands behind the invite, `…#FRAGMENT.TOKEN`, and is no part of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct Voucher(String);

impl Voucher {
    /// Takes a token of the relay's: 1 to 64 characters of base64url.
    pub fn parse(token: &str) -> Option<Self> {
        let is_plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        ((1..=MAX_VOUCHER_CHARS).contains(&token.len()) && is_plain).then(|| Self(token.to_owned()))
    }

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Cuts what a link brings along off the invite, which is read by [`Invite::parse`].
    pub fn split(text: &str) -> Result<(&str, Option<Self>), InviteError> {
        let text = text.trim();
        let fragment_at = text.find('#').map_or(0, |at| at + 1);
        match text[fragment_at..].split_once('.') {
            None => Ok((text, None)),
            Some((fragment, token)) => {
                let voucher = Self::parse(token).ok_or(InviteError::Damaged)?;
                Ok((&text[..fragment_at + fragment.len()], Some(voucher)))
            }
        }
    }
}

impl fmt::Debug for Voucher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_token) = self;
        f.write_str("Voucher(..)")
    }
}

/// What the relay keeps of a fetch token: its SHA-256.
pub fn token_hash(token: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// A one-time permission to ask for pairing, handed from owner to owner.
///
/// The link is a secret: whoever reads it first can use it. It pairs once, and only after both owners said yes.
#[derive(Clone, PartialEq, Eq)]
pub struct Invite {
    /// Who invites.
    pub agent: AgentId,
    /// What the inviter calls itself, so that the other owner sees whose invite it is. Its own word, as on a card.
    pub name: String,
    /// The inviter's relay.
    pub relay: RelayAuthority,
    /// The invite's name at the relay.
    pub id: InviteId,
    /// The invite's secret.
    pub secret: InviteSecret,
    /// The lane for the first mail.
    pub lane: LaneOffer,
    /// What the inviter is ready to grant.
    pub scopes: Vec<Scope>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl PartialEq for InviteSecret {
    /// Compares in constant time.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for InviteSecret {}

/// Why a text is not an invite. Never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InviteError {
    /// It is no invite, or one that was shortened or mistyped.
    #[error("the invite is damaged: shortened, mistyped or not an invite")]
    Damaged,
    /// It is of a version that this program does not know.
    #[error("the invite needs a newer version of this program")]
    NewerVersionNeeded,
    /// It is whole, but what it says is not allowed.
    #[error("the invite is malformed")]
    Malformed,
}

impl Invite {
    /// The link: `https://relay/invite#…` (`http://` for a relay on this machine). Contains the secret.
    pub fn to_link(&self) -> Zeroizing<String> {
        let bytes = self.to_bytes();
        let fragment = Zeroizing::new(BASE64URL_NOPAD.encode(&bytes));
        Zeroizing::new(format!("{}{}", page(&self.relay), *fragment))
    }

    /// Reads a link, or what follows its `#`. White space around it is ignored.
    ///
    /// A link's own host must be the relay that the invite names, so no character of it can be changed unnoticed.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        let text = text.trim();
        if text.len() > MAX_INVITE_LINK_CHARS {
            return Err(InviteError::Damaged);
        }
        let (shown, fragment) = match text.split_once('#') {
            Some((page, fragment)) => (Some(page), fragment),
            None => (None, text),
        };
        let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(fragment.as_bytes()).map_err(|_| InviteError::Damaged)?);
        let invite = Self::from_bytes(&bytes)?;
        let expected = page(&invite.relay);
        match shown {
            Some(shown) if format!("{shown}#") != expected => Err(InviteError::Damaged),
            _ => Ok(invite),
        }
    }

    /// Whether it has ended.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now > self.expires_at
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(MAX_INVITE_LINK_CHARS);
        writer.u8(VERSION).fixed(self.agent.as_bytes()).fixed(self.id.as_bytes()).fixed(&self.secret.0);
        writer.lp(self.name.as_bytes());
        writer.lp(self.relay.as_str().as_bytes());
        self.lane.write(&mut writer);
        writer.u8(u8::try_from(self.scopes.len()).unwrap_or(u8::MAX));
        for scope in &self.scopes {
            writer.lp(scope.as_str().as_bytes());
        }
        writer.u64(self.expires_at.millis());
        let checksum = checksum(writer.as_slice());
        writer.fixed(&checksum);
        Zeroizing::new(writer.finish())
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, InviteError> {
        let (body, found) = bytes.split_last_chunk::<CHECKSUM_SIZE>().ok_or(InviteError::Damaged)?;
        if checksum(body) != *found {
            return Err(InviteError::Damaged);
        }
        match Self::read(Reader::new(body)) {
            Ok(invite) => Ok(invite),
            Err(DecodeError::UnknownVersion) => Err(InviteError::NewerVersionNeeded),
            Err(_) => Err(InviteError::Malformed),
        }
    }

    fn read(mut reader: Reader<'_>) -> Result<Self, DecodeError> {
        reader.version(VERSION)?;
        let agent = AgentId::read(&mut reader)?;
        let id = InviteId::from_bytes(reader.array()?);
        let secret = InviteSecret::from_bytes(reader.array()?);
        let name = read_line(&mut reader, MAX_DISPLAY_NAME_BYTES)?;
        let relay = reader.canonical(MAX_AUTHORITY_BYTES)?;
        let lane = LaneOffer::read(&mut reader)?;
        let scopes = read_scopes(&mut reader)?;
        let expires_at = Timestamp::from_millis(reader.u64()?);
        reader.finish()?;
        Ok(Self { agent, name, relay, id, secret, lane, scopes, expires_at })
    }
}

fn read_scopes(reader: &mut Reader<'_>) -> Result<Vec<Scope>, DecodeError> {
    let count = usize::from(reader.u8()?);
    if count > MAX_SCOPES {
        return Err(DecodeError::TooLong);
    }
    (0..count).map(|_| reader.canonical(MAX_SCOPE_BYTES)).collect()
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM_SIZE] {
    let label = Writer::label(labels::INVITE_CHECKSUM);
    let hash = Sha256::new_with_prefix(label.as_slice()).chain_update(body).finalize();
    let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
    [a, b, c, d]
}

fn page(relay: &RelayAuthority) -> String {
    format!("{}{PATH}", relay.base_url())
}

impl fmt::Debug for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agent, name, relay, id, secret, lane, scopes, expires_at } = self;
        f.debug_struct("Invite")
            .field("agent", agent)
            .field("name_bytes", &name.len())
            .field("relay", relay)
            .field("id", id)
            .field("secret", secret)
            .field("lane", lane)
            .field("scopes", scopes)
            .field("expires_at", expires_at)
            .finish()
    }
}
