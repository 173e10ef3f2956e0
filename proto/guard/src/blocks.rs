//! The blocks that the IANA special-purpose address registries set aside: generated, see `tests/registries.rs`.

use std::net::{Ipv4Addr, Ipv6Addr};

/// From the registry of IPV4 special-purpose addresses.
pub(crate) const IPV4: &[(Ipv4Addr, u32)] = &[
    // This network
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    // Private-Use
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    // Shared Address Space
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Loopback
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link Local
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // Private-Use
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    // IETF Protocol Assignments
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation (TEST-NET-1)
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    // AS112-v4
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    // AMT
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    // Deprecated (6to4 Relay Anycast)
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Private-Use
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Direct Delegation AS112 Service
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    // Benchmarking
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Documentation (TEST-NET-2)
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    // Documentation (TEST-NET-3)
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Reserved
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// From the registry of IPV6 special-purpose addresses.
pub(crate) const IPV6: &[(Ipv6Addr, u32)] = &[
    // Loopback Address
    (Ipv6Addr::new(0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x1), 128),
    // Unspecified Address
    (Ipv6Addr::new(0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 128),
    // IPv4-mapped Address
    (Ipv6Addr::new(0x0, 0x0, 0x0, 0x0, 0x0, 0xffff, 0x0, 0x0), 96),
    // IPv4-IPv6 Translat.
    (Ipv6Addr::new(0x64, 0xff9b, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 96),
    // IPv4-IPv6 Translat.
    (Ipv6Addr::new(0x64, 0xff9b, 0x1, 0x0, 0x0, 0x0, 0x0, 0x0), 48),
    // Discard-Only Address Block
    (Ipv6Addr::new(0x100, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 64),
    // Dummy IPv6 Prefix
    (Ipv6Addr::new(0x100, 0x0, 0x0, 0x1, 0x0, 0x0, 0x0, 0x0), 64),
    // IETF Protocol Assignments
    (Ipv6Addr::new(0x2001, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 23),
    // Documentation
    (Ipv6Addr::new(0x2001, 0xdb8, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 32),
    // 6to4
    (Ipv6Addr::new(0x2002, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 16),
    // Direct Delegation AS112 Service
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0x0, 0x0, 0x0, 0x0, 0x0), 48),
    // Documentation
    (Ipv6Addr::new(0x3fff, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 20),
    // Segment Routing (SRv6) SIDs
    (Ipv6Addr::new(0x5f00, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 16),
    // Unique-Local
    (Ipv6Addr::new(0xfc00, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 7),
    // Link-Local Unicast
    (Ipv6Addr::new(0xfe80, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0, 0x0), 10),
];
