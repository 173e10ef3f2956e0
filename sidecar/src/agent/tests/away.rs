//! Away texts: once per peer and absence, never for an away text, never as an answer.

use std::time::Duration;

use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;

use crate::agent::testing::{Parcel, Side, pair};
use crate::agent::{AwayError, Trouble, away as rules};
use crate::store::away::{self, AwayRecord};
use crate::store::messages::State;

const TEXT: &str = "Back on Monday. Urgent? Call the office.";

fn goes_away(side: &Side, until: Option<Timestamp>) {
    side.act(|tx, ctx| {
        let record = AwayRecord { text: TEXT.into(), since: ctx.now, until, wrote: Vec::new(), owed: Vec::new() };
        away::save(tx, &record).map_err(Trouble::from)
    })
    .unwrap();
}

/// What the side sends by itself after taking mail in.
fn says(side: &Side) -> Vec<Parcel> {
    while let Some(peer) = side.act(|tx, ctx| rules::next(tx, ctx).map_err(Trouble::from)).unwrap() {
        side.act(|tx, ctx| rules::tell_peer(tx, ctx, peer)).unwrap();
        // A process that looked at the same moment tells nobody, and takes nobody else off the list.
        side.act(|tx, ctx| rules::tell_peer(tx, ctx, peer)).unwrap();
    }
    side.post()
}

#[test]
fn a_peer_is_told_once_per_absence_and_an_away_text_is_no_answer() {
    let (mut alice, mut bob) = pair(&["scheduling"]);
    goes_away(&bob, None);
    alice.write("bob", "Are you there?").unwrap();
    alice.write("bob", "Hello?").unwrap();
    bob.take_all(&alice.post());
    alice.take_all(&says(&bob));
    assert_eq!(alice.bodies("bob"), ["Are you there?", "Hello?", TEXT]);
    let shown = alice.views("bob").remove(2);
    assert_eq!((shown.reply_to, shown.unread), (None, true));
    assert_eq!(shown.subject.unwrap().expose_to_present(), "Away");
    assert_eq!(shown.request.unwrap().intent.as_str(), "away");
    assert!(alice.thread("bob").iter().all(|message| message.state != State::Answered), "nobody answered");

    alice.write("bob", "Again").unwrap();
    bob.take_all(&alice.post());
    assert!(says(&bob).is_empty(), "told twice in one absence");
    assert_eq!(bob.events().iter().filter(|event| *event == "away_told").count(), 1);

    // The next absence is told anew.
    goes_away(&bob, None);
    alice.write("bob", "And now?").unwrap();
    bob.take_all(&alice.post());
    assert_eq!(says(&bob).len(), 1);
}

#[test]
fn two_who_are_away_come_to_rest() {
    let (mut alice, mut bob) = pair(&["message"]);
    goes_away(&alice, None);
    goes_away(&bob, None);
    alice.write("bob", "Are you there?").unwrap();
    bob.take_all(&alice.post());
    alice.take_all(&says(&bob));
    assert!(says(&alice).is_empty(), "an away text was answered by one");
    // Alice was not told in vain: what Bob writes himself is still told.
    bob.write("alice", "Now I am.").unwrap();
    alice.take_all(&bob.post());
    assert_eq!(says(&alice).len(), 1);
}

#[test]
fn an_absence_ends_by_itself_and_what_cannot_be_said_is_let_go() {
    let (alice, mut bob) = pair(&["message"]);
    let until = bob.now.plus(Duration::from_secs(3600));
    goes_away(&bob, Some(until));
    alice.write("bob", "Are you there?").unwrap();
    bob.take_all(&alice.post());
    bob.now = until;
    assert!(says(&bob).is_empty(), "told after the end");
    alice.write("bob", "Hello?").unwrap();
    bob.take_all(&alice.post());
    assert!(says(&bob).is_empty());
    assert_eq!(alice.bodies("bob").len(), 2);

    // What Bob does not take is not answered either.
    goes_away(&bob, None);
    bob.act(|tx, ctx| {
        let mut alice = crate::store::peers::by_petname(tx, "alice")?.unwrap();
        alice.record.granted_until = Some(ctx.now);
        crate::store::peers::update(tx, &alice).map_err(Trouble::from)
    })
    .unwrap();
    alice.write("bob", "Please?").unwrap();
    bob.take_all(&alice.post());
    assert!(says(&bob).is_empty(), "refused mail was told");
}

#[test]
fn whoever_looked_at_the_same_moment_takes_nobody_else_off_the_list() {
    let (alice, _bob) = pair(&["scheduling"]);
    let bob = alice.peer("bob").key;
    let (carol, scope) = (bob.0 + 1, "scheduling".parse::<Scope>().unwrap());
    let owed = vec![(bob.0, scope.clone()), (carol, scope)];
    alice
        .act(|tx, ctx| {
            let wrote = vec![bob.0, carol];
            away::save(tx, &AwayRecord { text: TEXT.into(), since: ctx.now, until: None, wrote, owed })
                .map_err(Trouble::from)
        })
        .unwrap();
    for _ in 0..2 {
        alice.act(|tx, ctx| rules::tell_peer(tx, ctx, bob)).unwrap();
    }
    let left = alice.act(|tx, _| away::load(tx).map_err(Trouble::from)).unwrap().unwrap().owed;
    assert_eq!(left.iter().map(|(key, _)| *key).collect::<Vec<_>>(), [carol], "carol is never told");
}

#[test]
fn an_away_text_with_a_secret_in_it_is_refused() {
    let now = Side::new("Bob").now;
    let token = format!("ghp_{}", "q7Zk2mP9xW4rT1vB8nL3".repeat(2));
    let said = rules::check(&format!("Back on Monday; the token is {token}"), None, now);
    assert!(matches!(&said, Err(AwayError::Secret)));
    assert!(!said.unwrap_err().to_string().contains(&token), "the error repeats it");
    assert_eq!(rules::check(" Back on Monday ", None, now).unwrap(), "Back on Monday");
}
