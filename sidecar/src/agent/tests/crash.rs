//! A crash at any moment leaves what was before or what came after, and the next process brings it to the same end.
//!
//! Every scenario runs twice, smoothly and with a death at every row and every commit ([`Life`]); both must end alike.

use super::deaths::Life;
use crate::agent::pairing::{requests as rules, revoke};
use crate::agent::receive::{self, Taken};
use crate::agent::testing::{Side, pair, scoped};
use crate::agent::{Draft, Revoke, Trouble, mail, reset};
use crate::store::requests::{self, Request};
use crate::store::{StoreError, sessions};
use a2a_proto::api::mailbox::BatchItem;

/// What must be the same however often the process died: all but keys, times and random names.
fn end(side: &Side) -> String {
    let count = |table: &str| -> i64 {
        side.act(|tx, _| {
            let rows = tx.sql.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
            rows.map_err(StoreError::from)
        })
        .unwrap()
    };
    let tables =
        ["outbox", "receipts", "sessions", "tasks", "requests", "lanes", "invites", "held", "replays", "audit"];
    let counts: Vec<_> = tables.iter().map(|table| (*table, count(table))).collect();
    let peers = side.act(|tx, _| crate::store::peers::all(tx)).unwrap();
    let talk =
        |name: &str| side.thread(name).into_iter().map(|mail| (mail.record.body, mail.state)).collect::<Vec<_>>();
    let peers: Vec<_> = peers
        .into_iter()
        .map(|peer| {
            let record = &peer.record;
            let terms = (peer.state, &record.granted, &record.granted_to_us, record.missing.len(), record.resets);
            format!("{} {terms:?} {:?}", record.petname, talk(&record.petname))
        })
        .collect();
    // A notice may name a request, whose name is random.
    let notices: Vec<_> = side.notices().iter().map(|text| text.chars().take(20).collect::<String>()).collect();
    format!("{peers:#?}\n{counts:?}\n{:?}\n{notices:?}", side.events())
}

/// Runs a scenario both ways and holds that both end alike, for both sides.
#[track_caller]
fn ends_alike(scenario: impl Fn(Life) -> (Side, Side)) {
    let (alice, bob) = scenario(Life::Smooth);
    let (survivor, other_survivor) = scenario(Life::Deadly);
    assert_eq!(end(&survivor), end(&alice));
    assert_eq!(end(&other_survivor), end(&bob));
}

fn write(side: &mut Side, to: &str, body: &str, reply_to: Option<a2a_proto::id::MessageId>) {
    let draft = Draft { recipient: to.into(), body: body.into(), reply_to, ..Draft::default() };
    side.act(|tx, ctx| mail::send::write_down(tx, ctx, draft)).unwrap();
}

fn show(side: &mut Side, from: &str) {
    let message = side.thread(from).remove(0);
    side.act(|tx, ctx| mail::inbox::mark(tx, ctx, &message)).unwrap();
}

#[test]
fn a_message_its_receipts_and_its_answer() {
    ends_alike(|life| {
        let (mut alice, mut bob) = pair(&["message"]);
        life.act(&mut alice, |alice| write(alice, "bob", "thursday?", None));
        life.deliver(&mut alice, &mut bob);
        life.act(&mut bob, Side::seal_receipts);
        life.deliver(&mut bob, &mut alice);
        life.act(&mut bob, |bob| show(bob, "alice"));
        life.act(&mut bob, Side::seal_receipts);
        life.deliver(&mut bob, &mut alice);
        let asked = bob.thread("alice").remove(0).message_id;
        life.act(&mut bob, |bob| write(bob, "alice", "yes", Some(asked)));
        life.deliver(&mut bob, &mut alice);
        assert_eq!(bob.bodies("alice"), ["thursday?", "yes"]);
        (alice, bob)
    });
}

