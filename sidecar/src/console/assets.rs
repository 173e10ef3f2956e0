//! The files of the pages: built into the program, named after their content, so that they may be kept for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::serve::not_here;

/// One embedded file.
pub(super) struct Asset {
    /// Where it is served: `/assets/<name>-<hash of its content>.<ending>`.
    pub(super) path: String,
    kind: &'static str,
    text: &'static str,
}

pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "css", "text/css; charset=utf-8", include_str!("assets/console.css")));
pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "js", "text/javascript; charset=utf-8", include_str!("assets/console.js")));
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("assets/icon.svg")));

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, text: &'static str) -> Self {
        let hash = HEXLOWER.encode(&Sha256::digest(text.as_bytes())[..8]);
        Self { path: format!("/assets/{name}-{hash}.{ending}"), kind, text }
    }
}

/// The file of that name; they hold no secret, so the browser's cookie is not asked for.
pub(super) async fn serve(Path(name): Path<String>) -> Response {
    let wanted = format!("/assets/{name}");
    let found = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.path == wanted);
    match found {
        Some(asset) => {
            let headers =
                [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (StatusCode::OK, headers, asset.text).into_response()
        }
        None => not_here().await,
    }
}
