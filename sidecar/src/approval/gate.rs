//! Who may look at an approval page, and who may decide on it.
//!
//! Two secrets of 256 bits: the token in the link, which opens once, and the form's, known only to
//! whoever was shown the page; it is the page's session. There is no cookie, because cookies reach
//! every port of 127.0.0.1. Host, Origin and Fetch-Metadata are checked on top, so that neither a
//! rebound name nor another page in the same browser can reach the decision.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::http::{HeaderMap, HeaderName, header};
use data_encoding::BASE64URL_NOPAD;
use getrandom::SysRng;
use rand_core::TryRng as _;
use subtle::ConstantTimeEq as _;

/// Set by browsers on requests they make ahead of the user.
const PURPOSES: [HeaderName; 3] =
    [HeaderName::from_static("sec-purpose"), HeaderName::from_static("purpose"), HeaderName::from_static("x-moz")];
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What opening the link came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// First use: show the page.
    Open,
    /// The link was opened before.
    Used,
    /// Not the link of this page.
    Unknown,
}

/// The secrets of one page and the checks on every request to it.
pub(super) struct Gate {
    authority: String,
    token: Secret,
    form: Secret,
    opened: AtomicBool,
}

impl Gate {
    /// Fresh secrets for the page at this port; `None` if the system has no randomness to give.
    pub(super) fn new(port: u16) -> Option<Self> {
        Some(Self {
            authority: format!("127.0.0.1:{port}"),
            token: Secret::fresh()?,
            form: Secret::fresh()?,
            opened: AtomicBool::new(false),
        })
    }

    /// The one-time link.
    pub(super) fn link(&self) -> String {
        format!("http://{}/open/{}", self.authority, self.token.0)
    }

    /// The secret that the page's form carries.
    pub(super) fn form_secret(&self) -> &str {
        &self.form.0
    }

    /// Uses the link up, if it is the right one and fresh.
    pub(super) fn enter(&self, token: &str) -> Entry {
        if !self.token.is(token) {
            return Entry::Unknown;
        }
        match self.opened.swap(true, Ordering::SeqCst) {
            false => Entry::Open,
            true => Entry::Used,
        }
    }

    /// Whether the form was filled in on this page, after it was shown.
    pub(super) fn accepts(&self, form: &str) -> bool {
        self.opened.load(Ordering::SeqCst) && self.form.is(form)
    }

    /// Whether the request names this very server: a rebound DNS name does not.
    pub(super) fn host_is_ours(&self, headers: &HeaderMap) -> bool {
        single(headers, &header::HOST) == Some(self.authority.as_str())
    }

    /// Whether a decision comes from the page itself, as the browser tells it.
    pub(super) fn origin_is_ours(&self, headers: &HeaderMap) -> bool {
        let origin = single(headers, &header::ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
        let site_fits = !headers.contains_key(FETCH_SITE) || single(headers, &FETCH_SITE) == Some("same-origin");
        origin == Some(self.authority.as_str()) && site_fits
    }
}

/// Whether a browser asks ahead of its user, who has not clicked anything yet.
pub(super) fn is_prefetch(headers: &HeaderMap) -> bool {
    PURPOSES.iter().any(|name| headers.contains_key(name))
}

/// The header's value where it stands exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

/// 256 random bits as text, compared in constant time, never printed by `Debug`.
struct Secret(String);

impl Secret {
    fn fresh() -> Option<Self> {
        let mut bytes = [0; 32];
        SysRng.try_fill_bytes(&mut bytes).ok()?;
        Some(Self(BASE64URL_NOPAD.encode(&bytes)))
    }

    fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}
