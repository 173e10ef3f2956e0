//! The console's first page, as a browser gets it: from the request to its last byte.

use std::process::Stdio;
use std::time::Instant;

use a2a_harness::{Home, eventually};
use anyhow::{Context, Result};
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};

use super::cells;
use crate::stats::Samples;

/// Opens the console by its one-time link, then asks for the inbox and for its longest conversation again and again.
pub(super) async fn pages(home: &Home, peer: &str, rounds: usize) -> Result<Vec<Vec<String>>> {
    let mut command = tokio::process::Command::from(home.command(&["console"])?);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let _console = command.spawn().context("cannot start a2a console")?;
    let link = eventually("the console to open a browser", async || Ok(home.pages().pop())).await?;
    let http = reqwest::Client::new();
    let opened = http.get(&link).send().await?.error_for_status()?;
    let (cookie, path) = session(opened.headers())?;
    let origin = link.split("/open/").next().unwrap_or_default();
    let mut rows = Vec::new();
    for (name, page) in
        [("console: the inbox", "inbox".to_owned()), ("console: a conversation", format!("thread/{peer}"))]
    {
        let mut samples = Samples::default();
        for _ in 0..rounds {
            let begun = Instant::now();
            let answer = http.get(format!("{origin}{path}/{page}")).header(COOKIE, &cookie).send().await?;
            answer.error_for_status()?.bytes().await?;
            samples.push(begun.elapsed());
        }
        rows.push(cells(name, &mut samples));
    }
    Ok(rows)
}

/// The cookie to send, and the path that it is for.
fn session(headers: &HeaderMap) -> Result<(String, String)> {
    let cookie = headers.get(SET_COOKIE).and_then(|value| value.to_str().ok()).context("the link set no cookie")?;
    let path = cookie.split("; ").find_map(|part| part.strip_prefix("Path=")).context("the cookie has no path")?;
    Ok((cookie.split(';').next().unwrap_or_default().to_owned(), path.to_owned()))
}
