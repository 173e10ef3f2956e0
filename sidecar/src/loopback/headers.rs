//! The headers of every answer that a page on the loopback interface gives.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Puts the strict headers on an answer, with this content security policy; nothing is kept unless it says so itself.
///
/// `same-origin` keeps a page's address from leaking and still lets the browser name the origin of a decision, which
/// `no-referrer` would not.
pub(crate) fn harden(headers: &mut HeaderMap, content_security_policy: &str) {
    if let Ok(policy) = HeaderValue::from_str(content_security_policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
