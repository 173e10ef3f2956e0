//! Comparing safety words, and when that no longer counts.

use crate::agent::me::words;
use crate::agent::testing::{Side, pair};
use crate::agent::verify::{note, six};
use crate::agent::{ApprovedBy, VerifyError};

fn verify(side: &Side, peer: &str, typed: &str) -> Result<String, VerifyError> {
    let typed = six(typed)?;
    side.act(|tx, ctx| note(tx, ctx, peer, &typed, ApprovedBy::TERMINAL))?
}

#[test]
fn only_the_peers_own_words_verify_it() {
    let (alice, bob) = pair(&["message"]);
    let (hers, his) = (words(alice.me.id()).join(" "), words(bob.me.id()).join(" "));
    assert!(matches!(verify(&bob, "alice", &his), Err(VerifyError::OtherWords { .. })));
    assert!(matches!(verify(&bob, "alice", "one two three"), Err(VerifyError::NotSixWords)));
    assert!(matches!(verify(&bob, "carol", &hers), Err(VerifyError::UnknownPeer)));
    assert_eq!(bob.peer("alice").record.verified_at, None);
    assert_eq!(bob.events().iter().filter(|event| *event == "verify_failed").count(), 1);
    let spoken = hers.to_uppercase().replace(' ', ", ");
    assert_eq!(verify(&bob, "alice", &spoken).unwrap(), "alice");
    assert!(bob.peer("alice").record.verified_at.is_some());
}
