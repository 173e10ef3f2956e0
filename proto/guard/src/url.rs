//! URLs that an owner gives to be called back: parsed once, checked part by part, scheme first.

use url::{Host, Url};

use crate::host::check_name;
use crate::{Forbidden, is_loopback_host};

const MAX_URL_BYTES: usize = 2048;

/// What a callback URL may look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Ports that may be called.
    pub ports: Vec<u16>,
    /// Also take `http://` URLs of this very machine, any port: for trying things out.
    pub this_machine: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { ports: vec![443, 8443], this_machine: false }
    }
}

/// A URL that may be called, as far as it tells by itself. What its name leads to is checked when it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackUrl(Url);

impl CallbackUrl {
    /// Checks a URL. The parsed form is the one that is called: no second parser can read it otherwise.
    pub fn parse(text: &str, rules: &Rules) -> Result<Self, Forbidden> {
        if text.len() > MAX_URL_BYTES {
            return Err(Forbidden::TooLong);
        }
        let url = Url::parse(text).map_err(|_| Forbidden::Unparsable)?;
        if rules.this_machine && url.scheme() == "http" && url.host_str().is_some_and(is_loopback_host) {
            return check_parts(text, &url).map(|()| Self(url));
        }
        // Only of http and https does the parser read hosts as addresses, so the scheme comes before the host.
        if url.scheme() != "https" {
            return Err(Forbidden::Scheme);
        }
        check_parts(text, &url)?;
        match url.host() {
            Some(Host::Domain(name)) => check_name(name)?,
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(Forbidden::Literal),
            None => return Err(Forbidden::Unparsable),
        }
        let port = url.port_or_known_default();
        if port.is_none_or(|port| !rules.ports.contains(&port)) {
            return Err(Forbidden::Port);
        }
        Ok(Self(url))
    }

    /// The URL.
    pub const fn url(&self) -> &Url {
        &self.0
    }
}

/// What parsers have disagreed about, to the gain of attackers.
fn check_parts(text: &str, url: &Url) -> Result<(), Forbidden> {
    if !url.username().is_empty() || url.password().is_some() || authority(text).contains('@') {
        return Err(Forbidden::Userinfo);
    }
    if url.fragment().is_some() {
        return Err(Forbidden::Fragment);
    }
    if !text.bytes().all(is_plain) || !has_plain_authority(text) {
        return Err(Forbidden::Characters);
    }
    Ok(())
}

/// Printable ASCII without what a parser may rewrite.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'}' | b'|')
}

/// Exactly two slashes, then a host and a port and nothing that would have to be decoded.
fn has_plain_authority(text: &str) -> bool {
    let authority = authority(text);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']' | b'_');
    !authority.is_empty() && authority.bytes().all(is_plain)
}

fn authority(text: &str) -> &str {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    after_scheme.split(['/', '?', '#']).next().unwrap_or("")
}
