//! The guard between two sides without a network: what is stopped, what is said of it, what goes on.

use std::time::Duration;

use a2a_proto::attachment::AttachmentKey;
use a2a_proto::content::Attachment;

use super::settings::Settings;
use super::{Passed, Stop, approved, decide, pass_in};
use crate::agent::attachments::Prepared;
use crate::agent::consent::{Action, PendingRecord};
use crate::agent::me::Asker;
use crate::agent::testing::{Side, pair};
use crate::agent::{DetailValue, Draft, Hand, Limits, OutgoingFile, PendingAction, Rule, SendError, Trouble};
use crate::keys::{MINIMUM_MEMORY_MIB, PinCost};
use crate::store::SecretBlob;
use crate::store::budget;
use crate::store::pending::{self, Stage, Stored};
use crate::store::pin::PinRecord;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn draft(to: &str, body: &str) -> Draft {
    Draft { recipient: to.into(), body: body.into(), ..Draft::default() }
}

fn by_hand(to: &str, body: &str) -> Draft {
    Draft { hand: Hand::Owner, ..draft(to, body) }
}

/// A secret, made here so that none stands in the repository.
fn token() -> String {
    format!("ghp_{}", "q7Zk2mP9xW4rT1vB8nL3".repeat(2))
}

impl Side {
    fn pass(&self, draft: Draft) -> Result<Passed, SendError> {
        self.act(|tx, ctx| decide(tx, ctx, draft)).unwrap()
    }

    fn sends(&self, draft: Draft) {
        assert!(matches!(self.pass(draft), Ok(Passed::Written(_))));
    }

    fn waits(&self, draft: Draft) -> PendingAction {
        let Ok(Passed::Waits(action)) = self.pass(draft) else { panic!("it did not wait") };
        action
    }

    fn refused(&self, draft: Draft) -> SendError {
        let Err(error) = self.pass(draft) else { panic!("it was not refused") };
        error
    }

    fn asked(&self, id: &str) -> Stored<PendingRecord> {
        self.act(|tx, _| pending::find(tx, id).map_err(Trouble::from)).unwrap().unwrap()
    }

    /// The owner says yes, or no.
    fn decides(&self, id: &str, stage: Stage) {
        let stored = Stored { stage, ..self.asked(id) };
        self.act(|tx, _| pending::update(tx, &stored).map_err(Trouble::from)).unwrap();
    }

    fn set(&self, peer: &str, settings: &Settings) {
        let key = self.peer(peer).key;
        self.act(|tx, _| budget::set(tx, key, settings).map_err(Trouble::from)).unwrap();
    }

    fn rule(&self, peer: &str, scope: Option<&str>, rule: Rule) {
        let rules = vec![(scope.map(|scope| scope.parse().unwrap()), rule)];
        self.set(peer, &Settings { rules, ..Settings::default() });
    }
}

fn shown(action: &PendingAction) -> String {
    let text = |value: &DetailValue| match value {
        DetailValue::Ours(text) => text.clone(),
        DetailValue::Own(text) | DetailValue::Theirs(text) => text.expose_to_present().to_owned(),
    };
    action.details.iter().map(|detail| format!("{}: {}\n", detail.label, text(&detail.value))).collect()
}

/// Alice, paired with Bob and with Carol.
fn three() -> (Side, Side, Side) {
    let (mut alice, bob) = pair(&["message"]);
    let mut carol = Side::new("Carol");
    alice.accept(&carol, carol.invite(&["message"]));
    carol.take_all(&alice.post());
    carol.do_tasks();
    alice.take_all(&carol.post());
    (alice, bob, carol)
}

#[test]
fn a_secret_waits_for_the_owner_and_is_shown_masked() {
    let (alice, _) = pair(&["message"]);
    let body = format!("the token is {} today", token());
    let action = alice.waits(draft("bob", &body));
    assert!(alice.bodies("bob").is_empty(), "nothing was written");
    let shown = shown(&action);
    for word in ["bob", "a GitHub token", "ghp_…", "44 characters", "today"] {
        assert!(shown.contains(word), "no {word:?} in {shown}");
    }
    assert!(!shown.contains(&token()[8..16]), "{shown}");
    assert_eq!(alice.waits(draft("bob", &body)).id, action.id, "the same message is the same question");
    assert!(alice.events().contains(&"send_stopped".to_owned()));
    // Who writes by hand is asked too.
    alice.waits(by_hand("bob", &format!("{body}!")));
}

