//! Lines as the shells read them that clients run hooks with.

use super::Client;

/// What reads the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HookShell {
    /// A shell of Unix.
    Posix,
    /// A POSIX shell on Windows, which eats bare backslashes and takes paths with slashes.
    GitBash,
    /// Windows' own, for which a quoted word in front is a text and no command.
    PowerShell,
    /// Windows' older one, which knows no single quotes.
    Cmd,
}

impl HookShell {
    /// The one that runs the hooks of `client`. Only what each does on Windows differs.
    pub(super) fn of(client: Client, on_windows: bool) -> Self {
        match client {
            _ if !on_windows => Self::Posix,
            Client::ClaudeCode => Self::GitBash,
            Client::Gemini => Self::PowerShell,
            _ => Self::Cmd,
        }
    }

    /// The line that starts a program with its arguments.
    pub(super) fn line(self, words: &[&str]) -> String {
        let line = words.iter().map(|word| self.word(word)).collect::<Vec<_>>().join(" ");
        match self {
            Self::PowerShell if line.starts_with('\'') => format!("& {line}"),
            _ => line,
        }
    }

    /// One word; left alone where nothing in it means anything.
    fn word(self, word: &str) -> String {
        let word = if self == Self::GitBash { word.replace('\\', "/") } else { word.to_owned() };
        let bare = if matches!(self, Self::PowerShell | Self::Cmd) { r"-_./:\" } else { "-_./:@=" };
        let is_plain = |character: char| character.is_ascii_alphanumeric() || bare.contains(character);
        match self {
            _ if !word.is_empty() && word.chars().all(is_plain) => word,
            Self::Posix | Self::GitBash => format!("'{}'", word.replace('\'', r"'\''")),
            Self::PowerShell => format!("'{}'", word.replace('\'', "''")),
            Self::Cmd => format!("\"{word}\""),
        }
    }
}

/// One word of a line that a person types at a terminal; both shells of Windows take double quotes around an argument.
#[must_use]
pub fn typed(word: &str) -> String {
    let shell = if cfg!(windows) { HookShell::Cmd } else { HookShell::Posix };
    shell.word(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that a POSIX shell makes of a line.
    #[cfg(unix)]
    fn read(line: &str) -> Vec<String> {
        let said = std::process::Command::new("sh").args(["-c", &format!("printf '%s\\n' {line}")]).output().unwrap();
        String::from_utf8(said.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    #[cfg(unix)]
    #[test]
    fn a_posix_shell_reads_the_words_it_was_given() {
        let words = ["/opt/my tools/it's/a\\b/a2a", "hook", "$HOME `x` \"y\"", "", "a=b"];
        assert_eq!(read(&HookShell::Posix.line(&words)), words);
        let words = [r"C:\Users\J Smith\$x\a2a.exe", r"C:\plain\a2a.exe"];
        let expected = ["C:/Users/J Smith/$x/a2a.exe", "C:/plain/a2a.exe"];
        assert_eq!(read(&HookShell::GitBash.line(&words)), expected);
        assert_eq!(read(r"C:\Users\a2a.exe"), ["C:Usersa2a.exe"], "what a bare backslash would do there");
    }

    #[test]
    fn each_shell_of_windows_has_its_own_line() {
        let (plain, spaced) = ([r"C:\bin\a2a.exe", "hook"], [r"C:\J O'Neil\a2a.exe", "hook"]);
        let expected = [
            (HookShell::GitBash, "C:/bin/a2a.exe hook", r"'C:/J O'\''Neil/a2a.exe' hook"),
            (HookShell::PowerShell, r"C:\bin\a2a.exe hook", r"& 'C:\J O''Neil\a2a.exe' hook"),
            (HookShell::Cmd, r"C:\bin\a2a.exe hook", "\"C:\\J O'Neil\\a2a.exe\" hook"),
        ];
        for (shell, bare, quoted) in expected {
            assert_eq!((shell.line(&plain).as_str(), shell.line(&spaced).as_str()), (bare, quoted), "{shell:?}");
        }
    }

    #[test]
    fn a_client_has_a_shell_of_its_own_only_on_windows() {
        assert_eq!(HookShell::of(Client::ClaudeCode, false), HookShell::Posix);
        let on_windows = [Client::ClaudeCode, Client::Gemini, Client::Codex].map(|client| HookShell::of(client, true));
        assert_eq!(on_windows, [HookShell::GitBash, HookShell::PowerShell, HookShell::Cmd]);
    }
}
