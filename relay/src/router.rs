//! Every path of the relay on one screen, then what all of them pass through.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::Refusal;
use crate::layers;
use crate::pages;
use crate::routes::{
    account, agents, card, deposit, describe, handle, knock, lanes, mailbox, prekeys, session, stream,
};
use crate::state::RelayState;

/// The relay as the world sees it.
pub fn router(relay: RelayState) -> Router {
    Router::new()
        // people
        .route("/", get(pages::home))
        .route("/join", get(pages::join))
        .route("/invite", get(pages::invite))
        // anyone
        .route("/.well-known/a2a-relay", get(describe::describe))
        .route("/api/agents/{id}/card", get(agents::card))
        .route("/api/agents/{id}/capabilities", get(agents::capabilities))
        .route("/api/agents/{id}/bundle", get(agents::bundle))
        .route("/api/handles/{name}", get(handle::handle))
        // strangers and newcomers
        .route("/api/knock/challenge", get(knock::challenge))
        .route("/api/knock", post(knock::knock))
        .route("/api/session/challenge", post(session::challenge))
        .route("/api/session", post(session::open))
        .route("/api/accounts", post(account::register))
        // lane holders
        .route("/api/deposit", post(deposit::deposit))
        // owners
        .route("/api/account", delete(account::close))
        .route("/api/card", put(card::publish).delete(card::withdraw))
        .route("/api/prekeys", put(prekeys::publish))
        .route("/api/lanes", post(lanes::open).get(lanes::list))
        .route("/api/lanes/{id}", delete(lanes::close))
        .route("/api/mailbox", get(mailbox::collect))
        .route("/api/mailbox/stream", get(stream::stream))
        .route("/api/mailbox/ack", post(mailbox::acknowledge))
        .fallback(async || Refusal::NotFound)
        .method_not_allowed_fallback(async || Refusal::NoSuchMethod)
        // the innermost layer first
        .layer(from_fn_with_state(relay.clone(), layers::admit))
        .layer(CatchPanicLayer::custom(layers::scrub))
        .layer(from_fn_with_state(relay.clone(), layers::security_headers))
        .with_state(relay)
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
