//! Who may look at an approval page, and who may decide on it.
//!
//! Two secrets of 256 bits: the token in the link, which opens once, and the form's, known only to
//! whoever was shown the page; it is the page's session. There is no cookie, because cookies reach
//! every port of 127.0.0.1. Host, Origin and Fetch-Metadata are checked on top, so that neither a
//! rebound name nor another page in the same browser can reach the decision.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::loopback::{Authority, Secret};

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
    authority: Authority,
    token: Secret,
    form: Secret,
    opened: AtomicBool,
}

impl Gate {
    /// Fresh secrets for the page at this port; `None` if the system has no randomness to give.
    pub(super) fn new(port: u16) -> Option<Self> {
        Some(Self {
            authority: Authority::of_port(port),
            token: Secret::fresh()?,
            form: Secret::fresh()?,
            opened: AtomicBool::new(false),
        })
    }

    /// The one-time link.
    pub(super) fn link(&self) -> String {
        format!("{}/open/{}", self.authority.origin(), self.token.as_str())
    }

    /// The secret that the page's form carries.
    pub(super) fn form_secret(&self) -> &str {
        self.form.as_str()
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

    /// The name that every request has to give.
    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }
}
