//! What leads out of an allowed folder, and what is no ordinary file, is not opened.

use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

struct Place {
    _folder: tempfile::TempDir,
    allowed: PathBuf,
    outside: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (allowed, outside) = (root.join("allowed"), root.join("outside"));
    for place in [&allowed, &outside] {
        std::fs::create_dir_all(place.join("deep")).unwrap();
        std::fs::write(place.join("deep/file.txt"), place.display().to_string()).unwrap();
    }
    std::fs::write(outside.join("secret"), "secret").unwrap();
    Place { _folder: folder, allowed, outside }
}

fn open_in(place: &Place, path: &Path) -> Result<Opened, AttachError> {
    open(path, std::iter::once(place.allowed.to_str().unwrap()))
}

#[test]
fn a_file_under_an_allowed_folder_is_opened_by_its_name() {
    let place = place();
    let mut opened = open_in(&place, &place.allowed.join("deep/file.txt")).unwrap();
    let mut text = String::new();
    opened.file.read_to_string(&mut text).unwrap();
    assert_eq!((opened.name.as_str(), opened.size), ("file.txt", text.len() as u64));
    assert_eq!(text, place.allowed.display().to_string());
}

#[test]
fn nothing_is_opened_outside_and_without_a_folder() {
    let place = place();
    let file = place.allowed.join("deep/file.txt");
    assert!(matches!(open(&file, std::iter::empty()), Err(AttachError::NoFolders)));
    assert!(matches!(open_in(&place, &place.outside.join("secret")), Err(AttachError::NotAllowed { .. })));
    let up = place.allowed.join("deep/../../outside/secret");
    assert!(matches!(open_in(&place, &up), Err(AttachError::NotAbsolute { .. })));
    assert!(matches!(open_in(&place, Path::new("deep/file.txt")), Err(AttachError::NotAbsolute { .. })));
    // A folder whose name only begins like an allowed one.
    let sibling = place.allowed.with_file_name("allowed-not");
    std::fs::create_dir(&sibling).unwrap();
    std::fs::write(sibling.join("x"), "x").unwrap();
    assert!(matches!(open_in(&place, &sibling.join("x")), Err(AttachError::NotAllowed { .. })));
}

#[test]
fn links_lead_nowhere() {
    let place = place();
    let link = place.allowed.join("link");
    symlink(place.outside.join("secret"), &link).unwrap();
    assert!(matches!(open_in(&place, &link), Err(AttachError::Link { .. })));
    let folder = place.allowed.join("way");
    symlink(&place.outside, &folder).unwrap();
    assert!(matches!(open_in(&place, &folder.join("secret")), Err(AttachError::NotAllowed { .. })));
    // Also one that stays inside: what a name leads to must not change under the check.
    let inside = place.allowed.join("inside");
    symlink(place.allowed.join("deep/file.txt"), &inside).unwrap();
    assert!(matches!(open_in(&place, &inside), Err(AttachError::Link { .. })));
    let second_name = place.allowed.join("hard");
    std::fs::hard_link(place.outside.join("secret"), &second_name).unwrap();
    assert!(matches!(open_in(&place, &second_name), Err(AttachError::SeveralNames { .. })));
}

#[test]
fn hidden_files_folders_and_pipes_are_not_sent() {
    let place = place();
    for hidden in [".env", "deep/.git/config"] {
        let path = place.allowed.join(hidden);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "x").unwrap();
        assert!(matches!(open_in(&place, &path), Err(AttachError::Hidden { .. })), "{hidden}");
    }
    assert!(matches!(open_in(&place, &place.allowed.join("deep")), Err(AttachError::NotAFile { .. })));
    let pipe = place.allowed.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(matches!(open_in(&place, &pipe), Err(AttachError::NotAFile { .. })));
    assert!(matches!(open_in(&place, &place.allowed.join("gone")), Err(AttachError::NotFound { .. })));
}

/// While somebody swaps a folder for a link to another, what is opened is never what lies outside.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_is_swapped_under_the_check_leads_nowhere() {
    let place = place();
    let (swapped, real, link) = (place.allowed.join("s"), place.allowed.join("real"), place.allowed.join("link"));
    std::fs::create_dir(&real).unwrap();
    std::fs::write(real.join("file.txt"), "inside").unwrap();
    symlink(place.outside.join("deep"), &link).unwrap();
    std::fs::rename(&real, &swapped).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let swapper = {
        let (over, swapped, link) = (Arc::clone(&over), swapped.clone(), link.clone());
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                use rustix::fs::{CWD, RenameFlags, renameat_with};
                renameat_with(CWD, &swapped, CWD, &link, RenameFlags::EXCHANGE).unwrap();
            }
        })
    };
    let mut opened = 0;
    for _ in 0..20_000 {
        let Ok(mut found) = open_in(&place, &swapped.join("file.txt")) else { continue };
        let mut text = String::new();
        found.file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "inside");
        opened += 1;
    }
    over.store(true, Ordering::Relaxed);
    swapper.join().unwrap();
    assert!(opened > 0, "the race was never won the right way: nothing was tested");
}
