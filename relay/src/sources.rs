//! Keeps one source from taking all the connections: counted while they are open, in memory only, and told to nobody.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Open connections by source. An IPv6 source is its /64: a household has as many addresses as it likes.
#[derive(Clone)]
pub(crate) struct Sources {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One open connection of a source; given back when dropped.
pub(crate) struct FromSource {
    sources: Sources,
    source: IpAddr,
}

impl Sources {
    /// At most `most` from each.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// Counts a connection in, unless its source has as many as it may.
    pub(crate) fn admit(&self, address: IpAddr) -> Option<FromSource> {
        let source = source_of(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(source).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(FromSource { sources: self.clone(), source })
    }
}

impl Drop for FromSource {
    fn drop(&mut self) {
        let mut open = self.sources.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.source);
            }
        }
    }
}

fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_its_share_and_others_theirs() {
        let sources = Sources::new(2);
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let held: Vec<_> = (0..2).map(|_| sources.admit(address("192.0.2.1"))).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(sources.admit(address("192.0.2.1")).is_none());
        assert!(sources.admit(address("::ffff:192.0.2.1")).is_none());
        assert!(sources.admit(address("192.0.2.2")).is_some());
        drop(held);
        assert!(sources.admit(address("192.0.2.1")).is_some());
        assert!(sources.open.lock().unwrap().is_empty());
    }

    #[test]
    fn a_household_is_one_source() {
        let sources = Sources::new(1);
        let _first = sources.admit("2001:db8:1:1::1".parse().unwrap()).unwrap();
        assert!(sources.admit("2001:db8:1:1:ffff::2".parse().unwrap()).is_none());
        assert!(sources.admit("2001:db8:1:2::1".parse().unwrap()).is_some());
    }
}
