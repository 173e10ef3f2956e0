//! Landing a file in the quarantine folder: under a name of ours that was free, readable by its owner only.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::safe_name::{folder_of, number_of, numbered};

/// How many others may take a number while we look for a free one.
const MOST_TRIES: u64 = 1_000;

/// Gives a finished file its place; never over another. The part is gone afterwards.
pub(crate) fn land(part: &Path, folder: &Path, peer: &str, name: &str) -> io::Result<PathBuf> {
    let folder = folder.join(folder_of(peer));
    crate::durable_file::make_private_folder(&folder)?;
    let first = next_number(&folder)?;
    for number in first..first.saturating_add(MOST_TRIES) {
        let target = folder.join(numbered(name, number));
        // A second name for a file is only given where there is none of that name.
        match fs::hard_link(part, &target) {
            Ok(()) => {
                fs::remove_file(part)?;
                crate::durable_file::sync(&folder)?;
                return Ok(target);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// One more than the highest number in the folder.
fn next_number(folder: &Path) -> io::Result<u64> {
    let mut highest = 0;
    for entry in fs::read_dir(folder)? {
        let number = entry?.file_name().to_str().and_then(number_of);
        highest = highest.max(number.unwrap_or(0));
    }
    Ok(highest.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_overwritten_and_nothing_lands_outside() {
        let home = tempfile::tempdir().unwrap();
        let (part, quarantine) = (home.path().join("part"), home.path().join("quarantine"));
        let mut landed = Vec::new();
        for text in ["one", "two", "three"] {
            fs::write(&part, text).unwrap();
            landed.push(land(&part, &quarantine, "bob", "../../Notes of the owner.txt").unwrap());
            assert!(!part.exists());
        }
        let expected = ["file-1.txt", "file-2.txt", "file-3.txt"].map(|name| quarantine.join("bob").join(name));
        assert_eq!(landed, expected);
        assert_eq!(fs::read_to_string(&landed[0]).unwrap(), "one");
        #[cfg(unix)]
        {
            // A link that waits under the next name is not followed, and not replaced.
            std::os::unix::fs::symlink("/etc/passwd", quarantine.join("bob/file-4.txt")).unwrap();
            fs::write(&part, "four").unwrap();
            let landed = land(&part, &quarantine, "bob", "notes.txt").unwrap();
            assert_eq!(landed, quarantine.join("bob/file-5.txt"));
        }
        fs::write(&part, "x").unwrap();
        assert!(land(&part, &quarantine, "../../bob", "x").unwrap().starts_with(&quarantine));
    }
}
