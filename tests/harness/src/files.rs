//! Looks for raw bytes in everything a process left on disk.

use std::path::Path;

use anyhow::{Context, Result};

/// Whether `needle` stands in any file under `folder`.
pub fn holds_bytes(folder: &Path, needle: &[u8]) -> Result<bool> {
    let listed = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    // A store's log before the store: what moves goes from the one to the other.
    paths.sort_by_key(|path| !path.to_string_lossy().ends_with("-wal"));
    for path in paths {
        let found = if path.is_dir() { holds_bytes(&path, needle)? } else { file_holds(&path, needle)? };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

fn file_holds(path: &Path, needle: &[u8]) -> Result<bool> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(contains(&bytes, needle)),
        // A journal may be gone between the listing and the look: then it holds nothing.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// Whether `needle` is part of `bytes`.
pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    let Some(&first) = needle.first() else {
        return true;
    };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|&byte| byte == first) {
        rest = &rest[at..];
        if rest.starts_with(needle) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn finds_a_part_and_only_a_part() {
        assert!(contains(b"xaab", b"aab"));
        assert!(contains(b"aab", b"aab"));
        assert!(!contains(b"aaxb", b"aab"));
        assert!(!contains(b"", b"a"));
    }
}
