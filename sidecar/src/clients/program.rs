//! This program as a client starts it: full path, arguments, and the variables that lead it to its agent.

use std::path::PathBuf;

use super::Client;

/// How a client starts this sidecar. Paths only, never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The full path: programs started from a desktop do not see a shell's `PATH`.
    pub path: PathBuf,
    /// Variables that name an unusual home or a passphrase file.
    pub variables: Vec<(&'static str, String)>,
}

impl Program {
    /// The path as text.
    pub(super) fn command(&self) -> String {
        self.path.display().to_string()
    }

    /// The shell line of the hook that tells a starting session about waiting mail.
    pub(super) fn session_start(&self, client: Client) -> String {
        let variables: String =
            self.variables.iter().map(|(name, value)| format!("{name}={} ", quoted(value))).collect();
        format!("{variables}{} {HOOK} {}", quoted(&self.command()), client.word())
    }
}

/// What a hook's line holds whoever wrote it, so that ours is found again after the program moved.
pub(super) const HOOK: &str = "hook session-start --client";

/// One word for a shell; both POSIX shells and Windows' take double quotes around a path.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@\\".contains(character);
    match word.chars().all(plain) {
        true => word.to_owned(),
        false if cfg!(windows) => format!("\"{word}\""),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_hook_line_survives_a_shell() {
        let program =
            Program { path: "/opt/my tools/it's/a2a".into(), variables: vec![("A2A_HOME", "/home/b c".into())] };
        let line = program.session_start(Client::Codex);
        let words = line.strip_prefix("A2A_HOME='/home/b c' ").unwrap();
        let said = std::process::Command::new("sh").args(["-c", &format!("printf '%s\\n' {words}")]).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        let expected = ["/opt/my tools/it's/a2a", "hook", "session-start", "--client", "codex"];
        assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    }
}
