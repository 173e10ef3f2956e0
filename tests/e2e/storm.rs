//! Many processes on one identity, killed at random, stopped and woken, or overtaken by a newer program.

use std::collections::{BTreeMap, HashSet};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use a2a_harness::{Home, Owner, Session, World, eventually, eventually_within, written};
use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_processes_killed_at_random_lose_and_double_nothing() -> Result<()> {
    storm(4, 40, Duration::from_secs(300)).await
}

/// `cargo test -p a2a-e2e eight_processes -- --ignored`: an hour and more. `A2A_STORM=100` sends a hundred each.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes an hour"]
async fn eight_processes_killed_at_random_lose_and_double_nothing() -> Result<()> {
    let each = std::env::var("A2A_STORM").ok().and_then(|each| each.parse().ok()).unwrap_or(1_000);
    storm(8, each, Duration::from_secs(1_800)).await
}

/// So many processes of Alice send so many messages each, while as many of Bob's read; one is killed now and then.
async fn storm(processes: usize, each: usize, patience: Duration) -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    pair.alice.home().lift_limits("bob").await?;
    let (alice, bob) = (pair.alice.home().clone(), pair.bob.home().clone());
    drop((pair.alice, pair.bob));
    let (over, kills) = (AtomicBool::new(false), AtomicU64::new(0));

    let sending = async {
        try_join_all((0..processes).map(|process| send_all(&alice, process, each, &kills))).await?;
        over.store(true, Ordering::SeqCst);
        Ok::<_, anyhow::Error>(())
    };
    let reading = try_join_all((0..processes).map(|process| read_all(&bob, process, &over, &kills)));
    tokio::try_join!(sending, reading)?;
    ensure!(kills.load(Ordering::SeqCst) >= processes as u64, "hardly anything was killed");

    let _alice = alice.session(Owner::Accepts).await?;
    let bob = bob.session(Owner::Accepts).await?;
    let all = processes * each;
    let received = eventually_within(patience, "every message", async || {
        bob.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
        let thread = bob.thread("alice").await?;
        Ok((thread.len() >= all).then_some(thread))
    })
    .await?;
    let mut by_process = BTreeMap::<String, Vec<String>>::new();
    for body in received.iter().map(written) {
        by_process.entry(body[..4].to_owned()).or_default().push(body);
    }
    assert_eq!(received.len(), all, "none twice");
    for (process, bodies) in by_process {
        assert_eq!(bodies.len(), each, "{process}");
        assert!(bodies.is_sorted(), "{process} in its order: {bodies:?}");
    }
    bob.home().cli(&["audit", "--verify"]).await?.ok()?;
    Ok(())
}

