//! The same tools over HTTP on this computer: for whoever shows the bearer and names the very server, and for no page.

use std::process::Stdio;

use a2a_harness::{Home, Terminal, World};
use anyhow::{Context, Result, ensure};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;

/// A served agent.
struct Served {
    url: String,
    _process: Child,
}

impl Served {
    async fn start(home: &Home) -> Result<Self> {
        let mut command = tokio::process::Command::from(home.command(&["serve", "--port", "0"])?);
        let mut process = command.stderr(Stdio::piped()).stdin(Stdio::null()).kill_on_drop(true).spawn()?;
        let mut lines = BufReader::new(process.stderr.take().context("no stderr")?).lines();
        let url = loop {
            let line = lines.next_line().await?.context("a2a serve ended")?;
            if let Some(url) = line.strip_prefix("serving ") {
                break url.to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { url, _process: process })
    }

    async fn initialize(&self, headers: &[(HeaderName, &str)]) -> Result<Response> {
        let about = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        self.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": about }), headers).await
    }

    async fn post(&self, message: &Value, headers: &[(HeaderName, &str)]) -> Result<Response> {
        let mut all = HeaderMap::from_iter([
            (ACCEPT, HeaderValue::from_static("application/json, text/event-stream")),
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        ]);
        for (name, value) in headers {
            all.insert(name, value.parse()?);
        }
        Ok(reqwest::Client::new().post(&self.url).headers(all).body(message.to_string()).send().await?)
    }
}

/// What the owner sees at a terminal.
async fn bearer(home: &Home, option: &str) -> Result<String> {
    let (status, screen) = Terminal::new(home).run(&["serve", option], "").await?;
    ensure!(status == 0, "no bearer was shown: {screen}");
    let shown = screen.lines().find_map(|line| line.trim().strip_prefix("Authorization: "));
    Ok(shown.context("no bearer on the screen")?.trim().to_owned())
}

#[tokio::test]
async fn a_client_with_the_bearer_is_served_and_nobody_else() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let served = Served::start(&home).await?;
    let bearer = bearer(&home, "--show-bearer").await?;
    for (why, headers, expected) in [
        ("no bearer", vec![], StatusCode::UNAUTHORIZED),
        ("another bearer", vec![(AUTHORIZATION, "Bearer a2a_local_AAAAAAAAAAAAAAAAAAAAAA")], StatusCode::UNAUTHORIZED),
        (
            "a rebound name",
            vec![(AUTHORIZATION, bearer.as_str()), (HOST, "evil.example")],
            StatusCode::MISDIRECTED_REQUEST,
        ),
        (
            "a page elsewhere",
            vec![(AUTHORIZATION, bearer.as_str()), (ORIGIN, "https://evil.example")],
            StatusCode::FORBIDDEN,
        ),
        (
            "a page of another port",
            vec![(AUTHORIZATION, bearer.as_str()), (ORIGIN, "http://127.0.0.1:1")],
            StatusCode::FORBIDDEN,
        ),
    ] {
        assert_eq!(served.initialize(&headers).await?.status(), expected, "{why}");
    }

    let opened = served.initialize(&[(AUTHORIZATION, &bearer)]).await?;
    assert_eq!(opened.status(), StatusCode::OK);
    let session = HeaderName::from_static("mcp-session-id");
    let id = opened.headers().get(&session).context("no session")?.to_str()?.to_owned();
    let known = [(AUTHORIZATION, bearer.as_str()), (session.clone(), id.as_str())];
    served
        .post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }), &known)
        .await?
        .error_for_status()?;
    let call = json!({ "name": "a2a_whoami", "arguments": {} });
    let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call });
    let answer = served.post(&call, &known).await?.error_for_status()?.text().await?;
    assert!(answer.contains("a2a_") && answer.contains("safety_words"), "{answer}");
    // A session is no right of its own.
    let stolen = served.post(&call, &[(session, id.as_str())]).await?;
    assert_eq!(stolen.status(), StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn a_new_bearer_ends_the_old_one() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let served = Served::start(&home).await?;
    let old = bearer(&home, "--show-bearer").await?;
    assert_eq!(served.initialize(&[(AUTHORIZATION, &old)]).await?.status(), StatusCode::OK);
    let new = bearer(&home, "--new-bearer").await?;
    assert_ne!(old, new);
    assert_eq!(served.initialize(&[(AUTHORIZATION, &old)]).await?.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(served.initialize(&[(AUTHORIZATION, &new)]).await?.status(), StatusCode::OK);
    // It stands nowhere on this machine.
    let secret = new.trim_start_matches("Bearer ").as_bytes();
    assert!(!home.holds_bytes(secret)?, "the bearer stands in a file");
    Ok(())
}

#[tokio::test]
async fn no_pipe_gets_the_bearer() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    for option in ["--show-bearer", "--new-bearer"] {
        let said = home.cli(&["serve", option]).await?.failure()?;
        assert!(said.contains("on a terminal only") && !said.contains("a2a_local_"), "{said}");
    }
    Ok(())
}
