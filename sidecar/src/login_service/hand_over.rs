//! The owner's program that the service hands each message to: found when it is set up, so that what starts at login,
//! in another folder and with another `PATH`, is what the owner meant.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::LoginServiceError;

/// A program by its full path, its arguments, and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    words: Vec<String>,
    timeout: Duration,
}

impl HandOver {
    /// The program of a command line as it is found from the folder `here`, or in one of the folders of `search`; none
    /// when the line is empty.
    pub fn find(
        line: &[String],
        timeout: Duration,
        here: &Path,
        search: &[PathBuf],
    ) -> Result<Option<Self>, LoginServiceError> {
        let Some((name, arguments)) = line.split_first() else { return Ok(None) };
        let program = full_path(name, here, search).ok_or_else(|| LoginServiceError::NoProgram(name.clone()))?;
        let program = program.into_os_string().into_string().map_err(|_| LoginServiceError::Unwritable)?;
        let words = std::iter::once(program).chain(arguments.iter().cloned()).collect();
        Ok(Some(Self { words, timeout }))
    }

    /// What stands behind `a2a watch`.
    pub(super) fn arguments(&self) -> Vec<String> {
        let timeout = humantime::format_duration(self.timeout).to_string();
        let mut arguments = vec!["--timeout".to_owned(), timeout, "--exec".to_owned()];
        arguments.extend(self.words.iter().cloned());
        arguments
    }
}

/// As a shell looks for it: a word with a folder in it is meant from here, any other is on the path.
fn full_path(name: &str, here: &Path, search: &[PathBuf]) -> Option<PathBuf> {
    let is_path = Path::new(name).components().count() > 1 || Path::new(name).is_absolute();
    let folders =
        if is_path { vec![here.to_path_buf()] } else { search.iter().map(|folder| here.join(folder)).collect() };
    let endings = ["", std::env::consts::EXE_SUFFIX];
    let found = folders.iter().flat_map(|folder| endings.map(|ending| folder.join(format!("{name}{ending}"))));
    let found = found.map(|path| path.components().collect::<PathBuf>());
    { found }.find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_program_is_written_by_its_full_path() {
        let folder = tempfile::tempdir().unwrap();
        let (here, bin) = (folder.path().join("here"), folder.path().join("bin"));
        for (folder, mode) in [(&here, 0o644), (&bin, 0o755)] {
            fs::create_dir_all(folder).unwrap();
            fs::write(folder.join("notify"), "").unwrap();
            fs::set_permissions(folder.join("notify"), Permissions::from_mode(mode)).unwrap();
        }
        let search = [here.clone(), bin.clone()];
        let find = |name: &str, here: &Path| {
            let line = [name.to_owned(), "--loud".to_owned()];
            HandOver::find(&line, Duration::from_secs(90), here, &search).map(|found| found.unwrap().arguments())
        };
        let program = bin.join("notify").display().to_string();
        let expected = ["--timeout", "1m 30s", "--exec", &program, "--loud"];
        assert_eq!(find("notify", &here).unwrap(), expected, "what cannot be started is passed by");
        assert_eq!(find("./notify", &bin).unwrap(), expected);
        assert_eq!(find("../bin/./notify", &bin).unwrap()[3], bin.join("../bin/notify").display().to_string());
        assert_eq!(find(&program, &here).unwrap(), expected);
        for none in ["./notify", "nothing", ""] {
            assert!(matches!(find(none, &here), Err(LoginServiceError::NoProgram(name)) if name == none), "{none}");
        }
        assert_eq!(HandOver::find(&[], Duration::ZERO, &here, &search).unwrap(), None);
    }
}