/// Sends everything of one process, in order; its process is killed about every twelfth message, at any moment of it.
async fn send_all(home: &Home, process: usize, each: usize, kills: &AtomicU64) -> Result<()> {
    let mut session = start(home).await?;
    for number in 0..each {
        let body = format!("p{process:02}-{number:05}");
        if (number + process) % 12 == 7 {
            kill_soon(&session, (number * 37 + process * 11) as u64 % 60, kills);
        }
        while session.send("bob", &body).await.is_err() {
            if session.is_over() {
                session = start(home).await?;
            }
            if stands(&session, &body).await {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    Ok(())
}

/// Whether a message stands among the last of the thread: a call that was cut off may have written it.
async fn stands(session: &Session, body: &str) -> bool {
    let page = session.call("a2a_read_thread", json!({ "peer": "bob", "limit": 100 })).await;
    page.is_ok_and(|page| page.to_string().contains(body))
}

async fn read_all(home: &Home, process: usize, over: &AtomicBool, kills: &AtomicU64) -> Result<()> {
    let mut session = start(home).await?;
    for round in 0_usize.. {
        if over.load(Ordering::SeqCst) {
            break;
        }
        if (round + process) % 20 == 13 {
            kill_soon(&session, (round * 29) as u64 % 50, kills);
        }
        session.call("a2a_check_inbox", json!({ "unread_only": true, "limit": 5 })).await.ok();
        if session.is_over() {
            session = start(home).await?;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// A process may be killed again while it starts.
async fn start(home: &Home) -> Result<Session> {
    eventually("a sidecar to start", async || Ok(home.session(Owner::Accepts).await.ok())).await
}

fn kill_soon(session: &Session, millis: u64, kills: &AtomicU64) {
    let process = session.process();
    kills.fetch_add(1, Ordering::SeqCst);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        signal("-9", process);
    });
}

fn signal(which: &str, process: u32) {
    Command::new("kill").args([which, &process.to_string()]).stderr(std::process::Stdio::null()).status().ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_are_never_both_given_one_message() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let home = pair.bob.home().clone();
    let (second, third) = (home.session(Owner::Accepts).await?, home.session(Owner::Accepts).await?);
    let over = AtomicBool::new(false);
    let sending = async {
        for number in 0..15 {
            pair.alice.send("bob", &format!("question {number:02}")).await?;
        }
        eventually("everything to be read", async || {
            let me = second.call("a2a_whoami", json!({})).await?;
            Ok((second.home().json(&["thread", "alice"]).await?.to_string().matches("question").count() >= 15
                && me["unread"] == 0)
                .then_some(()))
        })
        .await?;
        over.store(true, Ordering::SeqCst);
        Ok::<_, anyhow::Error>(())
    };
    let ((), given) =
        tokio::try_join!(sending, try_join_all([&pair.bob, &second, &third].map(|session| given(session, &over))))?;
    let all: Vec<&String> = given.iter().flatten().collect();
    let distinct: HashSet<&String> = all.iter().copied().collect();
    assert_eq!(distinct.len(), all.len(), "given twice: {given:?}");
    assert_eq!(all.len(), 15, "{given:?}");
    Ok(())
}

/// The ids that a session is given as unread, until it is over.
async fn given(session: &Session, over: &AtomicBool) -> Result<Vec<String>> {
    let mut given = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let page = session.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
        let ids = page["messages"].as_array().into_iter().flatten();
        given.extend(ids.filter_map(|message| message["message_id"].as_str().map(str::to_owned)));
    }
    Ok(given)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_was_stopped_wakes_and_harms_nothing() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let second = pair.bob.home().session(Owner::Accepts).await?;
    // Bob's first process is stopped in the middle of whatever it does, a send included.
    let sleeper = pair.bob.process();
    let cut_off = tokio::spawn(async move {
        let sent = pair.bob.send("alice", "from the sleeper").await;
        (pair.bob, sent)
    });
    tokio::time::sleep(Duration::from_millis(15)).await;
    stop(sleeper, &second).await?;

    pair.alice.send("bob", "while it sleeps").await?;
    let given = eventually("the other to be given it", async || {
        let page = second.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
        Ok(page["messages"].as_array().and_then(|messages| messages.first().cloned()))
    })
    .await?;
    let reply = json!({ "recipient_id": "alice", "body": "I answer", "reply_to": given["message_id"] });
    second.call("a2a_send_message", reply).await?;
    pair.alice.receives("I answer").await?;

    signal("-CONT", sleeper);
    let (first, sent) = cut_off.await?;
    sent?;
    let unread = first.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
    assert_eq!(unread["messages"], Value::Array(Vec::new()), "it was given to the other");
    pair.alice.receives("from the sleeper").await?;
    first.send("alice", "awake again").await?;
    pair.alice.receives("awake again").await?;
    let bodies: Vec<String> = pair.alice.inbox().await?.iter().map(written).collect();
    for body in ["I answer", "from the sleeper", "awake again"] {
        assert_eq!(bodies.iter().filter(|said| *said == body).count(), 1, "{body}: {bodies:?}");
    }
    first.home().cli(&["audit", "--verify"]).await?.ok()?;
    Ok(())
}

/// Stops a process, but not within a transaction: there it would hold the store, which the others say in words.
async fn stop(process: u32, other: &Session) -> Result<()> {
    eventually("the sleeper to hold nothing", async || {
        signal("-STOP", process);
        match other.home().json(&["audit"]).await {
            Ok(_) if other.call("a2a_check_inbox", json!({ "unread_only": true })).await.is_ok() => Ok(Some(())),
            _ => {
                signal("-CONT", process);
                tokio::time::sleep(Duration::from_millis(7)).await;
                Ok(None)
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_a_newer_program_upgraded_is_left_alone_in_words() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    let store = rusqlite::Connection::open(pair.bob.home().path().join("store.sqlite"))?;
    store.busy_timeout(Duration::from_secs(10))?;
    store.pragma_update(None, "user_version", 99)?;
    let written = |store: &rusqlite::Connection| -> Result<i64> {
        Ok(store
            .query_row("SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM audit)", [], |row| row.get(0))?)
    };
    let before = written(&store)?;
    for (tool, arguments) in [
        ("a2a_check_inbox", json!({ "unread_only": true })),
        ("a2a_send_message", json!({ "recipient_id": "alice", "body": "hello" })),
    ] {
        let words = pair.bob.refused(tool, arguments).await?;
        assert!(words.contains("a newer a2a upgraded the store") && words.contains("Restart"), "{words}");
    }
    let words = pair.bob.home().cli(&["whoami"]).await?.failure()?;
    assert!(words.contains("newer"), "{words}");
    // Mail waits at the relay for the newer program.
    pair.alice.send("bob", "for later").await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(written(&store)?, before, "the older program changed nothing");
    Ok(())
}
