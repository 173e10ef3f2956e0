//! The login service: `a2a watch` started by the system whenever its owner logs in, so that mail comes and goes while
//! no client runs.
//!
//! One small file says it all; three systems read three kinds. The file is planned like a change to a client's
//! settings: shown, asked about, written whole.

mod standing;
mod texts;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::clients::{Change, ClientError, Program};

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
    pub fn plan_install(&self, program: &Program, exec: &[String]) -> Result<Vec<Change>, ClientError> {
        Change::to(self.file.clone(), Some(self.text(program, exec)))
    }

    fn text(&self, program: &Program, exec: &[String]) -> String {
        match self.system {
            System::Linux => texts::systemd(program, exec),
            System::MacOs => texts::launchd(program, exec),
            System::Windows => texts::startup(program, exec),
        }
    }

    /// The file's removal; nothing when it is not there.
    pub fn plan_uninstall(&self) -> Result<Vec<Change>, ClientError> {
        Change::to(self.file.clone(), None)
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
