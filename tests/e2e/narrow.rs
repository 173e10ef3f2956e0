//! What the command line lists fits a terminal of 80 columns, in colours only where they are wanted.

use a2a_harness::{Home, Terminal, World, eventually};
use anyhow::{Context, Result, ensure};

const LISTS: [&str; 4] = ["inbox", "peers", "requests", "audit"];
const SCOPES: [&str; 7] =
    ["scheduling", "projects", "research", "code-review", "invoicing", "support", "a-scope-with-a-rather-long-name"];

#[tokio::test(flavor = "multi_thread")]
async fn lists_fit_80_columns_and_respect_no_color() -> Result<()> {
    let world = World::start().await?;
    let bob = furnished(&world).await?;
    let plain = bob.clone().with_variable("TERM", "xterm").with_variable("NO_COLOR", "1");
    let coloured = bob.clone().with_variable("TERM", "xterm");
    for list in LISTS {
        let screen = shown(&plain, list).await?;
        let wide = screen.lines().map(left_standing).find(|line| line.chars().count() > 80);
        ensure!(wide.is_none(), "a2a {list}: {wide:?}");
        ensure!(screen.lines().count() > 1, "a2a {list} has something to show: {screen}");
        ensure!(!is_coloured(&screen), "a2a {list} colours although NO_COLOR is set: {screen:?}");
        ensure!(is_coloured(&shown(&coloured, list).await?), "a2a {list} never colours: nothing was tested");
        let piped = bob.cli(&[list]).await?.ok()?;
        ensure!(!piped.contains('\u{1b}'), "a2a {list} colours a pipe: {piped:?}");
    }
    Ok(())
}

/// What of a line stays on the screen: a progress display goes back to its begin and wipes it.
fn left_standing(line: &str) -> &str {
    let line = line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    line.strip_prefix("\u{1b}[2K").unwrap_or(line)
}

/// Whether some sequence of it sets a colour or a weight (`ESC [ … m`).
fn is_coloured(screen: &str) -> bool {
    let codes = screen.split("\u{1b}[").skip(1);
    codes
        .map(|rest| rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == ';'))
        .any(|rest| rest.starts_with('m'))
}

async fn shown(home: &Home, list: &str) -> Result<String> {
    let (status, screen) = Terminal::new(home).run(&[list], "").await?;
    ensure!(status == 0, "a2a {list} ended with {status}: {screen}");
    Ok(screen)
}

/// Bob, with a peer of many scopes, an answer to an answer, and a stranger at the door.
async fn furnished(world: &World) -> Result<Home> {
    let (bob, carol) = (world.initialised("bob").await?, world.initialised("carol").await?);
    let alice = world.initialised("alice").await?;
    let scopes: Vec<&str> = SCOPES.iter().flat_map(|scope| ["--scope", scope]).collect();
    let screen = bob.says_yes(&[&["invite"], &scopes[..]].concat()).await?;
    let link = screen.split_whitespace().find(|word| word.contains("/invite#")).context("no link")?;
    alice.says_yes(&["authorize", link]).await?;
    for home in [&bob, &alice] {
        home.cli(&["inbox"]).await?.ok()?;
    }
    let about = ["--scope", "scheduling"];
    let first = bob.json(&[&["send", "alice", "shall we?"], &about[..]].concat()).await?;
    let id = first["message_id"].as_str().context("no id")?;
    alice.cli(&["inbox"]).await?.ok()?;
    let long = "a long line of words ".repeat(12);
    alice
        .cli(&[&["send", "bob", long.as_str(), "--reply-to", id, "--subject", "yes"], &about[..]].concat())
        .await?
        .ok()?;
    let address = bob.json(&["whoami"]).await?["address"].as_str().context("no address")?.to_owned();
    carol.says_yes(&[&["authorize", &address, "--text", long.as_str()], &scopes[..]].concat()).await?;
    eventually("the request", async || {
        bob.cli(&["inbox", "--peek"]).await?.ok()?;
        let requests = bob.json(&["requests"]).await?;
        Ok(requests["requests"][0]["request_id"].is_string().then_some(()))
    })
    .await?;
    Ok(bob)
}
