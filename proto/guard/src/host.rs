//! Which hosts may be called, as far as a host tells by itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Forbidden, is_public};

const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// Last labels that mean a private network, by RFC 6761, 6762, 7686, 8375 and 9476, by ICANN's reservation of
/// `internal`, and by the habit of home routers and offices.
const LOCAL_ENDINGS: &[&str] = &[
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "lan",
    "home",
    "corp",
    "home.arpa",
    "onion",
    "test",
    "invalid",
    "alt",
    "svc",
];

/// Checks a host as an address or an authority names it (IPv6 with or without brackets), before any look-up.
///
/// A name that passes still has to lead to public addresses only: [`crate::PinningResolver`] sees to that.
pub fn check_host(host: &str) -> Result<(), Forbidden> {
    match literal(host) {
        Some(address) if is_public(address) => Ok(()),
        Some(_) => Err(Forbidden::NotPublic),
        None => check_name(host),
    }
}

/// Whether a host means this machine: loopback, the unspecified address that systems lead there, and its names.
pub fn is_loopback_host(host: &str) -> bool {
    match literal(host) {
        Some(IpAddr::V4(address)) => is_here(address),
        Some(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unspecified() || address.to_ipv4_mapped().is_some_and(is_here)
        }
        None => ends_with_label(host, "localhost"),
    }
}

fn is_here(address: Ipv4Addr) -> bool {
    address.is_loopback() || address.is_unspecified()
}

/// The address that a host is, if it is one.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match bare {
        Some(inside) => inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

/// A full name of letters, digits and hyphens, with a last label that is no number and no private network's.
pub(crate) fn check_name(name: &str) -> Result<(), Forbidden> {
    if LOCAL_ENDINGS.iter().any(|ending| ends_with_label(name.trim_end_matches('.'), ending)) {
        return Err(Forbidden::LocalName);
    }
    let labels: Vec<&str> = name.split('.').collect();
    let is_full = labels.len() > 1 && name.len() <= MAX_NAME_BYTES && labels.iter().all(|label| is_label(label));
    let top_is_a_number = labels.last().is_some_and(|top| is_numeric(top));
    if is_full && !top_is_a_number { Ok(()) } else { Err(Forbidden::Name) }
}

fn is_label(label: &str) -> bool {
    let is_ldh = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_edged = label.starts_with('-') || label.ends_with('-');
    is_ldh && !is_edged && (1..=MAX_LABEL_BYTES).contains(&label.len())
}

/// What some resolver would read as part of an IPv4 address.
fn is_numeric(label: &str) -> bool {
    let lower = label.to_ascii_lowercase();
    let digits = lower.strip_prefix("0x").unwrap_or(&lower);
    let is_hexadecimal = lower.starts_with("0x") && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal || lower.bytes().all(|byte| byte.is_ascii_digit())
}

fn ends_with_label(name: &str, ending: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.strip_suffix(ending).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}
