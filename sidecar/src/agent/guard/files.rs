//! Secrets in the text of files, looked for piece by piece while they are sealed.

use serde::{Deserialize, Serialize};

use super::secrets;

/// So much of one piece is looked at again with the next: a secret may stand across both.
const OVERLAP: usize = 4096;
/// So many secrets of one file are named.
const MOST_NAMED: usize = 6;

/// A secret in a file: what it is, its first characters, and how long it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::agent) struct Found {
    pub(super) kind: String,
    pub(super) piece: String,
}

/// A look through one file. What holds a zero byte is no text and is not looked at.
#[derive(Default)]
pub(in crate::agent) struct FileScan {
    tail: Vec<u8>,
    found: Vec<Found>,
    is_binary: bool,
}

impl FileScan {
    /// Looks at the next piece.
    pub(in crate::agent) fn take(&mut self, piece: &[u8]) {
        self.is_binary |= piece.contains(&0);
        if self.is_binary || self.found.len() >= MOST_NAMED {
            return;
        }
        self.tail.extend_from_slice(piece);
        let text = String::from_utf8_lossy(&self.tail);
        for hit in secrets::scan(&text) {
            let found = Found { kind: hit.kind.to_owned(), piece: hit.masked(&text) };
            if !self.found.contains(&found) && self.found.len() < MOST_NAMED {
                self.found.push(found);
            }
        }
        drop(text);
        self.tail.drain(..self.tail.len().saturating_sub(OVERLAP));
    }

    /// What was found.
    pub(in crate::agent) fn found(self) -> Vec<Found> {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_across_two_pieces_is_found_and_a_picture_is_left_alone() {
        let token = format!("ghp_{}", "q7Zk2mP9xW4rT1vB8nL3".repeat(2));
        let (start, end) = token.split_at(17);
        let mut scan = FileScan::default();
        scan.take(format!("{}\ntoken {start}", "line\n".repeat(3_000)).as_bytes());
        scan.take(format!("{end}\nmore").as_bytes());
        let found = scan.found();
        assert!(found.iter().any(|found| found.kind == "a GitHub token" && found.piece.contains("44")), "{found:?}");

        let mut scan = FileScan::default();
        scan.take(format!("\0{token}").as_bytes());
        assert!(scan.found().is_empty());
    }
}
