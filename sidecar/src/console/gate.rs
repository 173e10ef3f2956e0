//! Who may see the console: whoever opened its link, from that browser, and nobody else.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};

use crate::loopback::{Authority, Secret};

/// The name of the session's cookie.
const COOKIE: &str = "a2a_console";
/// How long a link waits to be opened.
const LINK_HOLDS: Duration = Duration::from_secs(10 * 60);

/// The secrets of one console and the checks on every request to it.
pub(super) struct Gate {
    authority: Authority,
    /// The first part of every page's path: where the cookie goes, and no other server knows it.
    path: Secret,
    session: Secret,
    form: Secret,
    /// What a page knows its own console by, if another program takes the port later. The browser is told it and never says it.
    proof: Secret,
    /// The newest link, until it is opened.
    link: Mutex<Option<Link>>,
}

struct Link {
    token: Secret,
    made: Instant,
}

impl Gate {
    /// Fresh secrets for the console at this port; `None` if the system has no randomness to give.
    pub(super) fn new(port: u16) -> Option<Self> {
        Some(Self {
            authority: Authority::of_port(port),
            path: Secret::fresh()?,
            session: Secret::fresh()?,
            form: Secret::fresh()?,
            proof: Secret::fresh()?,
            link: Mutex::default(),
        })
    }

    /// A link that opens the console once; an earlier one that was not opened no longer works.
    pub(super) fn new_link(&self) -> Option<String> {
        let token = Secret::fresh()?;
        let url = format!("{}/open/{}", self.authority.origin(), token.as_str());
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = Some(Link { token, made: Instant::now() });
        Some(url)
    }

    /// Uses the link up, if it is the newest and fresh at `now`; returns the cookie to set.
    pub(super) fn enter(&self, token: &str, now: Instant) -> Option<String> {
        let mut link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = link.as_ref().is_some_and(|link| link.token.is(token) && now.duration_since(link.made) < LINK_HOLDS);
        if !fits {
            return None;
        }
        *link = None;
        let (session, path) = (self.session.as_str(), self.base());
        Some(format!("{COOKIE}={session}; Path={path}; HttpOnly; SameSite=Strict"))
    }

    /// Whether the request carries the session's cookie.
    pub(super) fn knows(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = sent.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == COOKIE && self.session.is(value))
    }

    /// Whether a form was filled in on one of our pages.
    pub(super) fn accepts(&self, headers: &HeaderMap, form: &str) -> bool {
        self.authority.origin_is_ours(headers) && self.form.is(form)
    }

    /// What every page's path begins with: `/…`, without a slash at its end.
    pub(super) fn base(&self) -> String {
        format!("/{}", self.path.as_str())
    }

    /// The secret that every form carries.
    pub(super) fn form_secret(&self) -> &str {
        self.form.as_str()
    }

    /// What every page and every event carries, so that nothing else passes for them.
    pub(super) fn proof(&self) -> &str {
        self.proof.as_str()
    }

    /// The name that every request has to give.
    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_nobody_opens_ends() {
        let gate = Gate::new(1).unwrap();
        let token = |link: String| link.rsplit('/').next().unwrap().to_owned();
        let old = token(gate.new_link().unwrap());
        assert_eq!(gate.enter(&old, Instant::now() + LINK_HOLDS), None);
        let young = token(gate.new_link().unwrap());
        assert!(gate.enter(&young, Instant::now() + LINK_HOLDS / 2).is_some());
    }
}
