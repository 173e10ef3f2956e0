//! Every path of the relay on one screen, then what all of them pass through.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Refusal;
use crate::layers;
use crate::openapi;
use crate::pages;
use crate::routes::{
    account, agents, backups, blobs, card, deposit, describe, handle, knock, lanes, listing, mailbox, prekeys, session,
    stream, webhook,
};
use crate::state::RelayState;

/// The relay as the world sees it.
pub fn router(relay: RelayState) -> Router {
    let (paths, description) = paths().split_for_parts();
    paths
        // people
        .route("/", get(pages::home))
        .route("/join", get(pages::join))
        .route("/invite", get(pages::invite))
        // programs
        .route("/api/openapi.json", openapi::served(&description))
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::NoSuchMethod)
        // the innermost layer first
        .layer(from_fn_with_state(relay.clone(), layers::admit))
        .layer(CatchPanicLayer::custom(layers::scrub))
        .layer(from_fn(layers::count))
        .layer(from_fn_with_state(relay.clone(), layers::security_headers))
        .with_state(relay)
}

/// Every path of the interface; each stands beside its handler and describes itself there.
fn paths() -> OpenApiRouter<RelayState> {
    OpenApiRouter::with_openapi(openapi::empty())
        // anyone
        .routes(routes!(describe::describe))
        .routes(routes!(listing::list))
        .routes(routes!(agents::card))
        .routes(routes!(agents::capabilities))
        .routes(routes!(agents::bundle))
        .routes(routes!(backups::read))
        .routes(routes!(handle::handle))
        // strangers and newcomers
        .routes(routes!(knock::challenge))
        .routes(routes!(knock::knock))
        .routes(routes!(session::challenge))
        .routes(routes!(session::open))
        .routes(routes!(account::register))
        // lane holders
        .routes(routes!(deposit::deposit))
        .routes(routes!(blobs::deposit))
        // owners
        .routes(routes!(account::close))
        .routes(routes!(blobs::read, blobs::acknowledge))
        .routes(routes!(backups::keep, backups::take))
        .routes(routes!(backups::clear))
        .routes(routes!(webhook::set, webhook::remove))
        .routes(routes!(webhook::deliveries))
        .routes(routes!(card::publish, card::withdraw))
        .routes(routes!(prekeys::publish))
        .routes(routes!(lanes::open, lanes::list))
        .routes(routes!(lanes::close))
        .routes(routes!(mailbox::collect))
        .routes(routes!(stream::stream))
        .routes(routes!(mailbox::acknowledge))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_without_its_words() {
        let panicking = get(async || -> StatusCode { panic!("a secret") });
        let router: Router = Router::new().route("/", panicking).layer(CatchPanicLayer::custom(layers::scrub));
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(answer.into_body(), 4096).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }
}
