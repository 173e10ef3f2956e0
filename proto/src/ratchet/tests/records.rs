//! The stored form of a session, and what a session prints.

use proptest::prelude::*;

use crate::ratchet::Session;
use crate::testing::{NOW, Pair, message};

/// A pair in every shape that a session can have: either turn, with skipped keys, with retired chains.
fn sessions() -> Vec<Session> {
    let mut pair = Pair::new("records");
    let mut all = vec![pair.at_alice.working_copy(), pair.at_bob.working_copy()];
    for round in 0..3 {
        let _lost = [pair.bob_seals(&message(round, "lost")), pair.bob_seals(&message(round, "lost, too"))];
        let envelope = pair.bob_seals(&message(round, "there"));
        pair.alice_opens(&envelope).unwrap();
        all.extend([pair.at_alice.working_copy(), pair.at_bob.working_copy()]);
        let envelope = pair.alice_seals(&message(round, "back"));
        pair.bob_opens(&envelope).unwrap();
        all.extend([pair.at_alice.working_copy(), pair.at_bob.working_copy()]);
    }
    all
}

#[test]
fn a_record_reads_back_as_the_same_session() {
    for session in sessions() {
        let record = session.to_record();
        let again = Session::from_record(&record).unwrap();
        assert_eq!(*again.to_record(), *record);
        assert_eq!((again.id(), again.peer()), (session.id(), session.peer()));
    }
}

#[test]
fn a_conversation_goes_on_from_records() {
    let mut pair = Pair::new("go on");
    for round in 0..4 {
        let envelope = pair.bob_seals(&message(round, "there"));
        pair.at_alice = Session::from_record(&pair.at_alice.to_record()).unwrap();
        pair.alice_opens(&envelope).unwrap();
        pair.at_bob = Session::from_record(&pair.at_bob.to_record()).unwrap();
        let envelope = pair.alice_seals(&message(round, "back"));
        pair.bob_opens(&envelope).unwrap();
    }
}

#[test]
fn a_record_that_ends_early_or_late_or_is_of_another_version_is_refused() {
    for session in sessions() {
        let record = session.to_record();
        for length in (0..record.len()).step_by(37) {
            assert!(Session::from_record(&record[..length]).is_err());
        }
        let mut longer = record.to_vec();
        longer.push(0);
        assert!(Session::from_record(&longer).is_err());
        let mut newer = record.to_vec();
        newer[0] = 2;
        assert!(Session::from_record(&newer).is_err());
    }
}

#[test]
fn nothing_secret_is_printed() {
    let mut pair = Pair::new("printed");
    let envelope = pair.bob_seals(&message(1, "private words"));
    let (opened, session) = pair.at_alice.open(&envelope, NOW).unwrap();
    insta::assert_snapshot!(format!("{session:?}"), @"Session(..)");
    insta::assert_snapshot!(format!("{:?}", opened.content()), @"Content(00000000-0000-0000-0000-000000000001, 1.1, kind 1)");
    insta::assert_snapshot!(format!("{:?}", opened.content().body), @"Body(kind 1)");
    insta::assert_snapshot!(format!("{:?}", crate::primitives::Secret::take(&mut [7; 32])), @"Secret(..)");
    assert!(!format!("{opened:?}").contains("private"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_record_never_panics_and_never_reads_as_another_form(at in 0..12_000_usize, value in any::<u8>()) {
        let session = Pair::new("damaged").at_alice;
        let mut record = session.to_record().to_vec();
        let at = at % record.len();
        record[at] = value;
        if let Ok(read) = Session::from_record(&record) {
            prop_assert_eq!(&*read.to_record(), &record);
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
        prop_assert!(Session::from_record(&bytes).is_err());
    }
}
