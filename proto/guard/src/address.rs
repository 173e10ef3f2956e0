//! Which addresses are public: all that no registry sets aside, and nothing else.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::blocks::{IPV4, IPV6};

/// Azure's host agent: a public address by the registries, an inner service by what answers there.
const AZURE_WIRE_SERVER: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
/// Multicast has a registry of its own (RFC 5771).
const IPV4_MULTICAST: (Ipv4Addr, u32) = (Ipv4Addr::new(224, 0, 0, 0), 4);
/// All of IPv6 that is handed out for the public internet (RFC 4291, section 2.4); the registries cut pieces out of it.
const IPV6_GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Whether an address is of the public internet.
///
/// Denied by default: IPv4 that any registry sets aside for anything, and IPv6 outside 2000::/3 or set aside. An IPv6
/// address that carries an IPv4 one (mapped, NAT64, 6to4, Teredo …) is denied with its block, whatever it carries.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let set_aside = IPV4.iter().chain([&IPV4_MULTICAST]).any(|block| contains_v4(*block, address));
    !set_aside && address != AZURE_WIRE_SERVER
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let set_aside = IPV6.iter().any(|block| contains_v6(*block, address));
    contains_v6(IPV6_GLOBAL_UNICAST, address) && !set_aside && isatap(address).is_none_or(is_public_v4)
}

fn contains_v4((network, bits): (Ipv4Addr, u32), address: Ipv4Addr) -> bool {
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    address.to_bits() & mask == network.to_bits()
}

fn contains_v6((network, bits): (Ipv6Addr, u32), address: Ipv6Addr) -> bool {
    let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
    address.to_bits() & mask == network.to_bits()
}

/// The IPv4 address in an ISATAP interface identifier (RFC 5214): it may stand under any prefix.
fn isatap(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [.., 0x0000 | 0x0200, 0x5efe, high, low] => Some(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))),
        _ => None,
    }
}