#[test]
fn a_pairing_by_invite() {
    ends_alike(|life| {
        let (mut alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
        let invite = bob.invite(&["message"]);
        // Acceptance reads Bob's bundle, which is made when it is first asked for.
        life.act(&mut alice, |alice| alice.accept(&bob, invite.clone()));
        life.act(&mut alice, |alice| write(alice, "bob", "hello", None));
        life.deliver(&mut alice, &mut bob);
        life.do_tasks(&mut bob);
        life.deliver(&mut bob, &mut alice);
        assert_eq!(bob.bodies("alice"), ["hello"]);
        (alice, bob)
    });
}

fn only_request(side: &Side) -> Request {
    let mut all = side.act(|tx, _| requests::all(tx)).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_knock_that_is_let_in() {
    ends_alike(|life| {
        let (mut alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
        drop(bob.bundle());
        life.act(&mut alice, |alice| alice.knock(&bob, "from the conference"));
        life.deliver(&mut alice, &mut bob);
        let request = only_request(&bob);
        life.act(&mut bob, |bob| {
            bob.act(|tx, ctx| rules::let_in(tx, ctx, &request, scoped(&["casual"]), crate::agent::Bounds::default()))
                .unwrap();
        });
        life.do_tasks(&mut bob);
        life.deliver(&mut bob, &mut alice);
        assert_eq!(alice.peer("bob").record.granted_to_us, scoped(&["casual"]));
        (alice, bob)
    });
}

/// Alice's ratchet is put back after she wrote, so that her next message takes the same place.
fn fork(alice: &mut Side) {
    let key = alice.peer("bob").key;
    let earlier = alice.act(|tx, _| sessions::of_peer(tx, key)).unwrap();
    write(alice, "bob", "one", None);
    let put_back = |session| alice.act(|tx, ctx| sessions::save(tx, key, session, ctx.now)).unwrap();
    earlier.iter().for_each(put_back);
}

#[test]
fn a_fork_its_report_and_the_new_start() {
    ends_alike(|life| {
        let (mut alice, mut bob) = pair(&["message"]);
        write(&mut alice, "bob", "zero", None);
        bob.take_all(&alice.post());
        fork(&mut alice);
        life.deliver(&mut alice, &mut bob);
        life.act(&mut alice, |alice| write(alice, "bob", "two", None));
        life.deliver(&mut alice, &mut bob);
        life.deliver(&mut bob, &mut alice);
        let (key, bundle) = (alice.peer("bob").key, bob.bundle());
        let quoted = bob.peer("alice").record.reported.map(|reported| reported.nonce);
        assert!(quoted.is_some(), "a fork is reported");
        life.act(&mut alice, |alice| {
            alice.act(|tx, ctx| reset::write_down(tx, ctx, key, &bundle, quoted)).unwrap();
        });
        life.deliver(&mut alice, &mut bob);
        life.do_tasks(&mut bob);
        life.deliver(&mut bob, &mut alice);
        life.act(&mut bob, |bob| write(bob, "alice", "got both", None));
        life.deliver(&mut bob, &mut alice);
        assert!(alice.bodies("bob").contains(&"got both".into()));
        (alice, bob)
    });
}

#[test]
fn the_end_of_a_pair() {
    ends_alike(|life| {
        let (mut alice, mut bob) = pair(&["message", "scheduling"]);
        life.act(&mut bob, |bob| write(bob, "alice", "never mind", None));
        for scopes in [Some(scoped(&["scheduling"])), None] {
            let change = Revoke { peer: "alice".into(), scopes, ..Revoke::default() };
            life.act(&mut bob, |bob| {
                bob.act(|tx, ctx| revoke::change(tx, ctx, &change)).unwrap();
            });
        }
        life.deliver(&mut bob, &mut alice);
        (alice, bob)
    });
}

#[test]
fn an_envelope_that_another_process_took_in_is_left_alone() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "hello").unwrap();
    let parcel = alice.post().remove(0);
    bob.take(&parcel);
    let item = BatchItem { sequence: bob.cursor(), source: parcel.source, hour: 0, envelope: parcel.envelope };
    assert_eq!(bob.act(|tx, ctx| receive::take(tx, ctx, &item)).unwrap(), Taken::Before);
    assert_eq!(bob.bodies("alice"), ["hello"]);
}

#[test]
fn a_message_that_was_half_written_uses_up_no_key() {
    let (alice, mut bob) = pair(&["message"]);
    let draft = || Draft { recipient: "bob".into(), body: "x".into(), ..Draft::default() };
    let died = alice.act(|tx, ctx| {
        mail::send::write_down(tx, ctx, draft())?;
        Err::<(), _>(crate::agent::SendError::from(Trouble::Internal("the process died")))
    });
    assert!(died.is_err() && alice.post().is_empty() && alice.bodies("bob").is_empty());
    alice.write("bob", "y").unwrap();
    assert_eq!(bob.take_all(&alice.post()), [Taken::Message]);
    assert!(bob.notices().iter().all(|text| !text.contains("missing")));
}
