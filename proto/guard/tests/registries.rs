//! The address table is what the IANA registries say: generated from them, and every block's edges are denied.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics has failed")]

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const IPV4: &str = include_str!("../registries/iana-ipv4-special-registry.csv");
const IPV6: &str = include_str!("../registries/iana-ipv6-special-registry.csv");
const TABLE: &str = include_str!("../src/blocks.rs");

struct Block {
    network: IpAddr,
    bits: u32,
    name: String,
}

/// The rows of a registry: some hold two blocks, some a note in brackets.
fn blocks(registry: &str) -> Vec<Block> {
    let rows = registry.lines().skip(1).filter(|line| !line.is_empty());
    let of_row = |row: &str| {
        let columns = columns(row);
        let blocks: Vec<Block> = columns[0].split(',').map(|text| block(text, &columns[1])).collect();
        blocks
    };
    rows.flat_map(of_row).collect()
}

fn block(text: &str, name: &str) -> Block {
    let text = text.trim().split(' ').next().unwrap();
    let (network, bits) = text.split_once('/').unwrap();
    Block { network: network.parse().unwrap(), bits: bits.parse().unwrap(), name: name.to_owned() }
}

fn columns(row: &str) -> Vec<String> {
    let (mut columns, mut quoted) = (vec![String::new()], false);
    for character in row.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => columns.push(String::new()),
            other => columns.last_mut().unwrap().push(other),
        }
    }
    columns
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn address(number: u128, like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => Ipv4Addr::from_bits(u32::try_from(number).unwrap()).into(),
        IpAddr::V6(_) => Ipv6Addr::from_bits(number).into(),
    }
}

fn size(block: &Block) -> u128 {
    1_u128.checked_shl(width(block.network) - block.bits).unwrap_or(u128::MAX)
}

fn covers(outer: &Block, inner: &Block) -> bool {
    let start = number(inner.network);
    outer.bits < inner.bits && (number(outer.network)..number(outer.network) + size(outer)).contains(&start)
}

/// A block inside another adds nothing.
fn outermost(blocks: Vec<Block>) -> Vec<Block> {
    let inside: Vec<bool> = blocks.iter().map(|block| blocks.iter().any(|outer| covers(outer, block))).collect();
    blocks.into_iter().zip(inside).filter(|(_, inside)| !inside).map(|(block, _)| block).collect()
}

fn table() -> String {
    let mut text = String::from(
        "//! The blocks that the IANA special-purpose address registries set aside: generated, see `tests/registries.rs`.\n\n\
         use std::net::{Ipv4Addr, Ipv6Addr};\n",
    );
    for (name, kind, registry) in [("IPV4", "Ipv4Addr", IPV4), ("IPV6", "Ipv6Addr", IPV6)] {
        writeln!(text, "\n/// From the registry of {name} special-purpose addresses.").unwrap();
        writeln!(text, "pub(crate) const {name}: &[({kind}, u32)] = &[").unwrap();
        for block in outermost(blocks(registry)) {
            let parts = match block.network {
                IpAddr::V4(address) => address.octets().map(|part| part.to_string()).join(", "),
                IpAddr::V6(address) => address.segments().map(|part| format!("{part:#x}")).join(", "),
            };
            writeln!(text, "    // {}", block.name).unwrap();
            writeln!(text, "    ({kind}::new({parts}), {}),", block.bits).unwrap();
        }
        text.push_str("];\n");
    }
    text
}

/// After taking over newer registries: `A2A_REGENERATE=1 cargo test -p a2a-guard --test registries`, then look at the
/// difference.
#[test]
fn the_table_is_generated_from_the_registries() {
    if std::env::var_os("A2A_REGENERATE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/blocks.rs"), table()).unwrap();
    }
    assert_eq!(TABLE, table(), "src/blocks.rs is not what the registries give");
}

#[test]
fn every_block_is_denied_from_end_to_end() {
    let all: Vec<Block> = blocks(IPV4).into_iter().chain(blocks(IPV6)).collect();
    assert!(all.len() > 50, "only {} blocks were read", all.len());
    for block in all {
        let (first, last) = (number(block.network), number(block.network) + (size(&block) - 1));
        for number in [first, first + (last - first) / 2, last] {
            let address = address(number, block.network);
            assert!(!a2a_guard::is_public(address), "{address} of {}/{}", block.network, block.bits);
        }
    }
}

/// Default-deny shows beyond the registries: everything outside 2000::/3.
#[test]
fn ipv6_is_denied_unless_it_is_handed_out() {
    for text in ["::2", "1::", "1fff:ffff::", "4000::", "5000::1", "8000::", "a000::", "fec0::1", "ff02::1", "feff::1"]
    {
        assert!(!a2a_guard::is_public(text.parse().unwrap()), "{text}");
    }
}
