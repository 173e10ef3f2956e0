//! Messages with files: they go after their files, and the other side knows what to fetch.

use a2a_proto::attachment::AttachmentKey;
use a2a_proto::content::Attachment;

use crate::agent::attachments::Prepared;
use crate::agent::mail::send;
use crate::agent::testing::{Side, pair};
use crate::agent::{AttachmentState, Draft, OutgoingFile, SendError, Trouble};
use crate::store::attachments::{self, FileState};
use crate::store::outbox;

fn file(name: &str, size: u64) -> OutgoingFile {
    let key = AttachmentKey::from_bytes([size as u8; 32]);
    let attachment = Attachment { name: name.into(), size, digest: [1; 32], key };
    OutgoingFile { path: name.into(), ready: Some(Prepared { attachment, spool: name.into(), found: Vec::new() }) }
}

fn write(side: &Side, files: Vec<OutgoingFile>) -> Result<send::Written, SendError> {
    let draft = Draft { recipient: "bob".into(), attachments: files, ..Draft::default() };
    side.act(|tx, ctx| send::write_down(tx, ctx, draft))
}

/// As if the peer's relay had every chunk.
fn uploaded(side: &Side) {
    side.act(|tx, ctx| {
        for mut file in attachments::due(tx, FileState::Sending, ctx.now, 100)? {
            file.state = FileState::Sent;
            attachments::update(tx, &file)?;
        }
        Ok::<_, Trouble>(())
    })
    .unwrap();
}

#[test]
fn a_message_waits_for_its_files_and_later_mail_for_it() {
    let (alice, mut bob) = pair(&["message"]);
    write(&alice, vec![file("a.txt", 10), file("b.bin", 3_000_000)]).unwrap();
    alice.write("bob", "after it").unwrap();
    let leased = |side: &Side| {
        let until = side.now.plus(std::time::Duration::from_secs(1));
        side.act(|tx, ctx| outbox::lease(tx, &[7; 16], ctx.now, until, None).map_err(Trouble::from)).unwrap().len()
    };
    assert_eq!(leased(&alice), 0, "its files are not there yet");
    assert_eq!(alice.views("bob")[0].attachments[0].state, AttachmentState::Sending);
    uploaded(&alice);
    bob.take_all(&alice.post());
    assert_eq!(bob.thread("alice").len(), 2);
    let shown = bob.views("alice").remove(0);
    let states: Vec<_> = shown.attachments.iter().map(|file| (file.size, file.state)).collect();
    // What is small is fetched by itself; the rest when somebody asks.
    assert_eq!(states, [(10, AttachmentState::Fetching), (3_000_000, AttachmentState::NotFetched)]);
    assert_eq!(shown.attachments[0].name.expose_to_present(), "a.txt");
    assert!(shown.attachments.iter().all(|file| file.path.is_none()));
}

#[test]
fn files_of_a_message_that_will_not_go_are_not_sent() {
    let (alice, _bob) = pair(&["message"]);
    let written = write(&alice, vec![file("a.txt", 10)]).unwrap();
    let due = |side: &Side| {
        side.act(|tx, ctx| attachments::due(tx, FileState::Sending, ctx.now, 9).map_err(Trouble::from)).unwrap().len()
    };
    assert_eq!(due(&alice), 1);
    let message = alice.thread("bob").remove(0);
    assert_eq!(message.message_id, written.message_id);
    alice.act(|tx, _| outbox::drop_message(tx, message.id).map_err(Trouble::from)).unwrap();
    assert_eq!(due(&alice), 0);
}

#[test]
fn a_file_that_was_not_sealed_is_never_said() {
    let (alice, _bob) = pair(&["message"]);
    let unsealed = OutgoingFile::from(std::path::PathBuf::from("/etc/passwd"));
    assert!(write(&alice, vec![unsealed]).is_err());
    assert!(alice.post().is_empty());
}
