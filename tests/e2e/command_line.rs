//! What a person meets at the command line: words for every mistake, exit codes, pipes.

use std::process::{Output, Stdio};

use a2a_harness::{CliOutput, Home, Terminal, World};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// Exit codes that scripts rely on.
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const PENDING_OWNER: i32 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn before_init_every_command_names_it() -> Result<()> {
    let world = World::start().await?;
    let home = world.home("bob")?;
    let commands: [&[&str]; 9] = [
        &["whoami"],
        &["invite"],
        &["authorize", "bob@relay.example"],
        &["requests"],
        &["approve"],
        &["peers", "--json"],
        &["send", "alice", "hello"],
        &["inbox"],
        &["thread", "alice"],
    ];
    for command in commands {
        let said = home.cli(command).await?;
        ensure!(said.status == FAILED, "{command:?} ended with {}", said.status);
        ensure!(said.stderr.contains("a2a init"), "{command:?}: {}", said.stderr);
        ensure!(said.stdout.is_empty(), "{command:?} printed: {}", said.stdout);
    }
    ensure!(!home.path().join("identity.json").exists(), "asking made an identity");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn init_says_what_is_missing_or_wrong() -> Result<()> {
    let world = World::start().await?;
    let home = world.home("bob")?;
    let relay = world.second().url();
    for (arguments, word) in [
        (vec!["init"], "RELAY-URL"),
        (vec!["init", relay], "--name"),
        (vec!["init", "http://relay.example.org", "--name", "bob"], "https://"),
        (vec!["init", "not a relay", "--name", "bob"], "https://"),
        (vec!["init", "https://relay.example.org/invite#abcdef", "--name", "bob"], "a2a authorize"),
        (vec!["frobnicate"], "Usage"),
    ] {
        let said = home.cli(&arguments).await?;
        ensure!(said.status == USAGE, "{arguments:?} ended with {}: {}", said.status, said.stderr);
        ensure!(said.stderr.contains(word), "{arguments:?}: {}", said.stderr);
    }
    ensure!(!home.path().join("identity.json").exists(), "a failed init made an identity");
    let said = home.cli(&["init", relay, "--name", "bob"]).await?.ok()?;
    ensure!(said.contains("safety words") && said.contains("claude mcp add"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_told_before_the_owner_is_asked() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = (world.initialised("alice").await?, world.initialised("bob").await?);
    let whoami = bob.json(&["whoami"]).await?;
    let id = whoami["agent_id"].as_str().context("no id")?;
    let relay = world.second().authority();
    let other = if id.as_bytes()[20] == b'a' { "b" } else { "a" };
    let typo = format!("{}{other}{}@{relay}", &id[..20], &id[21..]);
    let nobody = format!("nobody@{relay}");
    let shortened = format!("{}@{relay}", &id[..30]);
    for address in [typo.as_str(), &shortened, &nobody, "bob", "", "https://relay.example.org"] {
        let said = alice.cli(&["authorize", address]).await?;
        ensure!(said.status == FAILED, "{address:?} ended with {}: {}", said.status, said.stderr);
        ensure!(says_what_to_do(&said), "{address:?}: {}", said.stderr);
    }
    for recipient in [typo.as_str(), &shortened, "nobody"] {
        let said = alice.cli(&["send", recipient, "hello"]).await?;
        ensure!(said.status == FAILED && says_what_to_do(&said), "{recipient:?}: {said:?}");
    }
    ensure!(alice.json(&["approve"]).await?["pending"] == json!([]), "something waits");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invite_that_was_used_or_damaged_is_told() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob, carol) =
        (world.initialised("alice").await?, world.initialised("bob").await?, world.initialised("carol").await?);
    let screen = bob.says_yes(&["invite"]).await?;
    let link = screen.split_whitespace().find(|word| word.contains("/invite#")).context("no link")?.to_owned();

    let damaged = carol.cli(&["authorize", &link[..link.len() - 4]]).await?;
    ensure!(damaged.status == FAILED && says_what_to_do(&damaged), "{damaged:?}");
    let secret = link.split('#').nth(1).context("no secret")?;
    ensure!(!damaged.stderr.contains(&secret[..20]), "the error repeats the secret: {}", damaged.stderr);

    alice.says_yes(&["authorize", &link]).await?;
    bob.cli(&["inbox"]).await?.ok()?;
    let (status, screen) = Terminal::new(&carol).run(&["authorize", &link], "y").await?;
    ensure!(status == FAILED, "a used invite ended with {status}: {screen}");
    ensure!(screen.contains("used") || screen.contains("expired"), "{screen}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_may_come_from_a_file_or_a_pipe_and_not_be_too_long() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = (world.initialised("alice").await?, world.initialised("bob").await?);
    let screen = bob.says_yes(&["invite"]).await?;
    let link = screen.split_whitespace().find(|word| word.contains("/invite#")).context("no link")?.to_owned();
    alice.says_yes(&["authorize", &link]).await?;
    bob.cli(&["inbox"]).await?.ok()?;
    alice.cli(&["inbox"]).await?.ok()?;

    let letter = alice.folder().join("letter.txt");
    std::fs::write(&letter, "from a file")?;
    let letter = letter.to_string_lossy().into_owned();
    alice.cli(&["send", "bob", "--file", &letter]).await?.ok()?;
    ensure!(piped(&alice, &["send", "bob", "-"], "from a pipe").await?.status.success());
    let inbox = bob.cli(&["inbox"]).await?.ok()?;
    ensure!(inbox.contains("│ from a file") && inbox.contains("│ from a pipe"), "{inbox}");

    std::fs::write(&letter, "x".repeat(200_000))?;
    let said = alice.cli(&["send", "bob", "--file", &letter]).await?;
    ensure!(said.status == FAILED && said.stderr.contains("bytes"), "{said:?}");
    std::fs::write(&letter, [0xff, 0xfe, 0x00])?;
    let said = alice.cli(&["send", "bob", "--file", &letter]).await?;
    ensure!(said.status == FAILED && said.stderr.contains("UTF-8"), "{said:?}");
    let thread = alice.json(&["thread", "bob"]).await?;
    ensure!(thread["messages"].as_array().map(Vec::len) == Some(2), "{thread}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_waits_for_a_terminal() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    let said = bob.cli(&["invite"]).await?;
    ensure!(said.status == PENDING_OWNER, "{said:?}");
    ensure!(said.stdout.is_empty() && said.stderr.contains("a2a approve "), "{said:?}");
    let waiting = bob.json(&["approve"]).await?;
    let id = waiting["pending"][0]["action_id"].as_str().context("nothing waits")?;

    let tried = piped(&bob, &["approve", id], "y\ny\n").await?;
    ensure!(tried.status.code() == Some(PENDING_OWNER), "a pipe approved: {tried:?}");
    ensure!(bob.json(&["approve"]).await?["pending"][0]["action_id"] == id);
    bob.cli(&["decline", id]).await?.ok()?;
    ensure!(bob.json(&["approve"]).await?["pending"] == json!([]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn pipes_get_plain_text_and_may_close() -> Result<()> {
    let world = World::start().await?;
    let bob = world.initialised("bob").await?;
    for command in [vec!["whoami"], vec!["doctor"], vec!["peers"], vec!["audit"]] {
        let said = bob.cli(&command).await?;
        ensure!(!said.stdout.contains('\u{1b}'), "{command:?} coloured a pipe: {}", said.stdout);
        let widest = said.stdout.lines().map(|line| line.chars().count()).max();
        ensure!(command != ["audit"] || widest <= Some(80), "{command:?} is wider than 80: {}", said.stdout);
    }
    let mut completions =
        bob.command(&["completions", "bash"])?.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    drop(completions.stdout.take());
    let ended = completions.wait_with_output()?;
    ensure!(ended.stderr.is_empty(), "a closed pipe is no error: {}", String::from_utf8_lossy(&ended.stderr));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_the_fields_of_the_tools() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    pair.alice.send("bob", "hello").await?;
    pair.bob.receives("hello").await?;
    pair.bob.send("alice", "hello yourself").await?;
    let reads: [(&[&str], &str, Value); 4] = [
        (&["whoami"], "a2a_whoami", json!({})),
        (&["peers"], "a2a_list_peers", json!({})),
        (&["inbox"], "a2a_check_inbox", json!({ "unread_only": false })),
        (&["thread", "alice"], "a2a_read_thread", json!({ "peer": "alice" })),
    ];
    for (command, tool, arguments) in reads {
        let (mut printed, mut returned) = (Vec::new(), Vec::new());
        fields("", &pair.bob.home().json(command).await?, &mut printed);
        fields("", &pair.bob.call(tool, arguments).await?, &mut returned);
        // Notices are shown once, a state may move on between the two calls, and a command is no session that mail is shown to.
        for list in [&mut printed, &mut returned] {
            let varies = |name: &str| name.contains("notices") || name.contains("session_unread");
            list.retain(|name| !varies(name) && !name.ends_with("state_reason"));
        }
        ensure!(printed == returned, "`a2a {command:?} --json` prints {printed:?}, {tool} returns {returned:?}");
    }
    Ok(())
}

/// The names of all fields with their kind of value, sorted.
fn fields(place: &str, value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(name, value)| fields(&format!("{place}.{name}"), value, names))
        }
        Value::Array(array) => array.iter().for_each(|value| fields(&format!("{place}[]"), value, names)),
        Value::String(_) => names.push(format!("{place}: text")),
        Value::Number(_) => names.push(format!("{place}: number")),
        _ => names.push(place.to_owned()),
    }
    names.sort();
    names.dedup();
}

/// Runs `a2a` with something on its standard input that is not a terminal.
async fn piped(home: &Home, arguments: &[&str], input: &str) -> Result<Output> {
    let mut command = home.command(arguments)?;
    let (home_input, input) = (home.folder().join("piped"), input.to_owned());
    std::fs::write(&home_input, input)?;
    command.stdin(std::fs::File::open(home_input)?);
    Ok(tokio::task::spawn_blocking(move || command.output()).await??)
}

/// Whether an error has its second line, with the next step.
fn says_what_to_do(said: &CliOutput) -> bool {
    said.stderr.starts_with("error: ") && said.stderr.lines().nth(1).is_some_and(|next| next.len() > 15)
}
