//! The device's certificate is renewed in time, for the same keys.

use std::time::Duration;

use a2a_proto::certificate::Certificate;

use crate::agent::me::Me;
use crate::agent::testing::Side;
use crate::agent::{prekeys, renew};
use crate::store::identity;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An agent whose certificate ends in so many days.
fn ending_in(days: u32) -> Side {
    let mut side = Side::new("Alice");
    side.now = side.me.certificate.not_after().minus(DAY * days);
    side
}

fn renews(side: &Side) -> bool {
    side.act(renew::renew).unwrap()
}

fn stored(side: &Side) -> Certificate {
    let record = side.act(|tx, _| identity::load(tx)).unwrap().unwrap();
    Certificate::parse_verified(&record.certificate.0).unwrap()
}

#[test]
fn a_new_certificate_is_for_the_same_device() {
    let side = ending_in(119);
    assert!(renews(&side));
    let (old, new) = (&side.me.certificate, stored(&side));
    assert!(new.not_after() > old.not_after().plus(DAY * 200));
    assert!(new.valid_at(side.now));
    assert_eq!((new.id(), new.epoch()), (old.id(), old.epoch()));
    assert_eq!((new.device(), new.agreement()), (old.device(), old.agreement()));
    assert!(side.events().contains(&"certificate_renewed".into()));
}

#[test]
fn one_that_holds_long_enough_stays() {
    let side = ending_in(121);
    assert!(!renews(&side));
    assert_eq!(stored(&side).as_bytes(), side.me.certificate.as_bytes());
}

#[test]
fn another_process_finds_it_renewed_and_makes_no_third() {
    let side = ending_in(100);
    assert!(renews(&side));
    let new = stored(&side);
    assert!(renews(&side), "this one is outdated");
    assert_eq!(stored(&side).as_bytes(), new.as_bytes());
}

#[test]
fn an_open_invite_delays_it_but_not_for_ever() {
    let mut side = ending_in(100);
    side.invite(&["message"]);
    assert!(!renews(&side));
    side.now = side.now.plus(DAY * 2);
    assert!(renews(&side), "the invite is over");

    let side = ending_in(59);
    side.invite(&["message"]);
    assert!(renews(&side), "there is no more time");
}

#[test]
fn one_from_the_future_is_replaced() {
    let mut side = ending_in(119);
    side.now = side.me.certificate.not_before().minus(DAY);
    assert!(renews(&side));
    assert!(stored(&side).valid_at(side.now));
}

#[test]
fn prekeys_are_signed_anew_under_it() {
    let mut side = ending_in(100);
    let before = side.bundle();
    assert!(renews(&side));
    let record = side.act(|tx, _| identity::load(tx)).unwrap().unwrap();
    side.me = Me::from_record(&record).unwrap();
    let after = side.bundle();
    assert_ne!(before.certificate().as_bytes(), after.certificate().as_bytes());
    assert_eq!(after.certificate().as_bytes(), side.me.certificate.as_bytes());
    let again = side.act(prekeys::current).unwrap();
    assert_eq!(
        a2a_proto::prekey::VerifiedBundle::parse(&again.record.bundle.0, side.me.id(), side.now).unwrap().hash(),
        after.hash()
    );
}
