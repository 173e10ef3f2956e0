//! What an agent takes, said on a card: published by the owner, read by anyone, found where the owner wants it.

use a2a_harness::{Home, World};
use anyhow::{Context, Result, ensure};
use serde_json::json;

/// Writes the file that `a2a capabilities set` reads.
fn file(home: &Home, description: &str) -> Result<String> {
    let list = json!([{
        "id": "code-review",
        "title": "Reads a change",
        "description": description,
        "schema": { "type": "object", "required": ["url"] },
    }]);
    let path = home.folder().join("takes.json");
    std::fs::write(&path, list.to_string())?;
    Ok(path.to_string_lossy().into_owned())
}

/// The address by id, which no relay can give to somebody else.
async fn address(home: &Home) -> Result<String> {
    let we = home.json(&["whoami"]).await?;
    let part = |name: &str| we[name].as_str().map(str::to_owned).context("no address");
    Ok(format!("{}@{}", part("agent_id")?, part("relay")?))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_publishes_a_file_and_anyone_reads_it() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = (world.initialised("alice").await?, world.initialised("bob").await?);
    let bobs = address(&bob).await?;
    let takes = file(&bob, "Answers \u{1b}[31mwith\u{202e} comments")?;

    let unasked = bob.cli(&["capabilities", "set", &takes]).await?;
    ensure!(unasked.status == 3, "a pipe published a card: {unasked:?}");
    ensure!(bob.json(&["capabilities"]).await?["published"] == false, "published without the owner");
    let nothing = alice.cli(&["capabilities", &bobs]).await?;
    ensure!(nothing.status == 1 && nothing.stderr.contains("publishes a card"), "{nothing:?}");

    bob.says_yes(&["capabilities", "set", &takes]).await?;
    let own = bob.json(&["capabilities"]).await?;
    ensure!(own["published"] == true && own["listed"] == false, "{own}");
    ensure!(own["capabilities"][0]["id"] == "code-review", "{own}");

    let screen = bob.says_yes(&["invite"]).await?;
    let link = screen.split_whitespace().find(|word| word.contains("/invite#")).context("no link")?.to_owned();
    let handle = format!("bob@{}", bobs.split_once('@').context("no relay")?.1);
    for whose in [bobs.as_str(), &handle, &link] {
        let read = alice.json(&["capabilities", whose]).await?;
        ensure!(read["address"] == bobs.as_str() && read["trust"] == "untrusted-peer", "{read}");
        ensure!(read["capabilities"][0]["schema"].as_str().is_some_and(|schema| schema.contains("url")), "{read}");
        let shown = alice.cli(&["capabilities", whose]).await?.ok()?;
        ensure!(shown.contains("│ code-review: Reads a change"), "{shown}");
        ensure!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "a peer's text came as it was: {shown:?}");
    }
    let damaged = alice.cli(&["capabilities", &link[..link.len() - 4]]).await?;
    ensure!(damaged.status == 1 && damaged.stderr.contains("invite link"), "{damaged:?}");

    bob.says_yes(&["capabilities", "withdraw"]).await?;
    ensure!(alice.cli(&["capabilities", &bobs]).await?.status == 1, "a withdrawn card is served");
    ensure!(bob.json(&["capabilities"]).await?["published"] == false, "it is not withdrawn");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_wants_to_be_found_is_found() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = (world.initialised("alice").await?, world.initialised("bob").await?);
    let bobs = address(&bob).await?;
    let relay = bobs.split_once('@').context("no relay")?.1.to_owned();
    let takes = file(&bob, "Answers with comments")?;
    let search = ["capabilities", "--search", "code-review", "--relay", &relay];

    bob.says_yes(&["capabilities", "set", &takes]).await?;
    ensure!(alice.json(&search).await?["agents"] == json!([]), "found without having asked for it");
    let screen = bob.says_yes(&["capabilities", "set", &takes, "--listed"]).await?;
    ensure!(screen.contains("listed by your relay"), "the owner was not told: {screen}");
    let found = alice.json(&search).await?;
    ensure!(found["agents"][0]["address"] == bobs.as_str() && found["left_out"] == 0, "{found}");
    ensure!(alice.json(&["capabilities", "--search", "--relay", &relay]).await?["agents"][0]["listed"] == true);
    let other = alice.json(&["capabilities", "--search", "invoice", "--relay", &relay]).await?;
    ensure!(other["agents"] == json!([]), "{other}");

    // A new list stays listed until the owner says otherwise.
    let takes = file(&bob, "Answers with many comments")?;
    bob.says_yes(&["capabilities", "set", &takes]).await?;
    ensure!(alice.json(&search).await?["agents"][0]["address"] == bobs.as_str(), "no longer listed");
    bob.says_yes(&["capabilities", "set", &takes, "--unlisted"]).await?;
    ensure!(alice.json(&search).await?["agents"] == json!([]), "listed after the owner took it back");
    ensure!(alice.json(&["capabilities", &bobs]).await?["listed"] == false, "the card says listed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_and_finding_takes_no_account() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    let bobs = address(&bob).await?;
    let (id, relay) = bobs.split_once('@').context("no relay")?;
    let takes = file(&bob, "Answers with comments")?;
    bob.says_yes(&["capabilities", "set", &takes, "--listed"]).await?;

    // The relay of this test is on this computer: only the settings can vouch for that.
    let nobody = world.home("nobody")?;
    let refused = nobody.cli(&["capabilities", &bobs]).await?;
    ensure!(refused.status == 1 && refused.stderr.contains("not called"), "{refused:?}");
    let nobody = nobody.with_variable("A2A_RELAY", &format!("http://{relay}"));
    let read = nobody.json(&["capabilities", &bobs]).await?;
    ensure!(read["agent_id"] == id && read["verified"] == true, "{read}");
    let found = nobody.json(&["capabilities", "--search", "code-review"]).await?;
    ensure!(found["agents"][0]["agent_id"] == id, "{found}");
    ensure!(!nobody.path().join("identity.json").exists(), "reading made an identity");
    Ok(())
}
