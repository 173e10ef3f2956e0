//! A missing key is never silently replaced, and damaged state is an error with a remedy.

use a2a_harness::{Home, Owner, World};
use anyhow::Result;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_is_an_error_not_a_new_identity() -> Result<()> {
    let world = World::start().await?;
    let (home, before) = registered(&world).await?;
    let slot = home.path().join("keyslots.json");
    assert!(slot.exists(), "the vault's file moved: {:?}", files(&home));
    let kept = std::fs::read(&slot)?;
    std::fs::remove_file(&slot)?;

    let words = home.cli(&["whoami"]).await?.failure()?;
    assert!(words.len() > 40, "no remedy: {words}");
    assert_stays_broken(&world, &home).await?;
    assert!(!slot.exists(), "a new key was made in silence");

    std::fs::write(&slot, kept)?;
    assert_eq!(home.json(&["whoami"]).await?["agent_id"], before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_says_so() -> Result<()> {
    let world = World::start().await?;
    let (home, before) = registered(&world).await?;
    let passphrase = home.folder().join("passphrase");
    std::fs::write(&passphrase, "not the one")?;
    let words = home.cli(&["whoami"]).await?.failure()?;
    assert!(words.contains("passphrase"), "{words}");
    assert!(!words.contains("not the one"), "the passphrase stands in the error: {words}");
    assert_stays_broken(&world, &home).await?;
    std::fs::write(&passphrase, home.passphrase())?;
    assert_eq!(home.json(&["whoami"]).await?["agent_id"], before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_init_keeps_the_identity() -> Result<()> {
    let world = World::start().await?;
    let (home, before) = registered(&world).await?;
    for relay in [world.second().url(), world.first().url()] {
        let words = home.cli(&["init", relay, "--name", "bob"]).await?.failure()?;
        assert!(words.contains("already"), "{words}");
    }
    assert_eq!(home.json(&["whoami"]).await?["agent_id"], before);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_told_and_left_alone() -> Result<()> {
    let world = World::start().await?;
    let (home, _) = registered(&world).await?;
    let store = files(&home).into_iter().find(|name| name.ends_with(".sqlite")).expect("no store");
    let path = home.path().join(&store);
    for journal in ["-wal", "-shm"] {
        std::fs::remove_file(home.path().join(format!("{store}{journal}"))).ok();
    }
    let mut bytes = std::fs::read(&path)?;
    bytes.iter_mut().skip(16).for_each(|byte| *byte ^= 0x5a);
    std::fs::write(&path, &bytes)?;
    let words = home.cli(&["whoami"]).await?.failure()?;
    assert!(words.len() > 40 && !words.contains("panicked"), "{words}");
    assert_eq!(std::fs::read(&path)?, bytes, "the damaged store was overwritten");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_readable_lies_on_the_disk() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    pair.alice.send("bob", "at rest this is noise zq81").await?;
    pair.bob.receives("at rest this is noise zq81").await?;
    for session in [&pair.alice, &pair.bob] {
        let home = session.home();
        assert!(!a2a_harness::holds_bytes(&home.path(), b"this is noise zq81")?, "{}", home.name());
    }
    Ok(())
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_running_sidecar_leaves_no_core_file() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", bob.process()))?;
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("no such limit");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    Ok(())
}

/// The vault is switched again and again, and the process killed at the first change of the key file, or a moment later.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_is_killed_leaves_a_home_that_opens() -> Result<()> {
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let before = home.json(&["whoami"]).await?["agent_id"].clone();
    let mut killed = 0;
    for round in 0..6 {
        let fresh = home.folder().join(format!("passphrase-{round}"));
        std::fs::write(&fresh, format!("the passphrase of round {round}"))?;
        let path = fresh.display().to_string();
        let (wanted, slots) = (path.clone(), home.path().join("keyslots.json"));
        let killer = std::thread::spawn(move || kill_within(&wanted, &slots, round));
        let switch = ["vault", "passphrase-file", path.as_str()];
        let (_, screen) = a2a_harness::Terminal::new(&home).converse(&switch, &[("[y/N]", "y")]).await?;
        killed += usize::from(killer.join().expect("the killer failed"));
        if home.cli(&["whoami"]).await?.status != 0 {
            std::fs::copy(&fresh, home.folder().join("passphrase"))?;
        }
        assert_eq!(home.json(&["whoami"]).await?["agent_id"], before, "nothing opens after round {round}: {screen}");
    }
    assert!(killed > 0, "no switch was killed");
    Ok(())
}

/// Kills the `a2a` with this argument once the key file is another one, every other time a little earlier or later.
#[cfg(target_os = "linux")]
fn kill_within(argument: &str, slots: &std::path::Path, round: u64) -> bool {
    use std::os::unix::fs::MetadataExt;
    let inode = || std::fs::metadata(slots).map(|file| file.ino()).ok();
    let before = inode();
    let started = std::time::Instant::now();
    let process = loop {
        if let Some(process) = a2a_with(argument) {
            break process;
        }
        if started.elapsed() > a2a_harness::DEADLINE {
            return false;
        }
    };
    while inode() == before && std::path::Path::new(&format!("/proc/{process}")).exists() {
        std::hint::spin_loop();
    }
    if round % 2 == 1 {
        std::thread::sleep(std::time::Duration::from_micros(300 * round));
    }
    std::process::Command::new("kill").args(["-9", &process.to_string()]).status().is_ok_and(|status| status.success())
}

#[cfg(target_os = "linux")]
fn a2a_with(argument: &str) -> Option<u32> {
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.find(|id| {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let mut words = line.split(|byte| *byte == 0);
        words.next().is_some_and(|program| program.ends_with(b"/a2a")) && words.any(|word| word == argument.as_bytes())
    })
}

/// Bob's home after a registration, with the id he got.
async fn registered(world: &World) -> Result<(Home, Value)> {
    let bob = world.registered("bob", Owner::Accepts).await?;
    let home = bob.home().clone();
    let id = bob.call("a2a_whoami", json!({})).await?["agent_id"].clone();
    bob.close().await?;
    Ok((home, id))
}

/// No face makes a new identity out of a broken home.
async fn assert_stays_broken(world: &World, home: &Home) -> Result<()> {
    let relay = world.second().url();
    home.cli(&["init", relay, "--name", "bob"]).await?.failure()?;
    let session = home.session(Owner::Accepts).await?;
    let words = session.refused("a2a_register", json!({ "name": "bob", "relay": relay })).await?;
    assert!(words.len() > 40, "no remedy: {words}");
    Ok(())
}

fn files(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.path()).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
