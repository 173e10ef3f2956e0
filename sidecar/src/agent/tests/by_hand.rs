//! What the owner does by hand at a face of his own: files handed over, recovery rehearsed.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::pin::Pin as Pinned;
use std::sync::Arc;
use std::task::{Context, Poll};

use a2a_proto::card::Capability;
use tokio::io::{AsyncRead, ReadBuf};

use crate::agent::core::Core;
use crate::agent::mail::inbox;
use crate::agent::me::Ctx;
use crate::agent::owner::pin;
use crate::agent::recovery::{backup, rehearsal, rotate, words};
use crate::agent::{
    AgentConfig, ApprovedBy, AttachError, Handover, InboxQuery, MarkRead, NoticeKind, OwnerError, Pin, RecoveryError,
    Word, audit, card, device, notices, register,
};
use crate::clock::SystemClock;
use crate::keys::memory::MemoryVault;
use crate::paths::Home;
use crate::store::{Tx, identity};

/// A machine with an identity and no relay.
struct Machine {
    folder: tempfile::TempDir,
    config: AgentConfig,
    core: Arc<Core>,
}

impl Machine {
    fn of(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = AgentConfig {
            home: Home::at(folder.path().join("home")),
            vault: Arc::new(MemoryVault::default()),
            clock: Arc::new(SystemClock),
            default_relay: None,
            argon2_mib: crate::keys::MINIMUM_MEMORY_MIB,
        };
        register::create_identity(&config, name).unwrap();
        let core = Arc::new(Core::open(&config).unwrap());
        Self { folder, config, core }
    }

    async fn with_pin(name: &str) -> Self {
        let machine = Self::of(name);
        pin::set(&machine.core, Pin::new("748392".to_owned()), Word::at_terminal(None)).await.unwrap();
        machine
    }

    fn words(&self) -> Vec<String> {
        let record = self.core.store.write_blocking(identity::load).unwrap().unwrap();
        device::entropy(&record).unwrap().to_words().split(' ').map(str::to_owned).collect()
    }

    /// These words of ours at their places.
    fn at(&self, places: &[usize]) -> BTreeMap<usize, String> {
        let words = self.words();
        places.iter().map(|place| (*place, words[place - 1].clone())).collect()
    }

    async fn backup(&self) -> Vec<u8> {
        let path = self.folder.path().join("backup");
        backup::make(&self.config, &self.core, path.clone(), ApprovedBy::TERMINAL).await.unwrap();
        std::fs::read(path).unwrap()
    }

    async fn rehearse(&self, file: &[u8]) -> Result<crate::agent::BackupView, RecoveryError> {
        rehearsal::backup(&self.core, self.config.home.folder(), file, page()).await
    }

    fn sealed(&self) -> Vec<Vec<u8>> {
        let Ok(entries) = std::fs::read_dir(&self.core.outgoing) else { return Vec::new() };
        entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
    }

    async fn decisions(&self) -> Vec<String> {
        let entries = audit::list(&self.core, crate::agent::AuditQuery::default()).await.unwrap();
        entries.into_iter().map(|entry| format!("{} {}", entry.event, entry.detail.unwrap_or_default())).collect()
    }
}

fn page() -> Word {
    Word::on_page(None)
}

fn typed_pin(pin: &str) -> Word {
    Word::on_page(Some(Pin::new(pin.to_owned())))
}

