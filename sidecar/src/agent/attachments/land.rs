//! Landing a file in the quarantine folder: under a safe name that was free, readable by its owner only.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::safe_name::{numbered, safe_name};

/// After so many files of one name the folder is full of them.
const MOST_OF_A_NAME: u32 = 10_000;

/// Gives a finished file its place; never over another. The part is gone afterwards.
pub(super) fn land(part: &Path, folder: &Path, peer: &str, name: &str) -> io::Result<PathBuf> {
    let folder = folder.join(safe_name(peer));
    crate::durable_file::make_private_folder(&folder)?;
    let name = safe_name(name);
    for number in 1..MOST_OF_A_NAME {
        let target = folder.join(numbered(&name, number));
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
            landed.push(land(&part, &quarantine, "bob", "../../notes.txt").unwrap());
            assert!(!part.exists());
        }
        let expected = ["notes.txt", "notes-2.txt", "notes-3.txt"].map(|name| quarantine.join("bob").join(name));
        assert_eq!(landed, expected);
        assert_eq!(fs::read_to_string(&landed[0]).unwrap(), "one");
        #[cfg(unix)]
        {
            // A link that waits under the next name is not followed, and not replaced.
            std::os::unix::fs::symlink("/etc/passwd", quarantine.join("bob/notes-4.txt")).unwrap();
            fs::write(&part, "four").unwrap();
            let landed = land(&part, &quarantine, "bob", "notes.txt").unwrap();
            assert_eq!(landed, quarantine.join("bob/notes-5.txt"));
        }
        fs::write(&part, "x").unwrap();
        assert!(land(&part, &quarantine, "../../bob", "x").unwrap().starts_with(&quarantine));
    }
}
