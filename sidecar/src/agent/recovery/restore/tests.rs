//! Which backups are refused, which epoch a restore takes, and that it touches no home that has anything.

use a2a_proto::keys::Entropy;
use zeroize::Zeroizing;

use super::*;
use crate::agent::ApprovedBy;
use crate::agent::recovery::rotate;
use crate::agent::recovery::sealed::{self, Head};
use crate::agent::testing::pair;
use crate::clock::ManualClock;
use crate::keys::memory::MemoryVault;
use crate::paths::Home;
use crate::store::tasks;

/// A machine with an identity of its own.
struct Machine {
    folder: tempfile::TempDir,
    config: AgentConfig,
}

impl Machine {
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = AgentConfig {
            home: Home::at(folder.path().join("home")),
            vault: Arc::new(MemoryVault::default()),
            clock: Arc::new(ManualClock::at(Timestamp::from_millis(1_800_000_000_000))),
            default_relay: None,
            argon2_mib: crate::keys::MINIMUM_MEMORY_MIB,
        };
        Self { folder, config }
    }

    fn of(name: &str) -> Self {
        let machine = Self::empty();
        register::create_identity(&machine.config, name).unwrap();
        machine
    }

    fn words(&self) -> Entropy {
        device::entropy(&self.record()).unwrap()
    }

    fn record(&self) -> IdentityRecord {
        let core = Core::open(&self.config).unwrap();
        core.store.write_blocking(identity::load).unwrap().unwrap()
    }

    fn epoch(&self) -> u32 {
        device::certificate(&self.record()).unwrap().epoch()
    }

    /// A backup as the command writes it.
    async fn backup(&self) -> PathBuf {
        let core = Arc::new(Core::open(&self.config).unwrap());
        let path = self.folder.path().join("backup");
        backup::make(&self.config, &core, path, ApprovedBy::TERMINAL).await.unwrap().path
    }

    /// The inside of such a backup, and where it is written again after a change.
    async fn opened(&self) -> (PathBuf, Inside) {
        let path = self.backup().await;
        let inside = backup::read(&path, &self.words()).unwrap();
        (path, inside)
    }

    async fn plan(&self, path: &std::path::Path, words: Entropy) -> Result<RestorePlan, RecoveryError> {
        plan(&self.config, RestoreSource::Backup(path.to_path_buf()), words).await
    }

    fn is_untouched(&self) -> bool {
        !self.config.home.folder().exists()
    }
}

#[tokio::test]
async fn other_words_open_nothing_and_leave_no_trace() {
    let (alice, fresh) = (Machine::of("Alice"), Machine::empty());
    let path = alice.backup().await;
    let refused = fresh.plan(&path, Entropy::from_bytes([7; 32])).await;
    assert!(matches!(refused, Err(RecoveryError::WrongWords)), "{refused:?}");
    assert!(fresh.is_untouched());
    assert!(fresh.plan(&path, alice.words()).await.is_ok());
}

/// Whoever can write such a file has the words; still nobody shall speak as one identity out of the store of another.
#[tokio::test]
async fn a_backup_of_another_identity_is_damaged() {
    let (alice, bob, fresh) = (Machine::of("Alice"), Machine::of("Bob"), Machine::empty());
    let (path, of_alice) = alice.opened().await;
    let (_, of_bob) = bob.opened().await;
    let words = alice.words();
    let forgeries = [
        Inside { head: of_bob.head.clone(), key: of_alice.key.clone(), store: of_alice.store.clone() },
        Inside { head: of_alice.head.clone(), key: of_bob.key.clone(), store: of_bob.store.clone() },
        Inside { head: of_bob.head.clone(), key: of_bob.key.clone(), store: of_bob.store.clone() },
        Inside { head: of_alice.head.clone(), key: Zeroizing::new([9; 32]), store: of_alice.store.clone() },
    ];
    for (number, forged) in forgeries.iter().enumerate() {
        std::fs::write(&path, sealed::seal(&words.backup_key(), forged).unwrap()).unwrap();
        let refused = fresh.plan(&path, words.clone()).await;
        assert!(refused.is_err(), "forgery {number}: {refused:?}");
        assert!(number == 3 || matches!(refused, Err(RecoveryError::Damaged)), "forgery {number}: {refused:?}");
        assert!(fresh.is_untouched());
    }
}

#[tokio::test]
async fn a_home_with_any_trace_of_an_identity_is_not_touched() {
    let (alice, bob) = (Machine::of("Alice"), Machine::of("Bob"));
    let path = alice.backup().await;
    let refused = bob.plan(&path, alice.words()).await;
    assert!(matches!(refused, Err(RecoveryError::Occupied { .. })), "{refused:?}");
    // One that got an identity while its owner was asked is looked at again.
    let late = Machine::empty();
    let plan = late.plan(&path, alice.words()).await.unwrap();
    register::create_identity(&late.config, "Carol").unwrap();
    let theirs = late.record();
    assert!(matches!(write_down(&late.config, &plan), Err(RecoveryError::Occupied { .. })));
    assert_eq!(late.record().certificate, theirs.certificate);
}