/// Some bytes, and then the other end is gone.
struct Broken(&'static [u8]);

impl AsyncRead for Broken {
    fn poll_read(mut self: Pinned<&mut Self>, _: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.0.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        to.put_slice(std::mem::take(&mut self.0));
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_file_that_is_handed_over_is_sealed_and_needs_no_folder() {
    let alice = Machine::of("Alice");
    let mut handover = Handover::begin(Arc::clone(&alice.core), page()).await.unwrap();
    let text = format!("plans of the bridge\ntoken ghp_{}", "q7Zk2mP9xW4rT1vB8nL3".repeat(2));
    handover.take("C:\\papers\\plan.txt", text.as_bytes()).await.unwrap();
    handover.take("/home/alice/.profile", &b"another"[..]).await.unwrap();
    let files = handover.finish().await.unwrap();
    let names: Vec<_> = files.iter().map(|file| file.ready.as_ref().unwrap().attachment.name.as_str()).collect();
    assert_eq!(names, ["plan.txt", ".profile"]);
    assert_eq!(files[0].ready.as_ref().unwrap().attachment.size, text.len() as u64);
    assert!(!files[0].ready.as_ref().unwrap().found.is_empty(), "the guard looked into it");
    let sealed = alice.sealed();
    assert_eq!(sealed.len(), 2, "nothing but the sealed copies is left");
    assert!(!sealed.iter().any(|file| file.windows(5).any(|window| window == b"plans")));
    assert!(alice.decisions().await.contains(&"files_handed_over plan.txt, .profile".to_owned()));
    crate::agent::attachments::forget_sealed(&alice.core, &files);
    assert!(alice.sealed().is_empty());
}

#[tokio::test]
async fn what_does_not_come_whole_or_is_not_used_leaves_nothing() {
    let alice = Machine::of("Alice");
    let mut handover = Handover::begin(Arc::clone(&alice.core), page()).await.unwrap();
    handover.take("a.txt", &b"whole"[..]).await.unwrap();
    let broken = handover.take("b.txt", Broken(b"half of")).await;
    assert!(matches!(broken, Err(AttachError::Interrupted { .. })), "{broken:?}");
    let empty = handover.take("c.txt", &b""[..]).await;
    assert!(matches!(empty, Err(AttachError::EmptyFile { .. })), "{empty:?}");
    for name in ["", "/", "a\nb"] {
        assert!(matches!(handover.take(name, &b"x"[..]).await, Err(AttachError::BadName { .. })), "{name:?}");
    }
    assert_eq!(alice.sealed().len(), 1);
    drop(handover);
    assert!(alice.sealed().is_empty(), "and what came whole went with the rest");
}

#[tokio::test]
async fn one_message_carries_so_many_files_and_no_more() {
    let alice = Machine::of("Alice");
    let mut handover = Handover::begin(Arc::clone(&alice.core), page()).await.unwrap();
    for number in 0..a2a_proto::limits::MAX_ATTACHMENTS {
        handover.take(&format!("{number}.txt"), &b"x"[..]).await.unwrap();
    }
    assert!(matches!(handover.take("more.txt", &b"x"[..]).await, Err(AttachError::TooMany { .. })));
}

#[tokio::test]
async fn with_a_pin_handing_over_takes_it() {
    let alice = Machine::with_pin("Alice").await;
    let begin = |word| Handover::begin(Arc::clone(&alice.core), word);
    assert!(matches!(begin(page()).await, Err(AttachError::Owner(OwnerError::PinNeeded))));
    assert!(matches!(begin(typed_pin("000001")).await, Err(AttachError::Owner(OwnerError::WrongPin { .. }))));
    assert!(matches!(begin(Word::by_form()).await, Err(AttachError::Owner(OwnerError::FormDoesNotCount))));
    assert!(begin(typed_pin("748392")).await.is_ok());
}

#[tokio::test]
async fn the_words_that_stand_on_paper_are_told_from_others() {
    let alice = Machine::of("Alice");
    let kept = |core: &Arc<Core>| {
        core.store
            .write_blocking(|tx| words::state(tx, a2a_proto::time::Timestamp::from_millis(0)))
            .unwrap()
            .words_kept_at
    };
    let right = alice.at(&[2, 11, 24]);
    let mut wrong = right.clone();
    wrong.insert(11, alice.words()[11].clone() + "x");
    for typed in [wrong, alice.at(&[2, 11]), BTreeMap::new()] {
        let refused = rehearsal::words(&alice.core, typed, page()).await;
        assert!(matches!(refused, Err(RecoveryError::WordsDoNotFit)), "{refused:?}");
    }
    assert_eq!(kept(&alice.core), None);
    rehearsal::words(&alice.core, right, page()).await.unwrap();
    assert!(kept(&alice.core).is_some());
    let decisions = alice.decisions().await;
    assert!(decisions.contains(&"recovery_rehearsed the words".to_owned()), "{decisions:?}");
    assert!(
        !decisions.iter().any(|entry| entry.split(' ').any(|word| alice.at(&[2, 11, 24]).values().any(|w| w == word)))
    );
}

#[tokio::test]
async fn words_that_are_kept_off_the_computer_cannot_be_compared_with() {
    let alice = Machine::of("Alice");
    let right = alice.at(&[1, 2, 3]);
    let entropy = a2a_proto::keys::Entropy::from_words(&alice.words().join(" ")).unwrap();
    rotate::offline(&alice.core, entropy).await.unwrap();
    let refused = rehearsal::words(&alice.core, right, page()).await;
    assert!(matches!(refused, Err(RecoveryError::Offline)), "{refused:?}");
    assert!(matches!(alice.rehearse(b"a2a backup 1").await, Err(RecoveryError::Offline)));
}

#[tokio::test]
async fn a_backup_opens_by_our_words_and_nobody_elses_does() {
    let (alice, bob) = (Machine::of("Alice"), Machine::of("Bob"));
    let file = alice.backup().await;
    let seen = alice.rehearse(&file).await.unwrap();
    assert_eq!((seen.display_name.as_str(), seen.messages), ("Alice", 0));
    assert!(matches!(bob.rehearse(&file).await, Err(RecoveryError::ForeignBackup)));
    assert!(matches!(alice.rehearse(b"a holiday picture").await, Err(RecoveryError::NotABackup)));
    let mut damaged = file.clone();
    damaged[200] ^= 1;
    assert!(matches!(alice.rehearse(&damaged).await, Err(RecoveryError::Damaged)));
    for machine in [&alice, &bob] {
        assert!(left_over(machine.config.home.folder()).is_empty());
    }
}

#[tokio::test]
async fn with_a_pin_rehearsing_takes_it() {
    let alice = Machine::with_pin("Alice").await;
    let (file, right) = (alice.backup().await, alice.at(&[1, 2, 3]));
    assert!(matches!(alice.rehearse(&file).await, Err(RecoveryError::Owner(OwnerError::PinNeeded))));
    let refused = rehearsal::words(&alice.core, right.clone(), page()).await;
    assert!(matches!(refused, Err(RecoveryError::Owner(OwnerError::PinNeeded))));
    rehearsal::words(&alice.core, right, typed_pin("748392")).await.unwrap();
    let home = alice.config.home.folder();
    rehearsal::backup(&alice.core, home, &file[..], typed_pin("748392")).await.unwrap();
}

fn left_over(home: &Path) -> Vec<String> {
    let names = std::fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(".rehearsal-")).collect()
}

#[tokio::test]
async fn whoever_sets_or_removes_a_pin_the_owner_is_told() {
    let machine = Machine::with_pin("Alice").await;
    let told = || {
        let waiting = machine.core.store.write_blocking(notices::waiting).unwrap();
        waiting.into_iter().map(|(_, notice)| notice.text).collect::<String>()
    };
    assert!(told().contains("A PIN was set at a terminal"), "{}", told());
    pin::remove(&machine.core, Word::at_terminal(Some(Pin::new("748392".to_owned())))).await.unwrap();
    assert!(told().contains("The PIN was removed"), "{}", told());
}

#[tokio::test]
async fn many_notices_come_page_by_page_security_first_and_stay_until_they_were_shown() {
    let Machine { core, folder: _folder, .. } = Machine::of("Alice");
    let tell = |tx: &Tx<'_>, ctx: Ctx<'_>| {
        for gap in 0..300 {
            notices::tell(tx, ctx, &format!("gap {gap}"), NoticeKind::Gap, "Mail is missing.")?;
        }
        notices::tell(tx, ctx, "log", NoticeKind::Security, "Look at this.")
    };
    core.write(tell).await.unwrap();
    let shown = async || inbox::page(&core, InboxQuery::default(), MarkRead(true)).await.unwrap().notices;
    let waiting = || core.store.write_blocking(notices::waiting).unwrap().len();
    let first = shown().await;
    assert_eq!((first.len(), first[0].kind, waiting()), (20, NoticeKind::Security, 301));
    // A process that ends before it could show them: the next one shows them.
    drop(core.take_told());
    inbox::mark_shown(&core).await.unwrap();
    assert_eq!(shown().await, first);
    inbox::mark_shown(&core).await.unwrap();
    assert_eq!(waiting(), 281);
    let next = shown().await;
    assert!(next.len() == 20 && next.iter().all(|notice| notice.kind == NoticeKind::Gap), "{next:?}");
    // What took a notice's place meanwhile was not shown.
    let later = |tx: &Tx<'_>, ctx: Ctx<'_>| {
        let ctx = Ctx { now: ctx.now.plus(std::time::Duration::from_secs(1)), ..ctx };
        let (key, _) = notices::page(tx)?.swap_remove(0);
        notices::tell(tx, ctx, &key, NoticeKind::Gap, "More mail is missing.")
    };
    core.write(later).await.unwrap();
    inbox::mark_shown(&core).await.unwrap();
    assert_eq!(waiting(), 262);
}

#[test]
fn no_secret_goes_out_on_a_card() {
    let machine = Machine::of("Alice");
    let token = format!("ghp_{}", "q7Zk2mP9xW4rT1vB8nL3".repeat(2));
    let said = |title: &str, description: &str, schema: &str| {
        let (title, description) = (title.to_owned(), description.to_owned());
        let capability = Capability { id: "chat".into(), title, description, schema: Some(schema.to_owned()) };
        card::check(&machine.core, &[capability]).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let schema = format!(r#"{{"description":"{token}"}}"#);
    for refused in [said(&token, "", "{}"), said("Chat", &token, "{}"), said("Chat", "", &schema)] {
        assert!(refused.contains("looks like a secret") && !refused.contains(&token), "{refused}");
    }
    assert!(!said("Chat", "Talks", "{}").contains("secret"));
}
