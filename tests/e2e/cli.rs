//! The command line: the same agent, with its owner at a terminal.

use a2a_harness::{Relay, Terminal, World, eventually};
use anyhow::{Context, Result, ensure};

#[tokio::test(flavor = "multi_thread")]
async fn two_owners_at_their_terminals() -> Result<()> {
    let world = World::start().await?;
    let alice = world.initialised("alice").await?;
    let bob = world.initialised("bob").await?;

    let screen = bob.says_yes(&["invite", "--scope", "scheduling"]).await?;
    let link = word_with(&screen, "/invite#")?;
    alice.says_yes(&["authorize", &link]).await?;
    for home in [&bob, &alice] {
        // Each hears of the other, and of the name the other goes by.
        home.cli(&["inbox"]).await?.ok()?;
    }

    let sent = alice.json(&["send", "bob", "does thursday work?", "--subject", "review"]).await?;
    ensure!(sent["status"] == "queued", "{sent}");
    let inbox = bob.json(&["inbox"]).await?;
    let message = &inbox["messages"][0];
    ensure!(message["from"] == "alice" && message["message_id"] == sent["message_id"], "{inbox}");
    let id = message["message_id"].as_str().context("no id")?;
    bob.cli(&["send", "alice", "it does", "--reply-to", id]).await?.ok()?;
    ensure!(alice.json(&["inbox"]).await?.to_string().contains("it does"));
    let thread = alice.cli(&["thread", "bob"]).await?.ok()?;
    ensure!(thread.contains("does thursday work?") && thread.contains("it does"), "{thread}");

    bob.cli(&["revoke", "alice"]).await?.ok()?;
    let words = alice.cli(&["send", "bob", "and friday?"]).await?;
    ensure!(format!("{}{}", words.stdout, words.stderr).contains("bob"), "{words:?}");

    let audit = bob.json(&["audit"]).await?.to_string();
    ensure!(audit.contains("terminal"), "the log says how it was approved: {audit}");
    bob.cli(&["audit", "--verify"]).await?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_knocks_and_is_let_in() -> Result<()> {
    let world = World::start().await?;
    let alice = world.initialised("alice").await?;
    let bob = world.initialised("bob").await?;
    let address = bob.json(&["whoami"]).await?["address"].as_str().context("no address")?.to_owned();
    alice.says_yes(&["authorize", &address, "--scope", "support", "--text", "we met on tuesday"]).await?;

    let request = eventually("the request", async || {
        bob.cli(&["inbox"]).await?.ok()?;
        let requests = bob.json(&["requests"]).await?;
        Ok(requests["requests"][0]["request_id"].as_str().map(str::to_owned))
    })
    .await?;
    let shown = bob.cli(&["requests"]).await?.ok()?;
    ensure!(shown.contains("we met on tuesday"), "the owner reads what the stranger wrote: {shown}");
    bob.says_yes(&["approve", &request]).await?;

    let sent = eventually("alice to hear of it", async || {
        alice.cli(&["inbox"]).await?.ok()?;
        Ok(alice.json(&["send", "bob", "thank you", "--scope", "support"]).await.ok())
    })
    .await?;
    ensure!(sent["status"] == "queued", "{sent}");
    ensure!(bob.json(&["inbox"]).await?.to_string().contains("thank you"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_at_the_terminal_means_no() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    let (status, screen) = Terminal::new(&bob).run(&["invite"], "n").await?;
    ensure!(status != 0 && !screen.contains("/invite#"), "{status}: {screen}");
    let (status, screen) = Terminal::new(&bob).run(&["invite"], "").await?;
    ensure!(status != 0 && !screen.contains("/invite#"), "Enter means no: {status}: {screen}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_link_lets_one_newcomer_in() -> Result<()> {
    let world = World::start().await?;
    let relay = Relay::start_with(&world.folder().join("closed"), &["--registration", "token"])?;
    let (bob, carol) = (world.home("bob")?, world.home("carol")?);
    let words = bob.cli(&["init", relay.url(), "--name", "bob"]).await?.failure()?;
    ensure!(words.contains("join link"), "{words}");
    let link = relay.join_link()?;
    bob.cli(&["init", &link, "--name", "bob"]).await?.ok()?;
    let words = carol.cli(&["init", &link, "--name", "carol"]).await?.failure()?;
    ensure!(words.contains("used"), "{words}");
    let token = link.split('#').nth(1).context("no token")?;
    ensure!(!relay.holds_bytes(token.as_bytes())?, "the token stands in the relay's store or log");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn links_opened_in_a_browser_show_a_page_without_scripts() -> Result<()> {
    let world = World::start().await?;
    for path in ["/", "/join", "/invite"] {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let answer = client.get(format!("{}{path}", world.first().url())).send().await?;
        ensure!(answer.status().is_success(), "{path}: {}", answer.status());
        let policy = answer.headers().get("content-security-policy").context("no policy")?.to_str()?.to_owned();
        ensure!(policy.contains("default-src 'none'"), "{path}: {policy}");
        let page = answer.text().await?;
        ensure!(!page.contains("<script"), "{path} carries a script");
        ensure!(page.contains("a2a"), "{path} says what to do: {page}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_has_json_and_doctor_is_content() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    for command in [vec!["whoami"], vec!["peers"], vec!["requests"], vec!["inbox"], vec!["audit"], vec!["approve"]] {
        let shown = bob.json(&command).await?;
        ensure!(shown.is_object(), "{command:?}: {shown}");
    }
    bob.cli(&["doctor"]).await?.ok()?;
    bob.json(&["doctor"]).await?;
    world.second().kill()?;
    let ill = bob.cli(&["doctor"]).await?;
    ensure!(ill.status != 0, "the relay is away, and doctor is content: {}", ill.stdout);
    for shell in ["bash", "zsh", "fish"] {
        ensure!(bob.cli(&["completions", shell]).await?.ok()?.len() > 500, "{shell}");
    }
    Ok(())
}

fn word_with(screen: &str, part: &str) -> Result<String> {
    let word = screen.split_whitespace().find(|word| word.contains(part));
    word.map(str::to_owned).with_context(|| format!("no {part} on the screen: {screen}"))
}
