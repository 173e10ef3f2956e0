//! Counts every request by its route's pattern: what stands in the path itself is nobody's business.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;

use crate::metrics;

/// What has no route of ours.
const NO_ROUTE: &str = "none";

/// Counts.
pub(crate) async fn count(request: Request, next: Next) -> Response {
    let pattern = request.extensions().get::<MatchedPath>().cloned();
    let start = Instant::now();
    let response = next.run(request).await;
    let route = pattern.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    metrics::answered(route, response.status().as_u16(), start.elapsed());
    response
}
