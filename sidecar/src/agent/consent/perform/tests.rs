//! What came of an act is handed to who asked for it, for a while, and while it holds.

use std::time::Duration;

use a2a_proto::id::InviteId;

use super::*;
use crate::agent::Bounds;
use crate::agent::consent::{Asked, ask_in};
use crate::agent::me::Asker;
use crate::agent::testing::{Side, pair, scoped};
use crate::store::invites;
use crate::store::peers::{self, Peer, PeerState};

const MINUTE: Duration = Duration::from_secs(60);

fn invite() -> Action {
    Action::MakeInvite { scopes: scoped(&["message"]), lifetime_secs: 3600, bounds: Bounds::default(), voucher: None }
}

fn publish(entries: u8) -> Action {
    let entry = |number: u8| a2a_proto::card::Capability {
        id: format!("c{number}"),
        title: "x".into(),
        description: String::new(),
        schema: None,
    };
    Action::PublishCard { display_name: "Alice".into(), capabilities: (0..entries).map(entry).collect(), listed: false }
}

impl Side {
    fn asks(&mut self, asker: Asker, action: Action) -> Asked {
        self.asker = asker;
        self.act(|tx, ctx| ask_in(tx, ctx, action)).unwrap()
    }

    fn asks_in_vain(&mut self, asker: Asker, action: Action) -> String {
        match self.asks(asker, action) {
            Asked::Pending(pending) => pending.id,
            _ => panic!("the owner is not asked"),
        }
    }

    fn is_done(&mut self, asker: Asker, action: Action) -> bool {
        matches!(self.asks(asker, action), Asked::Done(_))
    }

    /// The owner says yes, and it is done.
    fn carries_out(&self, id: &str, result: ActionResult) {
        self.act(|tx, ctx| {
            let (_, claim) = claim_in(tx, ctx, id)?;
            settle(tx, ctx, id, claim, Some(result)).map_err(ConsentError::from)
        })
        .unwrap();
    }

    /// The result of an invite that was really made.
    fn made(&self) -> ActionResult {
        let (invite, _) = self.invite(&["message"]);
        let (link, scopes) = ("link".to_owned(), scoped(&["message"]));
        ActionResult::Invite { link, invite_id: invite.id, expires_at: invite.expires_at, scopes }
    }
}

fn published(capabilities: usize) -> ActionResult {
    ActionResult::Published { capabilities, listed: false, updated_at: a2a_proto::time::Timestamp::from_secs(1) }
}

#[test]
fn a_result_is_handed_once_to_who_asked() {
    let mut alice = Side::new("Alice");
    let id = alice.asks_in_vain(Asker::Sessions, invite());
    let made = alice.made();
    alice.carries_out(&id, made);
    let other = alice.asks_in_vain(Asker::Commands, invite());
    assert_ne!(other, id, "a command asks for an invite of its own");
    assert!(alice.is_done(Asker::Sessions, invite()));
    assert_eq!(alice.asks_in_vain(Asker::Sessions, invite()), other, "handed out once; now both wait for one answer");
    let made = alice.made();
    alice.carries_out(&other, made);
    assert!(alice.is_done(Asker::Sessions, invite()), "who asked for the same may claim it, whoever comes first");
    assert_ne!(alice.asks_in_vain(Asker::Commands, invite()), other);
}

#[test]
fn a_result_waits_for_a_few_minutes() {
    let mut alice = Side::new("Alice");
    for (later, handed) in [(4 * MINUTE, true), (6 * MINUTE, false)] {
        let id = alice.asks_in_vain(Asker::Commands, invite());
        let made = alice.made();
        alice.carries_out(&id, made);
        alice.now = alice.now.plus(later);
        assert_eq!(alice.is_done(Asker::Commands, invite()), handed, "a script that comes again {later:?} later");
    }
}

#[test]
fn a_link_that_somebody_used_is_not_handed_out() {
    let mut alice = Side::new("Alice");
    let id = alice.asks_in_vain(Asker::Sessions, invite());
    let made = alice.made();
    let ActionResult::Invite { invite_id, .. } = &made else { panic!("no invite") };
    let invite_id: InviteId = *invite_id;
    alice.carries_out(&id, made.clone());
    alice
        .act(|tx, _| {
            let invite = invites::find(tx, invite_id)?.unwrap();
            invites::use_up(tx, &invite).map_err(Trouble::from)
        })
        .unwrap();
    assert_ne!(alice.asks_in_vain(Asker::Sessions, invite()), id, "Bob has it; Carol needs another");
}

#[test]
fn what_a_later_act_undid_is_not_told() {
    let mut alice = Side::new("Alice");
    let id = alice.asks_in_vain(Asker::Sessions, publish(1));
    alice.carries_out(&id, published(1));
    let withdrawal = alice.asks_in_vain(Asker::Commands, publish(0));
    alice.carries_out(&withdrawal, published(0));
    assert_ne!(alice.asks_in_vain(Asker::Sessions, publish(1)), id, "nothing is published");
    assert!(alice.is_done(Asker::Commands, publish(0)));
}

#[test]
fn a_pair_that_ended_is_not_told_as_made() {
    let (mut alice, bob) = pair(&["message"]);
    let agent_id = *bob.me.id();
    let act = Action::Regrant {
        agent_id,
        petname: "bob".into(),
        before: Vec::new(),
        granted: scoped(&["message"]),
        bounds: Bounds::default(),
    };
    let result = ActionResult::Authorized { paired: true, peer: "bob".into(), agent_id, scopes: scoped(&["message"]) };
    let id = alice.asks_in_vain(Asker::Sessions, act.clone());
    alice.carries_out(&id, result.clone());
    assert!(alice.is_done(Asker::Sessions, act.clone()));
    let id = alice.asks_in_vain(Asker::Sessions, act.clone());
    alice.carries_out(&id, result);
    let peer = alice.peer("bob");
    let ended = Peer { state: PeerState::Revoked, ..peer };
    alice.act(|tx, _| peers::update(tx, &ended).map_err(Trouble::from)).unwrap();
    assert_ne!(alice.asks_in_vain(Asker::Sessions, act), id);
}

#[test]
fn a_grant_that_was_narrowed_is_not_told_whole() {
    let (mut alice, bob) = pair(&["invoicing", "message"]);
    let (agent_id, granted) = (*bob.me.id(), scoped(&["invoicing", "message"]));
    let (petname, before, bounds) = ("bob".into(), Vec::new(), Bounds::default());
    let act = Action::Regrant { agent_id, petname, before, granted: granted.clone(), bounds };
    let id = alice.asks_in_vain(Asker::Sessions, act.clone());
    alice.carries_out(&id, ActionResult::Authorized { paired: true, peer: "bob".into(), agent_id, scopes: granted });
    let mut peer = alice.peer("bob");
    peer.record.granted = scoped(&["message"]);
    alice.act(|tx, _| peers::update(tx, &peer).map_err(Trouble::from)).unwrap();
    assert_ne!(alice.asks_in_vain(Asker::Sessions, act), id);
}
