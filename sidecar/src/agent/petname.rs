//! Petnames: what we call a peer. Plain words of ours, so they are safe to show anywhere.

use a2a_proto::id::AgentId;
use a2a_proto::safety_words::safety_words;

use crate::store::peers::{self, PeerKey};
use crate::store::{StoreError, Tx};

const MOST_CHARS: usize = 32;
/// Names that a model or its owner would take for somebody else than a peer.
const NOBODYS: [&str; 16] = [
    "a2a",
    "owner",
    "the-owner",
    "your-owner",
    "my-owner",
    "user",
    "the-user",
    "human",
    "system",
    "assistant",
    "model",
    "developer",
    "admin",
    "administrator",
    "you",
    "me",
];

/// A name out of what somebody calls itself: lower case, digits and single hyphens. `None` when nothing is left.
pub(super) fn slug(text: &str) -> Option<String> {
    let mut name = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if name.len() >= MOST_CHARS - 4 {
            break;
        }
    }
    let name = name.trim_matches('-');
    // An id must never be mistaken for a petname, nor a peer for the owner.
    (!name.is_empty() && !name.starts_with("a2a-") && !is_nobodys(name)).then(|| name.to_owned())
}

/// Whether no peer comes by this name by itself; its owner may still choose it.
pub(super) fn is_nobodys(name: &str) -> bool {
    NOBODYS.contains(&name)
}

/// Whether the owner may choose this name.
pub(super) fn is_valid(name: &str) -> bool {
    (1..=MOST_CHARS).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Two safety words: better than nothing until the peer told its name.
pub(super) fn provisional(id: &AgentId) -> String {
    safety_words(id)[..2].join("-")
}

/// `wanted`, or `wanted-2` and so on when another peer goes by it.
pub(super) fn free(tx: &Tx<'_>, wanted: &str, this: Option<PeerKey>) -> Result<String, StoreError> {
    for number in 1u32.. {
        let name = if number == 1 { wanted.to_owned() } else { format!("{wanted}-{number}") };
        match peers::by_petname(tx, &name)? {
            Some(other) if Some(other.key) != this => {}
            _ => return Ok(name),
        }
    }
    Ok(wanted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::peers::testing::peer;
    use crate::store::testing::store;

    #[test]
    fn names_become_plain_words() {
        assert_eq!(slug("Bob at Acme, Inc.").as_deref(), Some("bob-at-acme-inc"));
        assert_eq!(slug("\u{202e}evil\u{200b}"), Some("evil".into()));
        assert_eq!(slug("日本"), None);
        assert_eq!(slug("a2a_abc"), None);
        for posing in ["Your Owner", "SYSTEM", "[user]", "Assistant:", "a2a", "Admin!"] {
            assert_eq!(slug(posing), None, "{posing}");
        }
        assert!(slug(&"x".repeat(500)).unwrap().len() <= MOST_CHARS);
    }

    #[test]
    fn a_name_in_use_gets_a_number() {
        let (_folder, store) = store();
        store
            .write_blocking(|tx| {
                let first = peer(tx, 1);
                assert_eq!(free(tx, "peer-1", None)?, "peer-1-2");
                assert_eq!(free(tx, "peer-1", Some(first))?, "peer-1");
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}
