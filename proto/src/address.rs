//! Addresses: where an agent takes mail, as `a2a_…@relay` or `bob@relay`.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::fmt;
use std::str::FromStr;

use crate::id::{AgentId, ParseAgentIdError};
use crate::limits::{MAX_AUTHORITY_BYTES, MAX_HANDLE_BYTES};
use crate::scope::is_plain_word;

const HTTPS_PORT: u16 = 443;
const HTTP_PORT: u16 = 80;
const MAX_HOST_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// A relay's name: `host` or `host:port`, in one canonical form.
///
/// It is what requests are signed for and what links name; a relay never takes it from a request. Canonical means lower case,
/// addresses as the standard library prints them, and no port where it is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelayAuthority {
    text: String,
    loopback: bool,
}

/// Why a text does not name a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRelayError {
    /// The host is none.
    #[error("a relay is named by its host, as in relay.example.org")]
    Host,
    /// The port is none.
    #[error("a relay's port is a number from 1 to 65535")]
    Port,
    /// The URL has a scheme other than https (or http, for loopback).
    #[error("a relay's URL begins with https:// (http:// only on this machine)")]
    Scheme,
    /// The URL goes on after the host.
    #[error("a relay's URL ends after its host")]
    Path,
}

impl RelayAuthority {
    /// The authority as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the host is this machine itself: 127.0.0.0/8, ::1 or localhost.
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Where requests go: `https://…`, and `http://…` only for loopback. There is no way to ask for another.
    pub fn base_url(&self) -> String {
        let scheme = if self.loopback { "http" } else { "https" };
        format!("{scheme}://{}", self.text)
    }

    /// Reads the authority out of a base URL such as `https://relay.example.org/`.
    pub fn from_url(url: &str) -> Result<Self, ParseRelayError> {
        let (scheme, rest) = url.split_once("://").ok_or(ParseRelayError::Scheme)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@', '\\']) {
            return Err(ParseRelayError::Path);
        }
        let authority: Self = rest.parse()?;
        let expected = if authority.loopback { "http" } else { "https" };
        if scheme.eq_ignore_ascii_case(expected) { Ok(authority) } else { Err(ParseRelayError::Scheme) }
    }
}

impl FromStr for RelayAuthority {
    type Err = ParseRelayError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_AUTHORITY_BYTES {
            return Err(ParseRelayError::Host);
        }
        let (host, port) = split_port(text)?;
        let (host, loopback) = canonical_host(host)?;
        let own_port = if loopback { HTTP_PORT } else { HTTPS_PORT };
        let text = match port {
            Some(port) if port != own_port => format!("{host}:{port}"),
            _ => host,
        };
        Ok(Self { text, loopback })
    }
}

impl fmt::Display for RelayAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

serde_as_text!(RelayAuthority);

fn split_port(text: &str) -> Result<(&str, Option<u16>), ParseRelayError> {
    let host_end = if text.starts_with('[') { text.find(']').ok_or(ParseRelayError::Host)? + 1 } else { 0 };
    let Some(colon) = text[host_end..].find(':') else {
        return Ok((text, None));
    };
    let (host, port) = text.split_at(host_end + colon);
    let digits = &port[1..];
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    match digits.parse() {
        Ok(port) if is_number => Ok((host, Some(port))),
        _ => Err(ParseRelayError::Port),
    }
}

/// The host in canonical form, and whether it is this machine.
fn canonical_host(host: &str) -> Result<(String, bool), ParseRelayError> {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = inner.parse().map_err(|_| ParseRelayError::Host)?;
        return Ok((format!("[{address}]"), address.is_loopback()));
    }
    // A name whose last label is a number would be read as an IPv4 address by URL parsers; only the plain form is one here.
    if host.rsplit('.').next().is_some_and(looks_numeric) {
        let address: Ipv4Addr = host.parse().map_err(|_| ParseRelayError::Host)?;
        return Ok((address.to_string(), address.is_loopback()));
    }
    let name = host.to_ascii_lowercase();
    if name.len() > MAX_HOST_BYTES || !name.split('.').all(is_host_label) {
        return Err(ParseRelayError::Host);
    }
    let loopback = name == "localhost";
    Ok((name, loopback))
}

fn looks_numeric(label: &str) -> bool {
    let lower = label.to_ascii_lowercase();
    let hexadecimal = lower.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || (!label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_host_label(label: &str) -> bool {
    is_plain_word(label, MAX_LABEL_BYTES) && !label.starts_with('-') && !label.ends_with('-')
}

/// A short name for an agent at one relay: `[a-z0-9-]{1,32}`. It is the relay's word; only the id behind it is proof.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(String);

/// The text is not a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a handle has 1 to 32 characters out of a-z, 0-9 and hyphen")]
pub struct ParseHandleError;

impl Handle {
    /// The handle as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Handle {
    type Err = ParseHandleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_plain_word(text, MAX_HANDLE_BYTES) { Ok(Self(text.to_owned())) } else { Err(ParseHandleError) }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(Handle);

/// Whom an address names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AddressWho {
    /// An agent, by its id: proof against a lying relay.
    Id(AgentId),
    /// Whoever holds this handle at the relay, by the relay's word.
    Handle(Handle),
}

/// Where an agent takes mail: `a2a_…@relay` or `bob@relay`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// Whom it names.
    pub who: AddressWho,
    /// The relay that keeps the mailbox.
    pub relay: RelayAuthority,
}

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAddressError {
    /// There is not exactly one `@`.
    #[error("an address is an agent id or a handle, @, and a relay")]
    Shape,
    /// The part before `@` begins like an id and is none.
    #[error(transparent)]
    Id(#[from] ParseAgentIdError),
    /// The part before `@` is no handle.
    #[error(transparent)]
    Handle(#[from] ParseHandleError),
    /// The part after `@` names no relay.
    #[error(transparent)]
    Relay(#[from] ParseRelayError),
}

impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (who, relay) = text.split_once('@').ok_or(ParseAddressError::Shape)?;
        if relay.contains('@') {
            return Err(ParseAddressError::Shape);
        }
        // No handle has an underscore, so the prefix decides.
        let who = if who.starts_with("a2a_") { AddressWho::Id(who.parse()?) } else { AddressWho::Handle(who.parse()?) };
        Ok(Self { who, relay: relay.parse()? })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.who {
            AddressWho::Id(id) => write!(f, "{id}@{}", self.relay),
            AddressWho::Handle(handle) => write!(f, "{handle}@{}", self.relay),
        }
    }
}

serde_as_text!(Address);
