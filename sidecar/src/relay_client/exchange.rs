//! One request and its bounded answer; the only place where bytes of a relay come in.

use std::error::Error;

use reqwest::{RequestBuilder, Response};

use a2a_proto::address::RelayAuthority;

use super::answer::Answer;
use super::relay_time::{RelayTimes, retry_after};
use super::{RelayFailure, Why};
use crate::clock::Clock;

/// Sends `request` to `relay` and reads at most `most_bytes` of what it answers.
pub(super) async fn exchange(
    request: RequestBuilder,
    relay: &RelayAuthority,
    most_bytes: usize,
    times: &RelayTimes,
    clock: &dyn Clock,
) -> Result<Answer, RelayFailure> {
    let response = request.send().await.map_err(|failed| explain(&failed))?;
    times.learn(relay, response.headers(), clock.now());
    let answer = Answer {
        status: response.status(),
        media_type: media_type(&response),
        retry_after: retry_after(response.headers()),
        body: read_bounded(response, most_bytes).await?,
    };
    Ok(answer)
}

/// The body, or `None` when it is larger than allowed. What the relay says of its length is not believed.
async fn read_bounded(mut response: Response, most_bytes: usize) -> Result<Option<Vec<u8>>, RelayFailure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|failed| explain(&failed))? {
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

fn explain(failed: &reqwest::Error) -> RelayFailure {
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
    let mut cause = Some(failed);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            return true;
        }
        cause = inner(error);
    }
    false
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
