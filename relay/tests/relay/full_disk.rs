//! A full disk: deposits are refused and may come again; what was accepted can be collected and acknowledged.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use reqwest::StatusCode;

use crate::durability::expect_each_once;
use crate::process::Process;
use crate::support::*;

/// A small file system of its own; gone with it.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Nothing where this user may not mount.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", "size=40m", "tmpfs"], folder.path());
        if !mounted {
            assert!(std::env::var("CI").is_err(), "skipped in CI: a full disk (mounting a small one is not permitted)");
            eprintln!("skipped: a full disk (mounting a small one is not permitted)");
            return None;
        }
        Some(Self { folder })
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let output = Command::new("mount").args(arguments).arg(folder).output();
    output.is_ok_and(|output| output.status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_takes_no_deposits_and_gives_back_what_it_has() {
    let Some(disk) = SmallDisk::mount() else { return };
    let home = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", disk.folder.path().join("relay.db").display());
    let mut relay = Process::start(home.path(), &["--registration", "open", "--store", &store]);
    let mut owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let accepted = fill(&relay, &lane).await;
    assert!(accepted.len() > 50, "only {} fitted", accepted.len());
    // Killed and started again on the full disk, it is no worse.
    relay.kill();
    relay.restart(home.path());
    owner.sign_in(&relay).await;
    expect_each_once(&owner, &relay, &accepted).await;
    let last = drain(&owner, &relay).await;
    assert!(last >= accepted.len() as u64);
    // There is room again, and deposits are taken without a restart.
    while relay.deposited(&lane, &envelope(7)).await != StatusCode::ACCEPTED {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(owner.collect(&relay, "").await.items.len(), 1);
}

/// Deposits envelopes of the largest size until the disk is full; gives back what was accepted.
async fn fill(relay: &Process, lane: &HeldLane) -> Vec<Vec<u8>> {
    let mut accepted = Vec::new();
    for number in 0_u32.. {
        let mut envelope = envelope_of(64 * 1024, number);
        envelope[16..32].copy_from_slice(lane.id.as_bytes());
        let answer = relay.deposit(lane, envelope_id(), &envelope).send().await.unwrap();
        match answer.status() {
            StatusCode::ACCEPTED => accepted.push(envelope),
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!(answer.headers().contains_key("retry-after"));
                break;
            }
            other => panic!("{other}"),
        }
    }
    accepted
}

fn envelope_of(size: usize, number: u32) -> Vec<u8> {
    let mut large = envelope(1);
    large.resize(size, 1);
    large[8..12].copy_from_slice(&number.to_be_bytes());
    large
}

/// Collects and acknowledges batch by batch until nothing is left.
async fn drain(owner: &Owner, relay: &Process) -> u64 {
    let mut last = 0;
    loop {
        let batch = owner.collect(relay, "limit=20").await;
        let Some(end) = batch.items.last() else { return last };
        last = end.sequence;
        assert_eq!(owner.acknowledge(relay, last).await, StatusCode::NO_CONTENT);
    }
}
