//! A lost machine: the words and a backup bring the agent back, the old device is refused, and no mail is lost.

use std::path::Path;

use a2a_harness::{Home, Owner, Session, Terminal, World, eventually};
use a2a_proto::keys::Entropy;
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::owner::{PIN, set_pin};
use crate::pairing::{knock, request_at};

#[tokio::test(flavor = "multi_thread")]
async fn the_words_are_shown_at_a_terminal_and_nowhere_else() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let before = home.json(&["whoami"]).await?;
    ensure!(before["recovery_warning"].is_string(), "nothing warns: {before}");
    ensure!(home.cli(&["doctor"]).await?.stdout.contains("a2a recovery show"), "the doctor does not warn");

    let piped = home.cli(&["recovery", "show"]).await?;
    ensure!(piped.status == 1 && piped.stderr.contains("terminal"), "{piped:?}");
    let words = words_of(&home).await?;
    let id = Entropy::from_words(&words)?.root_key().agent_id().to_string();
    ensure!(before["agent_id"] == id, "these are other words");
    ensure!(!home.holds_bytes(words.as_bytes())?, "the words stand on the disk");
    ensure!(home.json(&["whoami"]).await?["recovery_warning"].is_null(), "it still warns");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_pin_a_yes_is_not_enough() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    set_pin(&home).await?;
    let fresh = home.folder().join("fresh");
    std::fs::write(&fresh, "a passphrase that is new")?;
    let slots = std::fs::read(home.path().join("keyslots.json"))?;
    let acts: [(&[&str], &str); 6] = [
        (&["account", "close"], "Close the account"),
        (&["recovery", "show"], "Show them now?"),
        (&["key", "rotate"], "Rotate the key?"),
        (&["relay", "move", world.second().url()], "Move to"),
        (&["vault", "passphrase-file", text(&fresh)?], "[y/N]"),
        (&["vault", "keychain"], "[y/N]"),
    ];
    for (arguments, question) in acts {
        let answers = [(question, "y"), ("PIN:", "0000")];
        let (status, screen) = Terminal::new(&home).converse(arguments, &answers).await?;
        ensure!(status == 1 && screen.contains("PIN"), "{arguments:?}: {screen}");
    }
    // These ask no question, but for the PIN.
    let file = home.folder().join("alice.backup");
    let silent: [&[&str]; 5] = [
        &["peers", "rename", "bob", "robert"],
        &["backup", text(&file)?],
        &["backup", "auto", "on"],
        &["backup", "auto", "off"],
        &["webhook", "set", "https://hooks.example.com/a2a"],
    ];
    for arguments in silent {
        let (status, screen) = Terminal::new(&home).converse(arguments, &[("PIN:", "0000")]).await?;
        // Five wrong ones came before: the next is not even looked at, unless this took more than a minute.
        let is_refused = screen.contains("too many wrong PINs") || screen.contains("that is not the PIN");
        ensure!(status == 1 && is_refused, "{arguments:?}: {screen}");
        let piped = home.cli(arguments).await?;
        ensure!(piped.status == 1 && piped.stderr.contains("terminal"), "{piped:?}");
    }
    ensure!(!file.exists(), "a backup was made");
    let log = home.cli(&["audit"]).await?.ok()?;
    ensure!(!log.contains("webhook_set") && !log.contains("kept_backup") && !log.contains("account_closed"), "{log}");
    ensure!(std::fs::read(home.path().join("keyslots.json"))? == slots, "the vault was switched");
    ensure!(home.json(&["whoami"]).await?["relay"] == world.first().authority());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pin_lets_its_owner_back_up_and_close_the_account() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    set_pin(&home).await?;
    let file = home.folder().join("alice.backup");
    let terminal = Terminal::new(&home);
    let (status, screen) = terminal.converse(&["backup", text(&file)?], &[("PIN:", PIN)]).await?;
    ensure!(status == 0 && file.exists(), "{screen}");
    let answers = [("Close the account", "y"), ("PIN:", PIN)];
    let (status, screen) = terminal.converse(&["account", "close"], &answers).await?;
    ensure!(status == 0 && screen.contains("is closed"), "{screen}");
    let log = home.cli(&["audit", "--json"]).await?.ok()?;
    ensure!(log.matches("pin, terminal").count() == 2, "{log}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_opens_with_its_words_and_with_no_others() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let words = words_of(&home).await?;
    let file = home.folder().join("alice.backup");
    let path = text(&file)?;
    home.cli(&["backup", path]).await?.ok()?;
    home.cli(&["backup", path]).await?.ok().context("an older backup is not replaced")?;

    let verify = ["backup", "verify", path];
    let (status, screen) = Terminal::new(&home).converse(&verify, &[("in one line", &words)]).await?;
    ensure!(status == 0 && screen.contains("every row in it can be read"), "{screen}");
    let others = Entropy::from_bytes([7; 32]).to_words();
    let as_json = ["backup", "verify", path, "--json"];
    let (status, screen) = Terminal::new(&home).converse(&as_json, &[("in one line", &words)]).await?;
    ensure!(status == 0 && screen.contains("\"paired_with\""), "{screen}");
    let (status, screen) = Terminal::new(&home).converse(&verify, &[("in one line", &others)]).await?;
    ensure!(status == 1 && screen.contains("do not open this backup"), "{screen}");

    let picture = home.folder().join("holiday.jpg");
    std::fs::write(&picture, "a picture")?;
    home.cli(&["backup", text(&picture)?]).await?.failure()?;
    ensure!(std::fs::read(&picture)? == b"a picture", "another file was overwritten");

    let (status, screen) = restore(&home, &file, &words).await?;
    ensure!(status == 1 && screen.contains("already"), "it was restored over an identity: {screen}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_home_comes_back_in_mid_conversation() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let (alice, bob) = (pair.alice, pair.bob);
    let home = alice.home().clone();
    let id = alice.call("a2a_whoami", json!({})).await?["agent_id"].clone();
    let words = words_of(&home).await?;
    talk(&alice, &bob, "before").await?;
    let file = world.folder().join("alice.backup");
    home.cli(&["backup", text(&file)?]).await?.ok()?;

    // The conversation goes on after the backup; then the machine is lost with mail under way both ways.
    talk(&alice, &bob, "after the backup").await?;
    alice.close().await?;
    let waiting = bob.send("alice", "sealed for the lost device").await?;
    let thief = stolen(&world, &home)?;
    let alice = {
        let machine = world.home("alice-again")?;
        let (status, screen) = restore(&machine, &file, &words).await?;
        ensure!(status == 0, "{screen}");
        ensure!(screen.contains("retires device 1"), "the device that retires is not named: {screen}");
        machine.session(Owner::Accepts).await?
    };
    ensure!(alice.call("a2a_whoami", json!({})).await?["agent_id"] == id, "another id");
    alice.receives("sealed for the lost device").await?;
    bob.sees_state("alice", &waiting["message_id"], "read").await?;
    talk(&alice, &bob, "with the new device").await?;
    let old = thread(&alice, "bob").await?;
    ensure!(old.contains("before, says alice"), "the history is gone: {old}");

    // Whoever has the old device is told nothing and heard by nobody.
    is_shut_out(&thief, &alice, &bob).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_alone_bring_a_pair_back_once_its_peer_agrees() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let (alice, bob) = (pair.alice, pair.bob);
    let id = bob.call("a2a_whoami", json!({})).await?["agent_id"].clone();
    let words = words_of(bob.home()).await?;
    talk(&alice, &bob, "before").await?;
    bob.close().await?;
    let waiting = alice.send("bob", "nobody opened this").await?;

    let machine = world.home("bob-again")?;
    let arguments = ["restore", "--words-only", world.second().url(), "--name", "bob"];
    let (status, screen) =
        Terminal::new(&machine).converse(&arguments, &[("in one line", &words), ("Restore?", "y")]).await?;
    ensure!(status == 0 && screen.contains("retires device 1"), "{screen}");
    let bob = machine.session(Owner::Accepts).await?;
    ensure!(bob.call("a2a_whoami", json!({})).await?["agent_id"] == id, "another id");
    knock(&bob, &alice, &["message"]).await?;
    let request = request_at(&alice).await?;
    alice.call("a2a_authorize", json!({ "peer": request })).await?;
    bob.knows("alice").await?;
    bob.receives("nobody opened this").await?;
    alice.sees_state("bob", &waiting["message_id"], "read").await?;
    talk(&alice, &bob, "and on").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_key_shuts_a_copy_of_the_machine_out() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let (alice, bob) = (pair.alice, pair.bob);
    let home = alice.home().clone();
    talk(&alice, &bob, "before").await?;
    // Nobody writes while the files are copied.
    alice.close().await?;
    let thief = copied(&world, &home)?;
    let alice = home.session(Owner::Accepts).await?;

    // Another process of hers goes on meanwhile.
    let screen = home.says_yes(&["key", "rotate"]).await?;
    ensure!(screen.contains("new keys"), "{screen}");
    talk(&alice, &bob, "with new keys").await?;
    ensure!(home.cli(&["audit", "--verify"]).await?.ok()?.contains("fit together"), "the log of both devices is whole");

    is_shut_out(&thief, &alice, &bob).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offline_key_is_not_on_the_machine_and_the_device_goes_on() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let home = pair.alice.home().clone();
    let words = words_of(&home).await?;
    let terminal = Terminal::new(&home);
    let others = Entropy::from_bytes([7; 32]).to_words();
    let yes = "secret off this computer?";
    let (status, screen) = terminal.converse(&["key", "offline"], &[("in one line", &others), (yes, "y")]).await?;
    ensure!(status == 1 && screen.contains("not the words of this identity"), "{screen}");
    let (status, screen) = terminal.converse(&["key", "offline"], &[("in one line", &words), (yes, "y")]).await?;
    ensure!(status == 0, "{screen}");

    let (status, screen) = terminal.converse(&["recovery", "show"], &[("Show them now?", "y")]).await?;
    ensure!(status == 1 && screen.contains("off this computer"), "the words are still here: {screen}");
    talk(&pair.alice, &pair.bob, "without the root").await?;
    let file = world.folder().join("alice.backup");
    home.cli(&["backup", text(&file)?]).await?.ok()?;
    let verify = ["backup", "verify", text(&file)?];
    ensure!(terminal.converse(&verify, &[("in one line", &words)]).await?.0 == 0, "the backup does not open");
    let rotate = [("Rotate the key?", "y"), ("in one line", words.as_str())];
    let (status, screen) = terminal.converse(&["key", "rotate"], &rotate).await?;
    ensure!(status == 0 && screen.contains("new keys"), "{screen}");
    talk(&pair.alice, &pair.bob, "with new keys").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_open_a_home_whose_vault_is_lost() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let before = home.json(&["whoami"]).await?["agent_id"].clone();
    let words = words_of(&home).await?;
    let slots = home.json(&["vault"]).await?;
    ensure!(slots["slots"].as_array().is_some_and(|slots| slots.len() == 2), "{slots}");

    // The passphrase is forgotten.
    let fresh = home.folder().join("fresh");
    std::fs::write(&fresh, "a passphrase that is new")?;
    std::fs::write(home.folder().join("passphrase"), "something else entirely")?;
    home.cli(&["whoami"]).await?.failure()?;
    let lost = home.json(&["vault"]).await?;
    ensure!(lost["does_not_open"].is_string(), "{lost}");
    let switch = ["vault", "passphrase-file", text(&fresh)?, "--words"];
    let others = Entropy::from_bytes([7; 32]).to_words();
    let (status, screen) = Terminal::new(&home).converse(&switch, &[("in one line", &others)]).await?;
    ensure!(status == 1 && screen.contains("do not open this home"), "{screen}");
    let (status, screen) = Terminal::new(&home).converse(&switch, &[("in one line", &words)]).await?;
    ensure!(status == 0, "{screen}");
    std::fs::copy(&fresh, home.folder().join("passphrase"))?;
    ensure!(home.json(&["whoami"]).await?["agent_id"] == before);

    // And changed once more, while it opens.
    let second = home.folder().join("second");
    std::fs::write(&second, "a passphrase for next year")?;
    home.says_yes(&["vault", "passphrase-file", text(&second)?]).await?;
    home.cli(&["whoami"]).await?.failure()?;
    std::fs::copy(&second, home.folder().join("passphrase"))?;
    ensure!(home.json(&["whoami"]).await?["agent_id"] == before);
    Ok(())
}

/// A device that another one followed is told nothing and heard by nobody, and the pair goes on.
async fn is_shut_out(thief: &Home, alice: &Session, bob: &Session) -> Result<()> {
    let thief = thief.session(Owner::Accepts).await?;
    let refused = thief.call("a2a_check_inbox", json!({})).await?.to_string();
    ensure!(refused.contains("does not accept this device"), "{refused}");
    thief.send("bob", "I am alice, honestly").await.ok();
    talk(alice, bob, "once more").await?;
    ensure!(!thread(bob, "alice").await?.contains("honestly"), "the old device was heard");
    ensure!(!thread(&thief, "bob").await?.contains("once more"), "the old device reads on");
    Ok(())
}

/// A message each way, read by the other.
pub(crate) async fn talk(alice: &Session, bob: &Session, about: &str) -> Result<()> {
    // A session whose keys another process renewed a moment ago says so once, and sends nothing.
    eventually("alice's message to be taken", async || {
        Ok(alice.send("bob", &format!("{about}, says alice")).await.ok())
    })
    .await?;
    bob.receives(&format!("{about}, says alice")).await?;
    bob.send("alice", &format!("{about}, says bob")).await?;
    alice.receives(&format!("{about}, says bob")).await?;
    Ok(())
}

pub(crate) async fn thread(session: &Session, peer: &str) -> Result<String> {
    Ok(Value::from(session.thread(peer).await?).to_string())
}

/// The recovery words, as they stand on the screen.
pub(crate) async fn words_of(home: &Home) -> Result<String> {
    let answers = [("Show them now?", "y"), ("write all 24 down?", "y")];
    let (status, screen) = Terminal::new(home).converse(&["recovery", "show"], &answers).await?;
    ensure!(status == 0, "{screen}");
    let (_, table) = screen.split_once("Show them now?").context("nothing was asked")?;
    let tokens: Vec<&str> = table.split_whitespace().collect();
    let words = (1..=24).map(|place| {
        let number = place.to_string();
        let at = tokens.windows(2).position(|pair| pair[0] == number).context("a word is missing")?;
        Ok(tokens[at + 1])
    });
    Ok(words.collect::<Result<Vec<_>>>()?.join(" "))
}

async fn restore(machine: &Home, file: &Path, words: &str) -> Result<(i32, String)> {
    let answers = [("in one line", words), ("Restore?", "y")];
    Terminal::new(machine).converse(&["restore", text(file)?], &answers).await
}

/// A copy of a whole machine, which is then lost.
fn stolen(world: &World, home: &Home) -> Result<Home> {
    let thief = copied(world, home)?;
    std::fs::remove_dir_all(home.path())?;
    Ok(thief)
}

/// A copy of a whole machine, as a thief has it.
fn copied(world: &World, home: &Home) -> Result<Home> {
    let thief = world.home("thief")?;
    for entry in std::fs::read_dir(home.path())? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), thief.path().join(entry.file_name()))?;
        }
    }
    std::fs::write(thief.folder().join("passphrase"), home.passphrase())?;
    Ok(thief)
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is no text")
}
