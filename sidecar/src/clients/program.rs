//! This program as a client starts it: full path, arguments, and the variables that lead it to its agent.

use std::path::PathBuf;

use super::Client;
use super::shell::HookShell;

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
    pub(super) fn session_start(&self, client: Client, on_windows: bool) -> String {
        let program = self.command();
        let mut words = vec![program.as_str()];
        words.extend(HOOK.split(' '));
        words.push(client.word());
        // Options and not variables: there is no way to set one for a program that every shell understands.
        for (name, value) in &self.variables {
            words.extend(option(name));
            words.push(value);
        }
        HookShell::of(client, on_windows).line(&words)
    }
}

/// The option of `a2a hook` that stands for a variable.
fn option(variable: &str) -> Option<&'static str> {
    match variable {
        "A2A_HOME" => Some("--home"),
        "A2A_PASSPHRASE_FILE" => Some("--passphrase-file"),
        _ => None,
    }
}

/// What a hook's line holds whoever wrote it, so that ours is found again after the program moved.
pub(super) const HOOK: &str = "hook session-start --client";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_leads_to_its_agent_in_every_shell() {
        let program = |path: &str| Program {
            path: path.into(),
            variables: vec![("A2A_HOME", r"C:\b c".into()), ("A2A_PASSPHRASE_FILE", r"D:\p".into())],
        };
        let line = |client| program(r"C:\Users\a\a2a.exe").session_start(client, true);
        let start = "C:/Users/a/a2a.exe hook session-start --client claude-code";
        assert_eq!(line(Client::ClaudeCode), format!("{start} --home 'C:/b c' --passphrase-file D:/p"));
        let start = r"C:\Users\a\a2a.exe hook session-start --client codex";
        assert_eq!(line(Client::Codex), format!(r#"{start} --home "C:\b c" --passphrase-file D:\p"#));
        let line = program("/opt/a b/a2a").session_start(Client::Cursor, false);
        let start = "'/opt/a b/a2a' hook session-start --client cursor";
        assert_eq!(line, format!(r"{start} --home 'C:\b c' --passphrase-file 'D:\p'"));
    }
}
