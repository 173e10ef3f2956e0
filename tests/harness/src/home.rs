//! One person's machine: a folder with a sidecar's home, its vault's passphrase and a browser that takes notes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{Binaries, Era, Owner, Session, Terminal, holds_bytes};

/// The smallest cost the passphrase vault allows, in MiB: tests start many processes.
const ARGON2_MIB: &str = "64";

/// A machine of its own for one sidecar. Cheap to clone; the folder belongs to the [`World`](crate::World).
#[derive(Debug, Clone)]
pub struct Home {
    name: String,
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

/// What a command-line run gave back.
#[derive(Debug, Clone)]
pub struct CliOutput {
    /// The arguments it was run with.
    pub arguments: String,
    /// Its exit status; -1 after a signal.
    pub status: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Home {
    /// Lays out the machine of `name` in `folder`.
    pub fn create(folder: &Path, name: &str) -> Result<Self> {
        std::fs::create_dir_all(folder.join("home"))?;
        let home = Self { name: name.to_owned(), folder: folder.to_path_buf(), variables: Vec::new() };
        std::fs::write(home.folder.join("passphrase"), home.passphrase())?;
        home.install_browser()?;
        Ok(home)
    }

    /// The same machine, where every process from now on has one more environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same machine with several more environment variables.
    #[must_use]
    pub fn with_variables(mut self, variables: Vec<(String, String)>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// Whose machine it is.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The sidecar's home folder (`A2A_HOME`).
    pub fn path(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// Where passphrase, browser notes and logs stand, beside the home.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The passphrase of the vault.
    pub fn passphrase(&self) -> String {
        format!("{} opens this vault", self.name)
    }

    /// The addresses the sidecar asked the browser to open.
    pub fn pages(&self) -> Vec<String> {
        let notes = std::fs::read_to_string(self.folder.join("pages")).unwrap_or_default();
        notes.lines().map(str::to_owned).collect()
    }

    /// `a2a` with these arguments in an environment that holds nothing but this machine.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(Binaries::locate()?.sidecar);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.folder)
            .env("A2A_HOME", self.path())
            .env("A2A_PASSPHRASE_FILE", self.folder.join("passphrase"))
            .env("A2A_ARGON2_MIB", ARGON2_MIB)
            .env("BROWSER", self.folder.join("browser"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .args(arguments);
        Ok(command)
    }

    /// Runs `a2a` with these arguments, without a terminal, and waits for its end.
    pub async fn cli(&self, arguments: &[&str]) -> Result<CliOutput> {
        let mut command = tokio::process::Command::from(self.command(arguments)?);
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.context("cannot run a2a")?;
        Ok(CliOutput {
            arguments: arguments.join(" "),
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs `a2a … --json` and reads what it printed.
    pub async fn json(&self, arguments: &[&str]) -> Result<Value> {
        let with_json: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
        self.cli(&with_json).await?.json()
    }

    /// Starts `a2a mcp` here, with `owner` beside it, speaking the current revision of the protocol.
    pub async fn session(&self, owner: Owner) -> Result<Session> {
        Session::start(self, owner, Era::Current).await
    }

    /// Runs `a2a` with these arguments at a terminal and says yes; gives what stood on the screen.
    pub async fn says_yes(&self, arguments: &[&str]) -> Result<String> {
        let (status, screen) = Terminal::new(self).run(arguments, "y").await?;
        ensure!(status == 0, "`a2a {}` ended with {status}: {screen}", arguments.join(" "));
        Ok(screen)
    }

    /// Lets the agent write to a peer as often as a test does.
    pub async fn lift_limits(&self, peer: &str) -> Result<()> {
        let much = ["--per-hour", "100000", "--per-day", "100000", "--kib-per-day", "1000000"];
        self.says_yes(&[["peers", "limits", peer].as_slice(), &much].concat()).await?;
        Ok(())
    }

    /// Completes a pending act at a terminal, as its owner would.
    pub async fn approve(&self, action: &str) -> Result<String> {
        Terminal::new(self).approve(action).await
    }

    /// Whether `needle` stands anywhere on this machine: state, logs, browser notes.
    pub fn holds_bytes(&self, needle: &[u8]) -> Result<bool> {
        holds_bytes(&self.folder, needle)
    }

    /// A browser that writes down what it was asked to open.
    fn install_browser(&self) -> Result<()> {
        let script = self.folder.join("browser");
        let pages = self.folder.join("pages");
        std::fs::write(&script, format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", pages.display()))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
        }
        Ok(())
    }
}

impl CliOutput {
    /// The output of a run that succeeded; else an error with everything it said.
    pub fn ok(self) -> Result<String> {
        ensure!(
            self.status == 0,
            "`a2a {}` ended with {}: {}{}",
            self.arguments,
            self.status,
            self.stdout,
            self.stderr
        );
        Ok(self.stdout)
    }

    /// The JSON that a successful run printed.
    pub fn json(self) -> Result<Value> {
        let arguments = self.arguments.clone();
        let text = self.ok()?;
        serde_json::from_str(&text).with_context(|| format!("`a2a {arguments}` printed no JSON: {text}"))
    }

    /// What a run said that had to fail; an error if it succeeded.
    pub fn failure(self) -> Result<String> {
        ensure!(self.status != 0, "`a2a {}` should have failed: {}", self.arguments, self.stdout);
        Ok(format!("{}{}", self.stdout, self.stderr))
    }
}
