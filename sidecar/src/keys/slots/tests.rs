//! Tests of the key slots: every byte counts, and a wrong secret is not damage.

use super::*;

const SECRET: [u8; 32] = [7; 32];

fn slot() -> (Slot, DatabaseKey) {
    let key = Zeroizing::new([42; 32]);
    let slot = Slot::wrap(SlotKind::Keychain, None, [1; 16], &SECRET, &key).unwrap();
    (slot, key)
}

#[test]
fn opens_under_its_secret() {
    let (slot, key) = slot();
    assert_eq!(slot.open(&SECRET).unwrap(), key);
}

#[test]
fn a_wrong_secret_is_said_to_be_wrong() {
    let (slot, _) = slot();
    assert_eq!(slot.open(&[8; 32]), Err(SlotError::WrongSecret));
}

#[test]
fn any_changed_byte_is_damage() {
    let text = serde_json::to_string(&slot().0).unwrap();
    for field in ["salt", "nonce", "commitment", "wrapped", "check"] {
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let bytes = value[field].as_str().unwrap();
        let mut bytes = BASE64URL_NOPAD.decode(bytes.as_bytes()).unwrap();
        bytes[0] ^= 1;
        value[field] = BASE64URL_NOPAD.encode(&bytes).into();
        let changed: Slot = serde_json::from_value(value).unwrap();
        assert_eq!(changed.open(&SECRET), Err(SlotError::Damaged), "{field}");
    }
}

/// The check value is no secret: who forges a slot can make it fit. The AEAD still refuses.
#[test]
fn a_forger_who_mends_the_check_value_gains_nothing() {
    let (mut forged, _) = slot();
    forged.wrapped.0[0] ^= 1;
    forged.check = forged.digest();
    assert_eq!(forged.open(&SECRET), Err(SlotError::Damaged));

    let (mut forged, _) = slot();
    forged.kind = SlotKind::Passphrase;
    forged.check = forged.digest();
    assert_eq!(forged.open(&SECRET), Err(SlotError::Damaged));
}

#[test]
fn the_same_key_is_never_wrapped_to_the_same_bytes() {
    assert_ne!(slot().0.wrapped, slot().0.wrapped);
}

#[test]
fn a_newer_file_is_not_called_damaged() {
    let newer = br#"{"version":2,"slots":"something else"}"#;
    assert!(matches!(KeySlots::parse(newer), Err(VaultError::Newer)));
    for damaged in [&b""[..], b"{", br#"{"version":1}"#, b"\xff\xff"] {
        let parsed = KeySlots::parse(damaged);
        assert!(matches!(parsed, Err(VaultError::Damaged { .. })));
    }
}

#[test]
fn the_file_names_the_vault_that_can_open_it() {
    let slots = KeySlots::of(slot().0);
    assert!(slots.of_kind(SlotKind::Keychain).is_ok());
    let other = slots.of_kind(SlotKind::Passphrase);
    assert!(matches!(other, Err(VaultError::OtherVault { rests_in: "keychain", asked: "passphrase file" })));
}

/// Pins the file's shape: changing it needs a new version and a way to read the old one.
#[test]
fn the_file_reads_as_it_was_first_written() {
    let slots = KeySlots::parse(include_bytes!("version_1.json")).unwrap();
    let slot = slots.of_kind(SlotKind::Keychain).unwrap();
    assert_eq!(*slot.open(&SECRET).unwrap(), [42; 32]);
}