#[tokio::test]
async fn an_old_backup_comes_back_above_every_device_that_is_known() {
    let alice = Machine::of("Alice");
    let path = alice.backup().await;
    for (shown_by_relay, expected) in [(0, 2), (1, 2), (7, 8)] {
        let fresh = Machine::empty();
        let mut plan = fresh.plan(&path, alice.words()).await.unwrap();
        plan.standing.epoch = shown_by_relay;
        write_down(&fresh.config, &plan).unwrap();
        assert_eq!(fresh.epoch(), expected, "the relay shows {shown_by_relay}");
        assert_ne!(fresh.record().device, alice.record().device, "the device came out of the backup");
    }
    // A backup made by a later device counts, too.
    let (_, inside) = alice.opened().await;
    let late = Inside { head: Head { epoch: 5, ..inside.head }, ..inside };
    std::fs::write(&path, sealed::seal(&alice.words().backup_key(), &late).unwrap()).unwrap();
    let fresh = Machine::empty();
    write_down(&fresh.config, &fresh.plan(&path, alice.words()).await.unwrap()).unwrap();
    assert_eq!(fresh.epoch(), 6);
}

/// The relay was away when the epoch was chosen, and knows a device of a higher one.
#[tokio::test]
async fn a_refused_epoch_is_raised_under_the_words() {
    let machine = Machine::of("Alice");
    let device = machine.record().device;
    let core = Arc::new(Core::open(&machine.config).unwrap());
    raise(&core).await.unwrap();
    assert_eq!(machine.epoch(), 2);
    assert_eq!(machine.record().device, device, "the device stays");
    assert!(core.is_outdated().await, "who holds the old certificate goes on with it");
    let noted = core.write(|tx, ctx| audit::note(tx, ctx, Note::new("by_the_old_one")).map_err(Trouble::from)).await;
    assert!(noted.is_err(), "a process that holds the old certificate wrote");
}

#[tokio::test]
async fn a_backup_replaces_a_backup_and_no_other_file() {
    let alice = Machine::of("Alice");
    let core = Arc::new(Core::open(&alice.config).unwrap());
    let picture = alice.folder.path().join("holiday.jpg");
    std::fs::write(&picture, "a picture of a beach").unwrap();
    let refused = backup::make(&alice.config, &core, picture.clone(), ApprovedBy::TERMINAL).await;
    assert!(matches!(refused, Err(RecoveryError::OtherFile)), "{refused:?}");
    assert_eq!(std::fs::read(picture).unwrap(), b"a picture of a beach");
    alice.backup().await;
    alice.backup().await;
}

#[tokio::test]
async fn the_identitys_secret_is_taken_off_and_brought_back_by_its_own_words_only() {
    let alice = Machine::of("Alice");
    let (words, others) = (alice.words(), Entropy::from_bytes([7; 32]));
    let core = Arc::new(Core::open(&alice.config).unwrap());
    let refused = rotate::offline(&core, others.clone()).await;
    assert!(matches!(refused, Err(RecoveryError::OtherWords)), "{refused:?}");
    assert!(device::entropy(&alice.record()).is_some());
    rotate::offline(&core, words.clone()).await.unwrap();
    assert!(device::entropy(&alice.record()).is_none(), "the secret is still here");
    for (given, epoch) in [(None, 1), (Some(others.clone()), 1), (Some(words.clone()), 2)] {
        let core = Arc::new(Core::open(&alice.config).unwrap());
        assert_eq!(rotate::rotate(&core, given).await.is_ok(), epoch == 2);
        assert_eq!(alice.epoch(), epoch);
    }
    let core = Arc::new(Core::open(&alice.config).unwrap());
    assert!(rotate::online(&core, others).await.is_err());
    assert!(device::entropy(&alice.record()).is_none());
    rotate::online(&core, words).await.unwrap();
    assert!(device::entropy(&alice.record()).is_some());
}

#[test]
fn every_pair_begins_anew_and_nobody_else() {
    let (alice, _bob) = pair(&["message"]);
    let record = alice.act(|tx, _| identity::load(tx).map_err(Trouble::from)).unwrap().unwrap();
    let entropy = device::entropy(&record).unwrap();
    let key = alice.peer("bob").key;
    let plan = RestorePlan {
        view: RestoreView {
            agent_id: entropy.root_key().agent_id(),
            display_name: "Alice".into(),
            relay: record.relay.clone(),
            backup: None,
            is_kept: false,
            retires: None,
            relay_away: None,
        },
        relay: record.relay,
        entropy,
        inside: None,
        standing: Standing { epoch: 1, ..Standing::default() },
    };
    let begins_anew = |side: &crate::agent::testing::Side| {
        side.act(|tx, _| tasks::waits(tx, &Task::Reset(key, None)).map_err(Trouble::from)).unwrap()
    };
    alice.act(|tx, ctx| take_over(tx, &plan, ctx.now)).unwrap();
    assert!(begins_anew(&alice), "the peer is not told");
    assert!(alice.events().contains(&"restored".into()));

    let (alice, _bob) = pair(&["message"]);
    let mut peer = alice.peer("bob");
    peer.state = PeerState::Revoked;
    alice.act(|tx, _| peers::update(tx, &peer).map_err(Trouble::from)).unwrap();
    let record = alice.act(|tx, _| identity::load(tx).map_err(Trouble::from)).unwrap().unwrap();
    let plan = RestorePlan { entropy: device::entropy(&record).unwrap(), ..plan };
    alice.act(|tx, ctx| take_over(tx, &plan, ctx.now)).unwrap();
    assert!(!begins_anew(&alice), "an ended pair is begun anew");
}
