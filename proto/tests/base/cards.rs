//! Cards: signed by a certified device of the agent one asked for.

use a2a_proto::card::{CardError, VerifiedCard};
use a2a_proto::codec::DecodeError;
use a2a_proto::counter::Counter;
use a2a_proto::keys::BadSignature;
use a2a_proto::labels::SIG_CARD;

use crate::fixtures::{World, capability, refuses_all_damage};

#[test]
fn a_card_reads_back() {
    let world = World::new(1);
    let bytes = world.card().sign(&world.device).unwrap();
    let read = VerifiedCard::parse(&bytes, world.certificate.id()).unwrap();
    assert_eq!(read.card(), &world.card());
    assert_eq!(read.as_bytes(), bytes);
}

#[test]
fn a_bare_card_reads_back() {
    let world = World::new(1);
    let mut card = world.card();
    card.handle = None;
    card.capabilities.clear();
    card.listed = false;
    card.knocks = a2a_proto::card::KnockPolicy::Closed;
    let bytes = card.sign(&world.device).unwrap();
    assert_eq!(VerifiedCard::parse(&bytes, world.certificate.id()).unwrap().card(), &card);
}

#[test]
fn all_damage_is_refused() {
    let world = World::new(1);
    let bytes = world.card().sign(&world.device).unwrap();
    refuses_all_damage(&bytes, |bytes| VerifiedCard::parse(bytes, world.certificate.id()).is_ok());
}

#[test]
fn another_agents_card_is_refused() {
    let (world, other) = (World::new(1), World::new(2));
    let bytes = other.card().sign(&other.device).unwrap();
    assert_eq!(VerifiedCard::parse(&bytes, world.certificate.id()), Err(CardError::OtherAgent));
}

#[test]
fn a_device_that_was_not_certified_can_not_sign() {
    let (world, thief) = (World::new(1), World::new(2));
    assert_eq!(world.card().sign(&thief.device), Err(CardError::Signature(BadSignature)));
    let mut bytes = world.card().sign(&world.device).unwrap();
    let end = bytes.len() - 64;
    let signature = thief.device.sign(SIG_CARD, &bytes[..end]);
    bytes[end..].copy_from_slice(&signature);
    assert_eq!(VerifiedCard::parse(&bytes, world.certificate.id()), Err(CardError::Signature(BadSignature)));
}

#[test]
fn a_sequence_of_another_epoch_is_refused() {
    let world = World::new(1);
    let mut card = world.card();
    card.sequence = Counter::new(4, 1);
    assert_eq!(card.sign(&world.device), Err(CardError::Epoch));
}

#[test]
fn what_a_reader_would_refuse_is_not_signed() {
    let world = World::new(1);
    let with = |change: fn(&mut a2a_proto::card::Card)| {
        let mut card = world.card();
        change(&mut card);
        card.sign(&world.device)
    };
    let invalid = Err(CardError::Decode(DecodeError::InvalidValue));
    let too_long = Err(CardError::Decode(DecodeError::TooLong));
    assert_eq!(with(|card| card.display_name.clear()), invalid);
    assert_eq!(with(|card| card.display_name = "two\nlines".to_owned()), invalid);
    assert_eq!(with(|card| card.display_name = "x".repeat(129)), too_long);
    assert_eq!(with(|card| card.capabilities.push(capability("scheduling"))), invalid);
    assert_eq!(with(|card| card.capabilities[0].id = "Not plain".to_owned()), invalid);
    assert_eq!(with(|card| card.capabilities[0].title = "\u{7f}".to_owned()), invalid);
    assert_eq!(with(|card| card.capabilities[0].description = "x".repeat(4097)), too_long);
    assert_eq!(with(|card| card.capabilities[0].schema = Some("x".repeat(16385))), too_long);
    assert_eq!(with(|card| card.capabilities = (0..65).map(|n| capability(&format!("c{n}"))).collect()), too_long);
}

#[test]
fn a_card_has_one_size_limit_for_everything() {
    let world = World::new(1);
    let mut card = world.card();
    card.capabilities = (0..5).map(|n| capability(&format!("c{n}"))).collect();
    for capability in &mut card.capabilities {
        capability.schema = Some("x".repeat(16384));
    }
    assert_eq!(card.sign(&world.device), Err(CardError::Decode(DecodeError::TooLong)));
}
