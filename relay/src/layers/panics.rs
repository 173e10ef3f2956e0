//! A panic in a request: answered as a fault of ours, logged by its place alone.

use std::any::Any;

use axum::response::{IntoResponse, Response};

use crate::error::Refusal;

/// The answer in place of a panic. Its message is not looked at: it could hold what was being worked on.
pub(crate) fn scrub(_panic: Box<dyn Any + Send>) -> Response {
    Refusal::Broken.into_response()
}

/// Makes panics of this process log their place and nothing else.
pub fn log_places_only() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location();
        let (file, line) = place.map_or(("", 0), |place| (place.file(), place.line()));
        tracing::error!(file, line, "a fault of this program");
    }));
}
