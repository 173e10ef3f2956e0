//! The audit log cannot be changed unseen.

use crate::agent::audit::head::Verdict;
use crate::agent::audit::{Note, check_all, export_in, judge_in, note, verify_file};
use crate::agent::testing::{Side, pair};
use crate::agent::{AuditExport, AuditQuery, AuditReport, Trouble};

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

#[test]
fn entries_that_changed_places_show() {
    let (_alice, bob) = pair(&["message"]);
    tamper(
        &bob,
        "UPDATE audit SET number = 99 WHERE number = 1; UPDATE audit SET number = 1 WHERE number = 2;
         UPDATE audit SET number = 2 WHERE number = 99",
    );
    assert!(bob.act(check_all).is_err() || broken_at(&bob) == Some(1), "rows do not even open in another place");
}

#[test]
fn a_log_that_ends_before_what_the_vault_knows_was_rolled_back() {
    let (alice, mut bob) = pair(&["message"]);
    let head = |side: &Side| side.act(|tx, _| crate::store::audit::head(tx).map_err(Trouble::from)).unwrap();
    let judge = |side: &Side, kept: Option<(u64, [u8; 32])>| {
        let kept = kept.map(|(number, hash)| (number, data_encoding::HEXLOWER.encode(&hash)));
        side.act(|tx, _| judge_in(tx, kept.as_ref())).unwrap()
    };
    let early = head(&bob);
    alice.write("bob", "one").unwrap();
    bob.take_all(&alice.post());
    let late = head(&bob).unwrap();
    assert_eq!(judge(&bob, None), Verdict::Nothing);
    assert_eq!(judge(&bob, early), Verdict::Stands(early.unwrap().0), "an older head still stands");
    assert_eq!(judge(&bob, Some(late)), Verdict::Stands(late.0));
    tamper(&bob, &format!("DELETE FROM audit WHERE number = {}", late.0));
    assert_eq!(broken_at(&bob), None, "what is left fits together");
    assert_eq!(judge(&bob, Some(late)), Verdict::RolledBack(late.0));
    bob.act(|tx, ctx| note(tx, ctx, Note::new("other")).map_err(Trouble::from)).unwrap();
    assert_eq!(judge(&bob, Some(late)), Verdict::RolledBack(late.0), "nor does another entry in its place help");
}

fn export(side: &Side, redacted: bool, peer: Option<&str>) -> Vec<String> {
    let query = AuditQuery { peer: peer.map(str::to_owned), ..AuditQuery::default() };
    side.act(|tx, ctx| export_in(tx, ctx, &AuditExport { query, redacted })).unwrap()
}

fn check(lines: &[String]) -> AuditReport {
    verify_file(&lines.join("\n")).unwrap()
}

#[test]
fn an_export_is_checked_without_the_store_and_every_change_shows() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "one").unwrap();
    bob.take_all(&alice.post());
    for (redacted, peer) in [(false, None), (true, None), (false, Some("alice")), (true, Some("nobody"))] {
        let lines = export(&bob, redacted, peer);
        assert!(check(&lines).is_sound(), "{redacted} {peer:?}: {:?}", check(&lines));
        for at in 0..lines.len() {
            let mut cut = lines.clone();
            cut.remove(at);
            assert!(verify_file(&cut.join("\n")).map_or(true, |report| !report.is_sound()), "cut {at}");
        }
        for at in 1..lines.len() - 1 {
            let mut moved = lines.clone();
            moved.swap(at, at + 1);
            assert!(!check(&moved).is_sound(), "moved {at}");
        }
    }
    bob.act(|tx, ctx| note(tx, ctx, Note::new("action_approved").on([7; 32])).map_err(Trouble::from)).unwrap();
    let full = export(&bob, false, None).join("\n");
    let forged = full.replacen("0707", "0708", 1);
    assert!(forged != full && !verify_file(&forged).unwrap().is_sound(), "what was approved can be exchanged");
    assert!(full.contains("message_received") && full.contains("alice"));
    let forged = full.replacen("message_received", "message_refusedd", 1);
    assert!(!verify_file(&forged).unwrap().is_sound());
    let forged = full.replacen("\"alice\"", "\"carol\"", 1);
    assert!(!verify_file(&forged).unwrap().is_sound());
    assert!(verify_file("").is_err() && verify_file("{}").is_err());
}

#[test]
fn a_redacted_export_names_nobody() {
    let (alice, bob) = pair(&["message"]);
    let redacted = export(&bob, true, None).join("\n");
    assert!(redacted.contains("paired") && !redacted.contains("alice"));
    assert!(!redacted.contains(&alice.me.id().to_string()));
    let others = export(&bob, false, Some("carol")).join("\n");
    assert!(!others.contains("paired") && !others.contains("alice"), "{others}");
}

#[test]
fn an_export_of_somebody_elses_device_does_not_pass_as_ours() {
    let (alice, bob) = pair(&["message"]);
    let (ours, theirs) = (export(&bob, true, None), export(&alice, true, None));
    let mixed: Vec<String> = ours[..1].iter().chain(&theirs[1..]).cloned().collect();
    assert!(!check(&mixed).is_sound());
}
