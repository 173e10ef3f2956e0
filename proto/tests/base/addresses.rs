//! Relay authorities and addresses: one canonical form, and no way to plain HTTP beyond this machine.

use a2a_proto::address::{Address, AddressWho, Handle, ParseAddressError, ParseRelayError, RelayAuthority};
use a2a_proto::id::ParseAgentIdError;
use a2a_proto::scope::Scope;

use crate::fixtures::World;

fn relay(text: &str) -> Result<RelayAuthority, ParseRelayError> {
    text.parse()
}

#[test]
fn authorities_take_one_form() {
    for (text, canonical) in [
        ("relay.example.org", "relay.example.org"),
        ("Relay.Example.ORG:8443", "relay.example.org:8443"),
        ("relay.example.org:443", "relay.example.org"),
        ("relay.example.org:80", "relay.example.org:80"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("127.0.0.1:443", "127.0.0.1:443"),
        ("[::1]:8787", "[::1]:8787"),
        ("[0:0:0:0:0:0:0:1]", "[::1]"),
        ("[2001:DB8::1]:443", "[2001:db8::1]"),
        ("relay", "relay"),
    ] {
        assert_eq!(relay(text).unwrap().as_str(), canonical, "{text}");
        assert_eq!(relay(canonical).unwrap().as_str(), canonical, "{canonical}");
    }
}

#[test]
fn what_is_no_host_is_refused() {
    for text in [
        "",
        ".",
        "relay.",
        ".relay",
        "re lay",
        "relay/",
        "user@relay",
        "relay_a",
        "-relay",
        "relay-",
        "rélay",
        "a..b",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "127.0.0.01",
        "1.2.3.256",
        "[::1",
        "::1",
        "[relay]",
        "[fe80::1%25eth0]",
        "relay?x",
        "relay#x",
        "re\tlay",
        "relay.\u{ff11}",
    ] {
        assert!(relay(text).is_err(), "{text}");
    }
    assert!(relay(&"a".repeat(64)).is_err());
    assert!(relay(&["abcdefg"; 40].join(".")).is_err());
}

#[test]
fn what_is_no_port_is_refused() {
    for text in
        ["relay:", "relay:0", "relay:08", "relay:+8", "relay:65536", "relay:8787:1", "relay:a", "[::1]:", "[::1]x"]
    {
        assert!(relay(text).is_err(), "{text}");
    }
}

#[test]
fn only_this_machine_is_spoken_to_without_tls() {
    for text in ["127.0.0.1:8787", "127.255.0.9", "[::1]:1", "localhost:8787", "LOCALHOST"] {
        assert!(relay(text).unwrap().base_url().starts_with("http://"), "{text}");
    }
    for text in [
        "relay",
        "10.0.0.1",
        "0.0.0.0",
        "[::]",
        "[::ffff:127.0.0.1]",
        "localhost.example.org",
        "128.0.0.1",
        "127.0.0.1.example.org",
    ] {
        let relay = relay(text).unwrap();
        assert!(!relay.is_loopback(), "{text}");
        assert!(relay.base_url().starts_with("https://"), "{text}");
    }
}

#[test]
fn urls_name_a_relay_by_the_right_scheme_only() {
    for (url, authority) in [
        ("https://relay.example.org", "relay.example.org"),
        ("https://Relay.example.org:8443/", "relay.example.org:8443"),
        ("HTTPS://relay.example.org:443", "relay.example.org"),
        ("http://127.0.0.1:8787", "127.0.0.1:8787"),
    ] {
        assert_eq!(RelayAuthority::from_url(url).unwrap().as_str(), authority, "{url}");
    }
    for (url, error) in [
        ("http://relay.example.org", ParseRelayError::Scheme),
        ("https://127.0.0.1:8787", ParseRelayError::Scheme),
        ("ftp://relay", ParseRelayError::Scheme),
        ("relay.example.org", ParseRelayError::Scheme),
        ("https://relay.example.org/path", ParseRelayError::Path),
        ("https://relay.example.org//", ParseRelayError::Path),
        ("https://127.0.0.1@evil.example", ParseRelayError::Path),
        ("https://relay?x", ParseRelayError::Path),
        ("https://relay#x", ParseRelayError::Path),
        ("https://", ParseRelayError::Host),
    ] {
        assert_eq!(RelayAuthority::from_url(url), Err(error), "{url}");
    }
}

#[test]
fn an_address_names_an_id_or_a_handle() {
    let id = *World::new(1).certificate.id();
    let text = format!("{id}@relay.example.org");
    let address: Address = text.parse().unwrap();
    assert_eq!(address.who, AddressWho::Id(id));
    assert_eq!(address.to_string(), text);
    let address: Address = "bob@127.0.0.1:8787".parse().unwrap();
    assert!(matches!(&address.who, AddressWho::Handle(handle) if handle.as_str() == "bob"));
    assert_eq!(address.to_string(), "bob@127.0.0.1:8787");
}

#[test]
fn a_mistyped_id_is_never_taken_for_a_handle() {
    let id = World::new(1).certificate.id().to_string();
    let shortened = format!("{}@relay", &id[..20]);
    assert_eq!(shortened.parse::<Address>(), Err(ParseAddressError::Id(ParseAgentIdError::Shortened)));
    assert!(matches!("A2a_x@relay".parse::<Address>(), Err(ParseAddressError::Handle(_))));
    for text in ["", "bob", "@relay", "bob@", "bob@re@lay", "bob@@relay", " bob@relay", "bob@relay "] {
        assert!(text.parse::<Address>().is_err(), "{text}");
    }
}

#[test]
fn handles_and_scopes_are_plain_words() {
    for text in ["a", "bob-2", "0", &"x".repeat(32)] {
        assert!(text.parse::<Handle>().is_ok(), "{text}");
        assert!(text.parse::<Scope>().is_ok(), "{text}");
    }
    for text in ["", "Bob", "bob_2", "b b", "bób", "a.b", "a/b", &"x".repeat(65)] {
        assert!(text.parse::<Handle>().is_err(), "{text}");
        assert!(text.parse::<Scope>().is_err(), "{text}");
    }
    assert!("x".repeat(33).parse::<Handle>().is_err());
    assert!("x".repeat(64).parse::<Scope>().is_ok());
    assert_eq!(Scope::message().as_str(), "message");
}
