//! The yardstick: an axum route that reads a body of the same size and answers 202 without storing it.

use std::net::SocketAddr;

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// Where it listens.
#[derive(clap::Args)]
pub(crate) struct Options {
    listen: SocketAddr,
}

pub(super) async fn serve(options: &Options) -> Result<()> {
    let listener = TcpListener::bind(options.listen).await?;
    crate::output::note(&format!("listening on {}", listener.local_addr()?));
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let route = post(async |body: Bytes| {
        std::hint::black_box(&body);
        StatusCode::ACCEPTED
    });
    axum::serve(listener, Router::new().route("/api/deposit", route)).await?;
    Ok(())
}
