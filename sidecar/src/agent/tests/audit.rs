//! The audit log cannot be changed unseen.

use crate::agent::audit::check_all;
use crate::agent::testing::{Side, pair};

fn broken_at(side: &Side) -> Option<u64> {
    side.act(check_all).unwrap().broken_at
}

fn tamper(side: &Side, sql: &str) {
    let lifted = "DROP TRIGGER audit_is_append_only_update; DROP TRIGGER audit_is_append_only_delete;";
    side.act(|tx, _| tx.sql.execute_batch(&format!("{lifted}{sql}")).map_err(crate::store::StoreError::from)).unwrap();
}

#[test]
fn decisions_are_noted_and_fit_together() {
    let (_alice, bob) = pair(&["message"]);
    assert!(bob.events().contains(&"paired".into()));
    assert_eq!(broken_at(&bob), None);
}

#[test]
fn a_missing_entry_shows() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "one").unwrap();
    bob.take_all(&alice.post());
    tamper(&bob, "DELETE FROM audit WHERE number = 1");
    assert_eq!(broken_at(&bob), Some(1));
}

#[test]
fn an_entry_with_another_hash_shows() {
    let (_alice, bob) = pair(&["message"]);
    tamper(&bob, "UPDATE audit SET hash = zeroblob(32) WHERE number = 1");
    assert_eq!(broken_at(&bob), Some(1));
}

#[test]
fn an_entry_that_our_device_did_not_sign_shows() {
    let (_alice, bob) = pair(&["message"]);
    tamper(&bob, "UPDATE audit SET signature = zeroblob(64) WHERE number = 1");
    assert_eq!(broken_at(&bob), Some(1));
}
