//! A clock that is hours off is corrected by the relay's `Date`, and warned about.

use std::path::Path;

use a2a_harness::{Home, Owner, World};
use anyhow::Result;
use serde_json::json;

/// Where Debian and its kin put the library that lies about the time (package faketime).
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/faketime/libfaketime.so.1",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_hours_off_is_corrected() -> Result<()> {
    let Some(library) = LIBRARIES.iter().find(|path| Path::new(path).exists()) else {
        assert!(std::env::var("CI").is_err(), "faketime is missing, and CI skips nothing");
        eprintln!("skipped: faketime is not installed");
        return Ok(());
    };
    for offset in ["+3h", "-5h"] {
        let world = World::start().await?;
        let off = lying(world.home("alice")?, library, offset);
        let alice = off.session(Owner::Accepts).await?;
        let relay = world.first().url();
        alice.call("a2a_register", json!({ "name": "alice", "relay": relay })).await?;
        let bob = world.registered("bob", Owner::Accepts).await?;
        let pair = a2a_harness::Pair { alice, bob };
        pair.pair(&["message"]).await?;
        let sent = pair.alice.send("bob", "what time is it?").await?;
        assert_eq!(sent["status"], "queued", "{offset}: {sent}");
        pair.bob.receives("what time is it?").await?;
        pair.bob.send("alice", "not your time").await?;
        pair.alice.receives("not your time").await?;

        let doctor = off.cli(&["doctor"]).await?;
        let words = format!("{}{}", doctor.stdout, doctor.stderr);
        assert!(words.contains("clock"), "{offset}: nobody is warned: {words}");
    }
    Ok(())
}

fn lying(home: Home, library: &str, offset: &str) -> Home {
    home.with_variable("LD_PRELOAD", library)
        .with_variable("FAKETIME", offset)
        .with_variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
}