#[test]
fn the_audit_log_and_what_is_printed_keep_the_secret() {
    let (alice, _) = pair(&["message"]);
    let action = alice.waits(draft("bob", &token()));
    let stored = alice.asked(&action.id);
    let printed = format!("{:?}{action:?}", stored.record.action);
    assert!(!printed.contains(&token()[8..16]), "{printed}");
    let log = alice.act(|tx, _| crate::store::audit::page(tx, 0, 1_000).map_err(Trouble::from)).unwrap();
    assert!(log.iter().all(|row| !String::from_utf8_lossy(&row.plain).contains("ghp_")));
}

#[test]
fn what_was_approved_is_sent_once() {
    let (alice, _) = pair(&["message"]);
    let action = alice.waits(draft("bob", &token()));
    let sent = alice.act(|tx, ctx| approved(tx, ctx, pending::find(tx, &action.id)?.unwrap())).unwrap();
    let again = alice.act(|tx, ctx| approved(tx, ctx, pending::find(tx, &action.id)?.unwrap())).unwrap();
    assert_eq!(sent, again, "a second process finds that it was sent");
    let Ok(Passed::Written(claimed)) = alice.pass(draft("bob", &token())) else { panic!("it was approved") };
    assert_eq!(claimed.message_id, sent.message_id, "the caller learns its name");
    assert_eq!(alice.bodies("bob").len(), 1);
    alice.waits(draft("bob", &token()));
    assert_eq!(alice.bodies("bob").len(), 1, "the approval was for one message");
}

#[test]
fn the_same_words_at_another_time_or_of_another_asker_are_another_message() {
    let (mut alice, _) = pair(&["message"]);
    alice.rule("bob", None, Rule::Ask);
    let sent = |alice: &Side| {
        let action = alice.waits(draft("bob", "Yes, do."));
        alice.act(|tx, ctx| approved(tx, ctx, pending::find(tx, &action.id)?.unwrap())).unwrap();
    };
    sent(&alice);
    alice.now = alice.now.plus(Duration::from_secs(6 * 60));
    sent(&alice);
    alice.asker = Asker::Sessions;
    sent(&alice);
    assert_eq!(alice.bodies("bob").len(), 3, "each was asked for and sent");
}

#[test]
fn an_approval_that_was_not_carried_out_is_claimed_by_the_next_call() {
    let (alice, _) = pair(&["message"]);
    let action = alice.waits(draft("bob", &token()));
    alice.decides(&action.id, Stage::Approved);
    alice.sends(draft("bob", &token()));
    assert_eq!(alice.bodies("bob").len(), 1);
}

#[test]
fn an_approval_covers_its_exact_bytes_and_recipient() {
    let (alice, ..) = three();
    let action = alice.waits(draft("bob", &token()));
    alice.decides(&action.id, Stage::Approved);
    alice.waits(draft("bob", &format!("{} ", token())));
    alice.waits(draft("carol", &token()));
    alice.waits(Draft { subject: Some("key".into()), ..draft("bob", &token()) });
}

#[test]
fn what_was_declined_is_not_sent() {
    let (alice, _) = pair(&["message"]);
    let action = alice.waits(draft("bob", &token()));
    alice.decides(&action.id, Stage::Declined);
    assert!(matches!(alice.refused(draft("bob", &token())), SendError::Declined));
    assert!(alice.bodies("bob").is_empty());
}

#[test]
fn a_subject_is_looked_at_too() {
    let (alice, _) = pair(&["message"]);
    alice.waits(Draft { subject: Some(token()), ..draft("bob", "see above") });
}

const PLAN: &str = "We sell the house in May and move to the lake for good";

#[test]
fn what_is_asked_for_is_looked_at_too() {
    let (alice, _) = pair(&["message"]);
    let secret = format!("dapi{}", "0a1b2c3d".repeat(4));
    let action = alice.waits(Draft { intent: secret.parse().ok(), ..draft("bob", "x") });
    let shown = shown(&action);
    assert!(shown.contains("in the request: dapi…"), "{shown}");
    assert!(!shown.contains(&secret[8..16]), "{shown}");
}

#[test]
fn words_of_one_peer_do_not_reach_another_unasked() {
    let (mut alice, bob, _) = three();
    bob.write("alice", PLAN).unwrap();
    alice.take_all(&bob.post());

    let told = alice.waits(draft("carol", "Bob says: \"We SELL the house, in May and move\" soon."));
    assert!(shown(&told).contains("eight or more words in a row that bob wrote"), "{}", shown(&told));
    assert!(alice.events().contains(&"send_stopped".to_owned()));
    alice.sends(draft("carol", "Bob says: We sell the house in May and relax."));
    alice.sends(draft("bob", PLAN));
    // A day later it is no longer watched.
    alice.now = alice.now.plus(HOUR * 25);
    alice.sends(draft("carol", PLAN));
}

