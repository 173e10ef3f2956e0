//! Whether the system starts `a2a watch` at login, and what it was told to do: read from the service's file.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::LoginService;
use crate::clients::Program;

/// What stands in the service's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Absent,
    /// There is one.
    Present {
        /// Where.
        file: PathBuf,
        /// Whether it starts this program, for this agent.
        is_ours: bool,
        /// Whether each new message is handed to a program of the owner's.
        hands_over: bool,
    },
    /// It cannot be read; what the system said.
    Unreadable(String),
}

impl LoginService {
    /// How it stands; nothing is started or asked.
    #[must_use]
    pub fn standing(&self, program: &Program) -> Standing {
        match fs::read_to_string(&self.file) {
            Ok(text) => Standing::Present {
                file: self.file.clone(),
                is_ours: begins_like(&text, &self.text(program, None)),
                hands_over: text.contains("--exec"),
            },
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Standing::Absent,
            Err(cause) => Standing::Unreadable(cause.to_string()),
        }
    }
}

/// Whether a file is what we write, but for more words behind the command.
fn begins_like(text: &str, plain: &str) -> bool {
    let mut plain = plain.lines().peekable();
    for line in text.lines() {
        let is_next = plain.peek().is_some_and(|wanted| match wanted.is_empty() {
            true => line.is_empty(),
            false => line.starts_with(wanted),
        });
        // launchd's file has a line for each word of the command.
        let is_word = line.starts_with("    <string>");
        match is_next {
            true => drop(plain.next()),
            false if is_word => {}
            false => return false,
        }
    }
    plain.next().is_none()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{HandOver, System};
    use super::*;

    fn program(home: &str) -> Program {
        Program { path: "/opt/my tools/a2a".into(), variables: vec![("A2A_HOME", home.into())] }
    }

    #[test]
    fn what_was_installed_is_read_again() {
        for system in [System::Linux, System::MacOs, System::Windows] {
            let folder = tempfile::tempdir().unwrap();
            let service = LoginService::new(system, folder.path(), &folder.path().join("settings"));
            assert_eq!(service.standing(&program("/h")), Standing::Absent);
            let line = ["sh".to_owned(), "--loud".to_owned()];
            let search = ["/bin".into()];
            let exec = HandOver::find(&line, Duration::from_secs(60), folder.path(), &search).unwrap();
            for exec in [None, exec] {
                service
                    .plan_install(&program("/h"), exec.as_ref())
                    .unwrap()
                    .iter()
                    .for_each(|change| change.write().unwrap());
                let stands = |program: &Program| match service.standing(program) {
                    Standing::Present { is_ours, hands_over, .. } => (is_ours, hands_over),
                    other => panic!("{other:?}"),
                };
                assert_eq!(stands(&program("/h")), (true, exec.is_some()), "{system:?}");
                assert!(!stands(&program("/other")).0, "{system:?}: another agent's");
                let none = Program { variables: Vec::new(), ..program("/h") };
                assert!(!stands(&none).0, "{system:?}: another agent's than the usual one");
                let moved = Program { path: "/opt/a2a".into(), ..program("/h") };
                assert!(!stands(&moved).0, "{system:?}: another program");
            }
            fs::write(&service.file, "something else").unwrap();
            assert!(matches!(service.standing(&program("/h")), Standing::Present { is_ours: false, .. }));
        }
    }
}
