//! Every page and act of the console on one screen.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::pages::{
    authorizations, away, compose, decide, habits, inbox, invite, network, notifications, peer, recovery, rules,
    settings, takes,
};
use super::room::Room;
use super::serve::{enter, guard, no_form, no_page, not_here, signed_in};
use super::{assets, live};

/// The longest message, each byte of it written as three.
pub(super) const MAX_FORM_BYTES: usize = 512 * 1024;

/// The whole server.
pub(super) fn all(room: Arc<Room>) -> Router {
    let pages = Router::new()
        .route("/inbox", get(inbox::list))
        .route("/thread/{peer}", get(inbox::thread))
        .route("/thread/{peer}/read", post(inbox::mark_read))
        .route("/check", post(inbox::check))
        .route("/compose", get(compose::blank).post(compose::again))
        .route("/send", post(compose::send))
        .route("/network", get(network::page))
        .route("/request/{id}/approve", post(network::approve))
        .route("/request/{id}/decline", post(network::decline))
        .route("/unblock", post(network::unblock))
        .route("/peer/{peer}", get(peer::page))
        .route("/peer/{peer}/card", get(takes::card))
        .route("/peer/{peer}/grant", post(peer::grant))
        .route("/peer/{peer}/rename", post(peer::rename))
        .route("/peer/{peer}/resume", post(habits::resume))
        .route("/peer/{peer}/limits", post(habits::set_limits))
        .route("/peer/{peer}/receipts", post(habits::set_receipts))
        .route("/peer/{peer}/revoke", post(peer::revoke))
        .route("/peer/{peer}/verify", post(peer::verify))
        .route("/peer/{peer}/undo", post(peer::undo))
        .route("/invite", post(invite::make))
        .route("/authorize", post(invite::authorize))
        .route("/decide/{id}", get(decide::question).post(decide::decide))
        .route("/authorizations", get(authorizations::page))
        .route("/rule", post(rules::set))
        .route("/settings", get(settings::page))
        .route("/away", post(away::begin))
        .route("/away/end", post(away::end))
        .route("/notify", post(notifications::set))
        .route("/rehearse/words", post(recovery::try_words))
        .route("/rehearse/backup", post(recovery::try_backup))
        .route("/close", post(settings::close))
        .route("/live", get(live::listen))
        .fallback(no_page)
        .method_not_allowed_fallback(no_form)
        .layer(from_fn_with_state(Arc::clone(&room), signed_in));
    Router::new()
        .route("/open/{token}", get(enter))
        .route("/assets/{name}", get(assets::serve))
        .nest(&room.gate.base(), pages)
        .fallback(not_here)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn_with_state(Arc::clone(&room), guard))
        .with_state(room)
}