#[test]
fn words_of_one_peer_are_found_in_a_payload_too() {
    let (mut alice, bob, _) = three();
    bob.write("alice", &PLAN.replace(' ', "\n")).unwrap();
    alice.take_all(&bob.post());
    let payload = serde_json::json!({ "note": PLAN.replace(' ', "\n"), "by": "bob" });
    let request = Draft { intent: Some("handoff-note".parse().unwrap()), payload: Some(payload), ..draft("carol", "") };
    alice.waits(request);
}

#[test]
fn words_that_the_recipient_wrote_are_no_news_to_it() {
    let (mut alice, bob, carol) = three();
    for writer in [&bob, &carol] {
        writer.write("alice", PLAN).unwrap();
        alice.take_all(&writer.post());
    }
    alice.sends(draft("carol", PLAN));
}

#[test]
fn twenty_an_hour_and_then_the_owner_is_told() {
    let (mut alice, _) = pair(&["message"]);
    for number in 0..20 {
        alice.sends(draft("bob", &format!("message {number}")));
    }
    let error = alice.refused(draft("bob", "one more"));
    assert!(matches!(&error, SendError::Paused { minutes: 60, .. }), "{error}");
    alice.refused(draft("bob", "and more"));
    let notices: Vec<String> =
        alice.notices().into_iter().filter(|text| text.contains("a2a peers resume bob")).collect();
    assert_eq!(notices.len(), 1);
    assert_eq!(alice.bodies("bob").len(), 20);
    // The owner's own hand begins the count anew.
    alice.sends(by_hand("bob", "I am here"));
    alice.sends(draft("bob", "then I go on"));
    // Time does, too.
    for number in 0..19 {
        alice.sends(draft("bob", &format!("again {number}")));
    }
    alice.refused(draft("bob", "too many"));
    alice.now = alice.now.plus(HOUR);
    alice.sends(draft("bob", "an hour later"));
}

#[test]
fn days_and_bytes_have_limits_too() {
    let (mut alice, _) = pair(&["message"]);
    let limits = Limits { per_hour: 5, per_day: 6, bytes_per_day: 1_000 };
    alice.set("bob", &Settings { limits: Some(limits), ..Settings::default() });
    for number in 0..5 {
        alice.sends(draft("bob", &format!("message {number}")));
    }
    alice.refused(draft("bob", "the hour is full"));
    alice.now = alice.now.plus(HOUR * 2);
    alice.sends(draft("bob", "two hours later"));
    alice.refused(draft("bob", "the day is full"));
    alice.now = alice.now.plus(HOUR * 24);
    alice.refused(draft("bob", &"long ".repeat(300)));
    alice.sends(draft("bob", &"long ".repeat(100)));
}

#[test]
fn what_waits_counts_too() {
    let (alice, _) = pair(&["message"]);
    let limits = Limits { per_hour: 5, ..Limits::default() };
    alice.set("bob", &Settings { limits: Some(limits), ..Settings::default() });
    for number in 0..5 {
        alice.waits(draft("bob", &format!("{} {number}", token())));
    }
    assert!(matches!(alice.refused(draft("bob", &format!("{} more", token()))), SendError::Paused { .. }));
}

#[test]
fn thanks_for_thanks_is_not_sent() {
    let (mut alice, bob) = pair(&["message"]);
    bob.write("alice", "The report is attached, tell me on Friday.").unwrap();
    alice.take_all(&bob.post());
    alice.sends(draft("bob", "Thanks, received!"));
    bob.write("alice", "You're welcome!").unwrap();
    alice.take_all(&bob.post());
    assert!(matches!(alice.refused(draft("bob", "Thank you!")), SendError::OnlyThanks { .. }));
    assert!(alice.notices().iter().any(|text| text.contains("thanked each other")));
    alice.sends(draft("bob", "Thank you! I read it: page 3 is wrong."));
    alice.sends(by_hand("bob", "Thank you!"));
}

#[test]
fn a_rule_asks_or_refuses() {
    let (alice, _) = pair(&["message", "scheduling"]);
    let about = |scope: &str, body: &str| Draft { scope: Some(scope.parse().unwrap()), ..draft("bob", body) };
    alice.rule("bob", None, Rule::Ask);
    let action = alice.waits(about("message", "May I?"));
    assert!(shown(&action).contains("ask before this is sent"), "{}", shown(&action));
    assert!(matches!(&alice.asked(&action.id).record.action, Action::Send { stops, .. } if *stops == [Stop::Rule]));
    alice.rule("bob", Some("scheduling"), Rule::Never);
    assert!(matches!(alice.refused(about("scheduling", "Noon?")), SendError::Forbidden { .. }));
    // The rule is gone, and with it the question.
    alice.sends(about("message", "May I?"));
    alice.sends(Draft { hand: Hand::Owner, ..about("scheduling", "Noon?") });
}

