//! Capabilities for peers only: two real sidecars tell each other sealed, and no relay holds a word of it.

use a2a_harness::{Home, World, eventually};
use anyhow::{Result, ensure};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

const MARK: &str = "zanzibar-ferry";

#[tokio::test(flavor = "multi_thread")]
async fn peers_are_told_sealed_and_no_relay_knows() -> Result<()> {
    let world = World::start_fronted().await?;
    let pair = world.paired(&["message"]).await?;
    let (bobs, alices) = (pair.bob.home().clone(), pair.alice.home().clone());
    let list = json!([{
        "id": MARK,
        "title": "Books the zanzibar-ferry",
        "description": "Needs a day",
        "schema": { "type": "object", "required": ["day"] },
    }]);
    let file = bobs.folder().join("takes.json");
    std::fs::write(&file, list.to_string())?;
    let takes = file.to_string_lossy().into_owned();
    let set = ["capabilities", "set", &takes, "--for-peers"];

    let unasked = bobs.cli(&set).await?;
    ensure!(unasked.status == 3, "a pipe told peers: {unasked:?}");
    let screen = bobs.says_yes(&set).await?;
    ensure!(screen.contains("peers only") && screen.contains(MARK), "the owner was not told: {screen}");

    let read = eventually("the list", async || Ok(known(&alices).await?.filter(|read| read["card"] == "none"))).await?;
    ensure!(read["capabilities"][0]["id"] == MARK, "{read}");
    ensure!(read["card"] == "none" && read["capabilities"][0]["for_peers"] == true, "{read}");
    let shown = alices.cli(&["capabilities", "bob"]).await?;
    ensure!(shown.stdout.contains("for peers only") && shown.stderr.contains("it publishes no card"), "{shown:?}");
    let own = bobs.json(&["capabilities"]).await?;
    ensure!(own["published"] == false && own["for_peers"]["told"] == json!(["alice"]), "{own}");

    // It binds Alice's sidecar as a published schema does.
    let wrong = alices.cli(&["send", "bob", "please", "--intent", MARK, "--payload", "{}"]).await?;
    ensure!(wrong.status == 1 && wrong.stderr.contains("`day` is missing"), "{wrong:?}");

    let (words, card) = (MARK.as_bytes(), BASE64URL_NOPAD.encode(MARK.as_bytes()));
    for relay in [world.first(), world.second()] {
        ensure!(!relay.holds_bytes(words)? && !relay.holds_bytes(card.as_bytes())?, "a relay holds it");
    }
    for seen in [world.front_of("alice")?.seen(), world.front_of("bob")?.seen()].concat() {
        ensure!(!seen.line.starts_with("PUT /api/card"), "a card was published: {}", seen.line);
        ensure!(!seen.body.windows(words.len()).any(|piece| piece == words), "it went in the open: {}", seen.line);
    }

    bobs.says_yes(&["capabilities", "withdraw", "--for-peers"]).await?;
    eventually("the end of it", async || Ok(known(&alices).await?.is_none().then_some(()))).await?;
    ensure!(bobs.json(&["capabilities"]).await?["for_peers"].is_null());
    Ok(())
}

/// What Alice's sidecar knows that Bob takes, once it knows anything.
async fn known(home: &Home) -> Result<Option<Value>> {
    let read = home.cli(&["capabilities", "bob", "--json"]).await?;
    if read.status == 0 { Ok(Some(read.json()?)) } else { Ok(None) }
}
