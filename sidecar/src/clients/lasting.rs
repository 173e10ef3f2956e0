//! The path under which a program will still be found after it was upgraded: a link to it, where there is one.
//!
//! A package manager keeps each version in a folder of its own and moves a link; the running program only knows the
//! folder, which the next upgrade takes away.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The path by which `running` is found in one of the folders of `search`, else the one it was started by, else itself.
///
/// `started_as` is the first word of the process, which may be anything: nothing counts that does not lead to `running`.
#[must_use]
pub fn lasting(running: &Path, started_as: Option<&OsStr>, search: &[PathBuf]) -> PathBuf {
    let started_as = started_as.map(Path::new);
    let names = [started_as.and_then(Path::file_name), running.file_name()];
    let folders = search.iter().filter(|folder| folder.is_absolute());
    let found = folders.flat_map(|folder| names.iter().flatten().map(|name| folder.join(name)));
    let started =
        started_as.filter(|path| path.components().count() > 1).and_then(|path| std::path::absolute(path).ok());
    found.chain(started).find(|path| leads_to(path, running)).unwrap_or_else(|| running.to_path_buf())
}

/// Whether two paths lead to one program.
pub(super) fn leads_to(path: &Path, program: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    path == program || real(path).is_some_and(|path| real(program) == Some(path))
}

/// Whether a path passes no link, so that it is as good as the folder it stands in.
pub(super) fn is_itself(path: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|real| real == path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_link_on_the_path_comes_before_the_way_it_was_started_and_the_program_itself() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let running = root.join("Cellar/a2a/0.1.0/bin/a2a");
        let (bin, own) = (root.join("bin"), root.join("own"));
        for folder in [running.parent().unwrap(), &bin, &own] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(&running, "").unwrap();
        let only_bin = [bin.clone()];
        let none = lasting(&running, Some(OsStr::new("a2a")), &only_bin);
        assert_eq!(none, running, "nothing leads to it");
        fs::write(bin.join("a2a"), "another").unwrap();
        assert_eq!(lasting(&running, Some(OsStr::new("a2a")), &only_bin), running, "another program");

        let link = own.join("mail");
        std::os::unix::fs::symlink(&running, &link).unwrap();
        assert_eq!(lasting(&running, Some(link.as_os_str()), &only_bin), link);
        assert_eq!(lasting(&running, Some(OsStr::new("mail")), &[bin.clone(), own.clone()]), link);

        fs::remove_file(bin.join("a2a")).unwrap();
        std::os::unix::fs::symlink(&running, bin.join("a2a")).unwrap();
        let search = [PathBuf::from("relative"), bin.clone()];
        for started_as in [None, Some(running.as_os_str()), Some(link.as_os_str())] {
            assert_eq!(lasting(&running, started_as, &search), bin.join("a2a"));
        }
    }
}