#[test]
fn with_a_pin_a_terminal_alone_is_not_the_owner() {
    let (alice, _) = pair(&["message"]);
    alice.rule("bob", None, Rule::Ask);
    alice.sends(by_hand("bob", "no PIN is set"));
    let pin = PinRecord {
        cost: PinCost::with_memory(MINIMUM_MEMORY_MIB).unwrap(),
        salt: [1; 16],
        stretched: SecretBlob::copy_of(&[2; 32]),
        tries: 0,
        tried_at: alice.now,
    };
    alice.act(|tx, _| crate::store::pin::save(tx, &pin).map_err(Trouble::from)).unwrap();
    alice.waits(by_hand("bob", "whoever types this"));
}

#[test]
fn a_file_of_one_peer_and_secrets_in_files_wait_too() {
    let (alice, ..) = three();
    let file = |digest: u8, found: Vec<super::Found>| {
        let key = AttachmentKey::from_bytes([7; 32]);
        let attachment = Attachment { name: "plan.txt".into(), size: 3, digest: [digest; 32], key };
        let ready = Some(Prepared { attachment, spool: "x".into(), found });
        OutgoingFile { path: "plan.txt".into(), ready }
    };
    let key = alice.peer("bob").key;
    alice.act(|tx, ctx| super::note_received(tx, ctx, key, 1, &[], &[[9; 32]]).map_err(Trouble::from)).unwrap();
    let with = |to: &str, file| Draft { attachments: vec![file], ..draft(to, "see this") };
    let action = alice.waits(with("carol", file(9, Vec::new())));
    assert!(shown(&action).contains("a file that bob sent you"), "{}", shown(&action));
    let mut scan = super::FileScan::default();
    scan.take(token().as_bytes());
    let action = alice.waits(with("carol", file(8, scan.found())));
    assert!(shown(&action).contains("a GitHub token in a file"), "{}", shown(&action));
    assert!(alice.pass(with("carol", file(8, Vec::new()))).is_ok());
}

#[test]
fn a_call_that_is_repeated_leaves_no_second_copy_of_its_files() {
    let (alice, _) = pair(&["message"]);
    alice.rule("bob", None, Rule::Ask);
    let with = |spool: &str| {
        let key = AttachmentKey::from_bytes([7; 32]);
        let attachment = Attachment { name: "plan.txt".into(), size: 3, digest: [9; 32], key };
        let ready = Some(Prepared { attachment, spool: spool.into(), found: Vec::new() });
        Draft { attachments: vec![OutgoingFile { path: "plan.txt".into(), ready }], ..draft("bob", "see this") }
    };
    let pass = |spool: &str| alice.act(|tx, ctx| pass_in(tx, ctx, with(spool))).unwrap().unwrap();
    let (Passed::Waits(action), unused) = pass("first") else { panic!("it did not wait") };
    assert!(unused.is_empty(), "the owner is asked about it");
    assert!(matches!(pass("second"), (Passed::Waits(_), unused) if unused == ["second"]));
    alice.decides(&action.id, Stage::Approved);
    assert!(matches!(pass("third"), (Passed::Written(_), unused) if unused == ["third"]));
    alice.rule("bob", None, Rule::Answer);
    assert!(matches!(pass("fourth"), (Passed::Written(_), unused) if unused.is_empty()), "it is sent");
}

/// `cargo test -p a2a --release … -- --ignored --nocapture a_day_of_mail`: what looking costs.
#[test]
#[ignore = "measures"]
fn a_day_of_mail_costs_little_to_look_through() {
    let (alice, ..) = three();
    let key = alice.peer("bob").key;
    let text = |seed: usize| (0..100).map(|word| format!("w{}", seed * 100 + word)).collect::<Vec<_>>().join(" ");
    let started = std::time::Instant::now();
    for message in 0..1_000_usize {
        alice
            .act(|tx, ctx| {
                super::note_received(tx, ctx, key, message as i64 + 1, &[&text(message)], &[]).map_err(Trouble::from)
            })
            .unwrap();
    }
    eprintln!("1,000 messages of 100 words noted, each in its own transaction: {:?}", started.elapsed());
    let started = std::time::Instant::now();
    alice.sends(draft("carol", &text(5_000)));
    eprintln!("a send of 100 words looked at beside them: {:?}", started.elapsed());
    let started = std::time::Instant::now();
    alice.waits(draft("carol", &text(77)));
    eprintln!("one that carries such words: {:?}", started.elapsed());
}
