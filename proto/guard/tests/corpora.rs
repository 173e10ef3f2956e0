//! URLs and addresses of the public attack collections are refused, each for the reason it should be; usual ones are not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics has failed")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use a2a_guard::{CallbackUrl, Forbidden, Rules, check_host, is_public};

/// `REASON<tab>URL`; a line that begins with `# ` says where the following ones come from.
const REFUSED: &str = include_str!("corpora/refused.txt");
const ACCEPTED: &str = include_str!("corpora/accepted.txt");

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with("# "))
}

fn refusal(url: &str) -> Option<Forbidden> {
    CallbackUrl::parse(url, &Rules::default()).err()
}

#[test]
fn every_url_of_the_collections_is_refused_for_its_reason() {
    let cases: Vec<(&str, &str)> = lines(REFUSED).map(|line| line.split_once('\t').unwrap()).collect();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .map(|(reason, url)| (reason, url, refusal(url)))
        .filter(|(reason, _, found)| found.map(|found| format!("{found:?}")).as_deref() != Some(reason))
        .map(|(reason, url, found)| format!("{url:?} gives {found:?}, not {reason}"))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn a_url_has_an_end() {
    let long = format!("https://example.com/{}", "a".repeat(2048));
    assert_eq!(refusal(&long), Some(Forbidden::TooLong));
}

#[test]
fn usual_urls_are_accepted() {
    let urls: Vec<&str> = lines(ACCEPTED).collect();
    assert!(urls.len() >= 60, "{} URLs", urls.len());
    let refused: Vec<String> =
        urls.iter().filter_map(|url| refusal(url).map(|reason| format!("{url}: {reason:?}"))).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn an_operator_may_allow_other_ports_and_this_machine() {
    let rules = Rules { ports: vec![9443], this_machine: true };
    let parse = |url| CallbackUrl::parse(url, &rules).err();
    assert_eq!(parse("https://example.com:9443/"), None);
    assert_eq!(parse("https://example.com/"), Some(Forbidden::Port));
    for url in ["http://127.0.0.1:9000/hook", "http://localhost:9000/hook", "http://[::1]:9000/"] {
        assert_eq!(parse(url), None, "{url}");
        assert_eq!(refusal(url), Some(Forbidden::Scheme), "{url}");
    }
    assert_eq!(parse("http://user@127.0.0.1:9000/"), Some(Forbidden::Userinfo));
    assert_eq!(parse("http://192.168.1.1/"), Some(Forbidden::Scheme));
    assert_eq!(parse("http://example.com/"), Some(Forbidden::Scheme));
}

/// Inner addresses in IPv4, one for each kind.
const INNER: [Ipv4Addr; 12] = [
    Ipv4Addr::new(0, 0, 0, 0),
    Ipv4Addr::new(10, 0, 0, 1),
    Ipv4Addr::new(100, 64, 0, 1),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(127, 0, 0, 1),
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(172, 16, 0, 1),
    Ipv4Addr::new(192, 168, 0, 1),
    Ipv4Addr::new(198, 18, 0, 1),
    Ipv4Addr::new(224, 0, 0, 1),
    Ipv4Addr::new(255, 255, 255, 255),
    Ipv4Addr::new(168, 63, 129, 16),
];

/// Every way to carry an IPv4 address in an IPv6 one, as in the tests of smokescreen and ssrf_filter.
fn embeddings(inner: Ipv4Addr) -> Vec<Ipv6Addr> {
    let bits = u128::from(inner.to_bits());
    let [a, b, c, d] = inner.octets().map(u128::from);
    let under = |prefix: &str| prefix.parse::<Ipv6Addr>().unwrap().to_bits();
    let low = |prefix| under(prefix) | bits;
    // RFC 6052, section 2.2: with short prefixes the address is split around bits 64 to 71.
    let split_48 = under("64:ff9b:1::") | (a << 72) | (b << 64) | (c << 48) | (d << 40);
    let forms = [
        low("::"),
        low("::ffff:0:0"),
        low("::ffff:0:0:0"),
        low("64:ff9b::"),
        low("64:ff9b:1::"),
        split_48,
        under("2002::") | (bits << 80),
        under("2001:0:4136:e378::") | (0x8000_u128 << 48) | (bits ^ 0xffff_ffff),
        low("fe80::5efe:0:0"),
        low("2606:4700::5efe:0:0"),
        low("2606:4700::200:5efe:0:0"),
        low("fc00::"),
        low("fec0::"),
    ];
    forms.map(Ipv6Addr::from_bits).to_vec()
}

#[test]
fn an_inner_address_is_refused_in_whatever_it_is_wrapped() {
    let mut cases = 0;
    for inner in INNER {
        let wrapped = embeddings(inner).into_iter().map(IpAddr::V6);
        for address in wrapped.chain([IpAddr::V4(inner)]) {
            assert!(!is_public(address), "{address} holds {inner}");
            assert_eq!(check_host(&address.to_string()), Err(Forbidden::NotPublic), "{address}");
            cases += 1;
        }
    }
    assert!(cases >= 150, "{cases} cases");
}

/// Edges of the denied blocks, from outside, and addresses that everybody calls.
#[test]
fn public_addresses_are_accepted() {
    let public = "1.0.0.0 1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0
        126.255.255.255 128.0.0.0 168.63.129.15 168.63.129.17 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0
        172.217.6.78 191.255.255.255 192.0.1.0 192.0.3.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0
        198.51.99.255 198.51.101.0 203.0.112.255 203.0.114.0 223.255.255.255 2000::1 2001:200::1 2001:4860:4860::8888
        2003::1 2400:cb00::1 2606:2800:220:1:248:1893:25c8:1946 2606:4700:4700::1111 2620:4f:7fff::1 2620:4f:8001::1
        2a00:1450:4001::200e 2a02:26f0::1 3ffe::1 2606:4700::5efe:808:808";
    for text in public.split_whitespace() {
        assert!(is_public(text.parse().unwrap()), "{text}");
        assert_eq!(check_host(text), Ok(()), "{text}");
    }
}
