//! The login service: `a2a watch` started by the system whenever its owner logs in, so that mail comes and goes while
//! no client runs.
//!
//! One small file says it all; three systems read three kinds. The file is planned like a change to a client's
//! settings: shown, asked about, written whole.

mod error;
mod hand_over;
mod standing;
mod texts;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::clients::{Change, ClientError, Program};

pub use error::LoginServiceError;
pub use hand_over::HandOver;
pub use standing::Standing;

/// A kind of system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// systemd's user manager.
    Linux,
    /// launchd.
    MacOs,
    /// The start-up folder of the start menu.
    Windows,
}

impl System {
    /// The one this program runs on.
    #[must_use]
    pub fn this() -> Self {
        match std::env::consts::OS {
            "macos" => Self::MacOs,
            "windows" => Self::Windows,
            _ => Self::Linux,
        }
    }

    /// Where the service's file stands.
    fn file(self, home: &Path, settings: &Path) -> PathBuf {
        match self {
            Self::Linux => settings.join("systemd/user/a2a-watch.service"),
            Self::MacOs => home.join("Library/LaunchAgents/agent2agent.a2a.watch.plist"),
            Self::Windows => settings.join("Microsoft/Windows/Start Menu/Programs/Startup/a2a-watch.cmd"),
        }
    }
}

/// The service on one system.
#[derive(Debug)]
pub struct LoginService {
    system: System,
    file: PathBuf,
}

impl LoginService {
    /// The service of the user whose folders these are.
    #[must_use]
    pub fn new(system: System, home: &Path, settings: &Path) -> Self {
        Self { system, file: system.file(home, settings) }
    }

    /// The file that starts `a2a watch`, with the program that takes messages if there is one.
    pub fn plan_install(
        &self,
        program: &Program,
        hand_over: Option<&HandOver>,
    ) -> Result<Vec<Change>, LoginServiceError> {
        if !texts::can_stand(program, hand_over, self.system == System::Windows) {
            return Err(LoginServiceError::Unwritable);
        }
        Ok(Change::to(self.file.clone(), Some(self.text(program, hand_over)))?)
    }

    fn text(&self, program: &Program, hand_over: Option<&HandOver>) -> String {
        match self.system {
            System::Linux => texts::systemd(program, hand_over),
            System::MacOs => texts::launchd(program, hand_over),
            System::Windows => texts::startup(program, hand_over),
        }
    }

    /// The file's removal; nothing when it is not there.
    pub fn plan_uninstall(&self) -> Result<Vec<Change>, ClientError> {
        Change::to(self.file.clone(), None)
    }

    /// What makes the system let go of an older one, so that the new file counts; it fails where none runs.
    #[must_use]
    pub fn let_go(&self) -> Vec<Command> {
        match self.system {
            System::MacOs => vec![command(&["launchctl", "unload", &self.file.display().to_string()])],
            // systemd is told to read the file again and to restart; nothing runs under Windows' start-up folder.
            System::Linux | System::Windows => Vec::new(),
        }
    }

    /// What makes the system start it now; on Windows it starts at the next login.
    #[must_use]
    pub fn start(&self) -> Vec<Command> {
        let file = self.file.display().to_string();
        match self.system {
            System::Linux => vec![
                command(&["systemctl", "--user", "daemon-reload"]),
                command(&["systemctl", "--user", "enable", "--now", "a2a-watch.service"]),
                command(&["systemctl", "--user", "restart", "a2a-watch.service"]),
            ],
            System::MacOs => vec![command(&["launchctl", "load", "-w", &file])],
            System::Windows => Vec::new(),
        }
    }

    /// What makes the system stop it, before its file goes.
    #[must_use]
    pub fn stop(&self) -> Vec<Command> {
        let file = self.file.display().to_string();
        match self.system {
            System::Linux => vec![command(&["systemctl", "--user", "disable", "--now", "a2a-watch.service"])],
            System::MacOs => vec![command(&["launchctl", "unload", "-w", &file])],
            System::Windows => Vec::new(),
        }
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(words.first().copied().unwrap_or_default());
    command.args(words.iter().skip(1));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_one_is_let_go_before_the_new_one_starts() {
        let words = |commands: Vec<Command>| -> Vec<String> {
            let line = |command: &Command| {
                let words = std::iter::once(command.get_program()).chain(command.get_args());
                words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
            };
            commands.iter().map(line).collect()
        };
        let service = |system| LoginService::new(system, Path::new("/h"), Path::new("/s"));
        let file = "/h/Library/LaunchAgents/agent2agent.a2a.watch.plist";
        assert_eq!(words(service(System::MacOs).let_go()), [format!("launchctl unload {file}")]);
        assert_eq!(words(service(System::MacOs).start()), [format!("launchctl load -w {file}")]);
        let started = words(service(System::Linux).start());
        assert_eq!(started.last().map(String::as_str), Some("systemctl --user restart a2a-watch.service"));
    }
}
