//! Invites: any damage is noticed, and the relay learns nothing it could redeem.

use a2a_proto::invite::{Invite, InviteError, Voucher, token_hash};
use a2a_proto::labels::INVITE_CHECKSUM;
use sha2::{Digest, Sha256};

use crate::fixtures::{DAY, NOW, World};

fn link() -> String {
    World::new(1).invite().to_link().to_string()
}

#[test]
fn an_invite_reads_back_from_link_and_fragment() {
    let invite = World::new(1).invite();
    let link = invite.to_link();
    assert!(link.starts_with("https://relay.example.org:8443/invite#"));
    assert!(Invite::parse(&link).unwrap() == invite);
    assert!(Invite::parse(&format!("  {}\n", *link)).unwrap() == invite);
    let fragment = link.split_once('#').unwrap().1;
    assert!(Invite::parse(fragment).unwrap() == invite);
}

#[test]
fn a_voucher_stands_behind_the_invite_and_is_no_part_of_it() {
    let link = link();
    let fragment = link.split_once('#').unwrap().1;
    assert_eq!(Voucher::split(&link).unwrap(), (link.as_str(), None));
    for invite in [link.as_str(), fragment] {
        let text = format!(" {invite}.Tok-en_1\n");
        let (alone, voucher) = Voucher::split(&text).unwrap();
        assert_eq!((alone, voucher.as_ref().map(Voucher::as_str)), (invite, Some("Tok-en_1")));
        assert!(Invite::parse(alone).is_ok());
        assert_eq!(Invite::parse(&text).unwrap_err(), InviteError::Damaged, "an invite alone has none");
        assert!(!format!("{voucher:?}").contains("Tok"), "it is a secret");
    }
    let long = "a".repeat(65);
    for damaged in ["", "a.b", "a b", "ä", "a#b", &long] {
        assert_eq!(Voucher::split(&format!("{link}.{damaged}")).unwrap_err(), InviteError::Damaged, "{damaged}");
    }
}

#[test]
fn a_relay_on_this_machine_has_plain_links() {
    let mut world = World::new(1);
    world.relay = "127.0.0.1:8787".parse().unwrap();
    let link = world.invite().to_link();
    assert!(link.starts_with("http://127.0.0.1:8787/invite#"));
    assert!(Invite::parse(&link).is_ok());
}

#[test]
fn every_truncation_is_damage() {
    let link = link();
    for length in 0..link.len() {
        assert_eq!(Invite::parse(&link[..length]).unwrap_err(), InviteError::Damaged, "{length}");
    }
    let fragment_at = link.find('#').unwrap() + 1;
    for start in (1..link.len()).filter(|start| *start != fragment_at) {
        assert_eq!(Invite::parse(&link[start..]).unwrap_err(), InviteError::Damaged, "{start}");
    }
}

#[test]
fn every_single_changed_character_is_damage() {
    let link = link();
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_#:/. ";
    for at in 0..link.len() {
        for letter in letters.chars().filter(|letter| !link[at..].starts_with(*letter)) {
            let mut changed = link.clone();
            changed.replace_range(at..=at, &letter.to_string());
            assert_eq!(Invite::parse(&changed).err(), Some(InviteError::Damaged), "{letter} at {at}");
        }
    }
}

#[test]
fn two_swapped_and_one_doubled_character_are_damage() {
    let link = link();
    for at in 0..link.len() - 1 {
        let mut bytes = link.clone().into_bytes();
        bytes.swap(at, at + 1);
        let swapped = String::from_utf8(bytes).unwrap();
        assert!(swapped == link || Invite::parse(&swapped).is_err(), "{at}");
        let mut doubled = link.clone();
        doubled.insert_str(at, &link[at..=at]);
        assert!(Invite::parse(&doubled).is_err(), "{at}");
    }
}

#[test]
fn another_host_in_front_is_damage() {
    let link = link();
    for other in [
        "https://relay.example.com:8443",
        "http://relay.example.org:8443",
        "https://relay.example.org",
        "https://x@relay.example.org:8443",
    ] {
        let moved = link.replacen("https://relay.example.org:8443", other, 1);
        assert_eq!(Invite::parse(&moved).unwrap_err(), InviteError::Damaged, "{other}");
    }
}

/// Changes an invite's bytes and makes the checksum fit, as no accident would.
fn crafted(change: impl FnOnce(&mut Vec<u8>)) -> Result<Invite, InviteError> {
    let link = link();
    let mut bytes = data_encoding::BASE64URL_NOPAD.decode(link.split_once('#').unwrap().1.as_bytes()).unwrap();
    bytes.truncate(bytes.len() - 4);
    change(&mut bytes);
    let length = u32::try_from(INVITE_CHECKSUM.len()).unwrap().to_be_bytes();
    let checksum = Sha256::new().chain_update(length).chain_update(INVITE_CHECKSUM).chain_update(&bytes).finalize();
    bytes.extend_from_slice(&checksum[..4]);
    Invite::parse(&data_encoding::BASE64URL_NOPAD.encode(&bytes))
}

#[test]
fn a_crafted_invite_is_still_checked() {
    assert!(crafted(|_| {}).is_ok());
    assert_eq!(crafted(|bytes| bytes[0] = 2).unwrap_err(), InviteError::NewerVersionNeeded);
    assert_eq!(crafted(|bytes| bytes.push(0)).unwrap_err(), InviteError::Malformed);
    assert_eq!(crafted(|bytes| bytes[1..33].fill(0)).unwrap_err(), InviteError::Malformed, "a weak key as agent id");
    assert_eq!(crafted(|bytes| bytes[92] = b'R').unwrap_err(), InviteError::Malformed, "a relay not in canonical form");
    assert_eq!(crafted(|bytes| bytes[85] = b'\n').unwrap_err(), InviteError::Malformed, "a name of two lines");
    assert_eq!(crafted(|bytes| bytes.truncate(40)).unwrap_err(), InviteError::Malformed);
}

#[test]
fn token_and_psk_are_apart() {
    let secret = World::new(1).invite().secret;
    assert_ne!(secret.fetch_token(), secret.psk());
    assert_ne!(secret.fetch_token(), secret.to_bytes());
    assert_ne!(secret.psk(), secret.to_bytes());
    assert_ne!(token_hash(&secret.fetch_token()), *secret.psk());
    assert_ne!(token_hash(&secret.fetch_token()), *secret.fetch_token());
}

#[test]
fn it_ends() {
    let invite = World::new(1).invite();
    assert!(!invite.is_expired(NOW.plus(DAY * 7)));
    assert!(invite.is_expired(NOW.plus(DAY * 7 + std::time::Duration::from_millis(1))));
}
