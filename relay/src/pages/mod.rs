//! Pages for people who opened a link in a browser: no script, one style, nothing loaded from anywhere.
//!
//! What stands after `#` in a link stays in the browser: these pages cannot see it, and do not need to.

mod home;
mod invite;
mod join;
mod steps;

use std::sync::LazyLock;

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{Html, IntoResponse, Response};
use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

pub(crate) use home::home;
pub(crate) use invite::invite;
pub(crate) use join::join;

const STYLE: &str = include_str!("style.css");

/// Allows exactly the one style above.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = BASE64.encode(&Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
});

/// A page.
pub(crate) struct Page {
    title: &'static str,
    body: Markup,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body { main { (self.body) } }
            }
        };
        let policy = [(CONTENT_SECURITY_POLICY, POLICY.as_str())];
        (policy, Html(page.into_string())).into_response()
    }
}
