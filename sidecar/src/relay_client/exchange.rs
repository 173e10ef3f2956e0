//! One request and its bounded answer; the only place where bytes of a relay come in.

use std::error::Error;

use a2a_guard::Forbidden;
use reqwest::{RequestBuilder, Response};

use a2a_proto::address::RelayAuthority;

use super::answer::Answer;
use super::relay_time::{RelayTimes, retry_after};
use super::{RelayFailure, Why, destination};
use crate::clock::Clock;

/// Sends `request` to `relay` and reads at most `most_bytes` of what it answers.
pub(super) async fn exchange(
    request: RequestBuilder,
    relay: &RelayAuthority,
    most_bytes: usize,
    times: &RelayTimes,
    clock: &dyn Clock,
) -> Result<Answer, RelayFailure> {
    let response = request.send().await.map_err(|failed| explain(&failed, relay))?;
    times.learn(relay, response.headers(), clock.now());
    let answer = Answer {
        status: response.status(),
        media_type: media_type(&response),
        retry_after: retry_after(response.headers()),
        body: read_bounded(response, most_bytes, relay).await?,
    };
    Ok(answer)
}

/// Sends `request` to `relay` and gives the answer unread.
pub(super) async fn open(request: RequestBuilder, relay: &RelayAuthority) -> Result<Response, RelayFailure> {
    request.send().await.map_err(|failed| explain(&failed, relay))
}

/// The body, or `None` when it is larger than allowed. What the relay says of its length is not believed.
async fn read_bounded(
    mut response: Response,
    most_bytes: usize,
    relay: &RelayAuthority,
) -> Result<Option<Vec<u8>>, RelayFailure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|failed| explain(&failed, relay))? {
        if body.len() + chunk.len() > most_bytes {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// The media type without its parameters, lower case.
fn media_type(response: &Response) -> String {
    let value = response.headers().get(reqwest::header::CONTENT_TYPE);
    let text = value.and_then(|value| value.to_str().ok()).unwrap_or("");
    let bare = text.split(';').next().unwrap_or("").trim();
    bare.to_ascii_lowercase()
}

fn explain(failed: &reqwest::Error, relay: &RelayAuthority) -> RelayFailure {
    if let Some(why) = find(failed, |error| error.downcast_ref::<Forbidden>().copied()) {
        return destination::refused(relay, why).into();
    }
    if failed.is_timeout() {
        return RelayFailure::retry(Why::TimedOut);
    }
    if failed.is_builder() {
        return RelayFailure::Garbage("its name makes no address");
    }
    if is_about_certificate(failed) {
        return RelayFailure::retry(Why::Certificate);
    }
    if failed.is_connect() || failed.is_request() || failed.is_body() {
        return RelayFailure::retry(Why::Unreachable);
    }
    RelayFailure::Garbage("it does not speak HTTP")
}

/// TLS errors hide inside I/O errors inside connection errors.
fn is_about_certificate(failed: &(dyn Error + 'static)) -> bool {
    let is_it = |error: &(dyn Error + 'static)| {
        matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))).then_some(())
    };
    find(failed, is_it).is_some()
}

/// The first of an error and its causes that `look` finds something in.
fn find<T>(failed: &(dyn Error + 'static), look: impl Fn(&(dyn Error + 'static)) -> Option<T>) -> Option<T> {
    let mut cause = Some(failed);
    while let Some(error) = cause {
        if let Some(found) = look(error) {
            return Some(found);
        }
        cause = inner(error);
    }
    None
}

/// What an error was made of. An I/O error's `source` is that of the error inside it, so it would skip that one.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    /// As hyper-rustls wraps it.
    #[test]
    fn a_certificate_that_does_not_hold_is_found_deep_inside() {
        let tls = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let failed = io::Error::other(io::Error::other(tls));
        assert!(is_about_certificate(&failed));
        assert!(!is_about_certificate(&io::Error::other(io::Error::other(rustls::Error::DecryptError))));
    }
}
