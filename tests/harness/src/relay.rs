//! One real `a2a-relay` process with a store of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};

use crate::{Binaries, DEADLINE, Table, holds_bytes};

/// A relay that listens on loopback, registers everyone and is killed when dropped.
pub struct Relay {
    folder: PathBuf,
    url: String,
    public_url: String,
    arguments: Vec<String>,
    operator: Mutex<String>,
    child: Mutex<Child>,
}

impl Relay {
    /// Starts a relay on a free port; its store and log stand in `folder`.
    pub fn start(folder: &Path) -> Result<Self> {
        Self::start_with(folder, &[])
    }

    /// Like [`Relay::start`], with further arguments of `serve`.
    pub fn start_with(folder: &Path, arguments: &[&str]) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let (child, Listening { url, operator }) = launch(folder, "127.0.0.1:0", arguments, &[])?;
        let (child, operator) = (Mutex::new(child), Mutex::new(operator));
        let arguments = arguments.iter().map(ToString::to_string).collect();
        Ok(Self { folder: folder.to_path_buf(), public_url: url.clone(), url, arguments, operator, child })
    }

    /// Starts a relay that calls itself `public_url`: one that stands behind something.
    pub fn start_behind(folder: &Path, public_url: &str) -> Result<Self> {
        let mut relay = Self::start_with(folder, &["--public-url", public_url])?;
        public_url.clone_into(&mut relay.public_url);
        Ok(relay)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its authority as it stands in addresses: `127.0.0.1:PORT`.
    pub fn authority(&self) -> &str {
        self.public_url.trim_start_matches("http://")
    }

    /// The folder with its store and its log.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends the process at once, as a power cut would: SIGKILL.
    pub fn kill(&self) -> Result<()> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.kill().context("cannot kill the relay")?;
        child.wait()?;
        Ok(())
    }

    /// Starts it again on the same port, over the same store, with the same arguments.
    pub fn restart(&self) -> Result<()> {
        self.restart_with(&[])
    }

    /// Like [`Relay::restart`], with more environment variables.
    pub fn restart_with(&self, variables: &[(String, String)]) -> Result<()> {
        let listen = self.url.trim_start_matches("http://");
        let mut arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        if !arguments.contains(&"--public-url") {
            arguments.extend(["--public-url", &self.public_url]);
        }
        let (fresh, listening) = launch(&self.folder, listen, &arguments, variables)?;
        *self.operator.lock().unwrap_or_else(PoisonError::into_inner) = listening.operator;
        *self.child.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Makes a join link, as its operator would: `a2a-relay token new` beside the running server.
    pub fn join_link(&self) -> Result<String> {
        let mut command = Command::new(Binaries::locate()?.relay);
        command.env_clear().env("HOME", &self.folder);
        command.args(["token", "new", "--store", &store_of(&self.folder), "--public-url", &self.public_url]);
        let output = command.output()?;
        let said = String::from_utf8(output.stdout)?;
        let link = said.split_whitespace().find(|word| word.contains("/join#"));
        link.map(str::to_owned)
            .with_context(|| format!("no join link: {said}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Whether `needle` stands anywhere in its store or its log.
    pub fn holds_bytes(&self, needle: &[u8]) -> Result<bool> {
        holds_bytes(&self.folder, needle)
    }

    /// Where its operator's listener is: `http://127.0.0.1:PORT`.
    pub fn operator(&self) -> String {
        self.operator.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every byte that the running process has written to its memory.
    #[cfg(target_os = "linux")]
    pub fn memory(&self) -> Result<Vec<u8>> {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        crate::memory::of_process(child.id())
    }

    /// Makes the numbers of mailboxes opened from now on tell themselves apart from every other number.
    pub fn number_mailboxes_from(&self, number: i64) -> Result<()> {
        crate::tables::number_from(&self.folder.join(STORE), "account", number)
    }

    /// Its store, table by table.
    pub fn tables(&self) -> Result<Vec<Table>> {
        crate::tables::read(&self.folder.join(STORE))
    }

    /// What it printed and logged until now.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join(LOG)).unwrap_or_default()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

const LOG: &str = "relay.log";
const STORE: &str = "relay.db";

/// The most talkative log there is: whatever a relay might ever log must be harmless.
const LOG_FILTER: &str = "trace";

/// Where a relay listens, for the world and for its operator.
struct Listening {
    url: String,
    operator: String,
}

fn launch(
    folder: &Path,
    listen: &str,
    arguments: &[&str],
    variables: &[(String, String)],
) -> Result<(Child, Listening)> {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join(LOG))?;
    let mut command = Command::new(Binaries::locate()?.relay);
    command
        .env_clear()
        .env("HOME", folder)
        .env("RUST_LOG", LOG_FILTER)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .args(["serve", "--listen", listen, "--store", &store_of(folder), "--operator-listen", "127.0.0.1:0"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.try_clone()?);
    if !arguments.contains(&"--registration") {
        command.args(["--registration", "open"]);
    }
    let mut child = command.spawn().context("cannot start a2a-relay")?;
    match ready(&mut child, log) {
        Ok(listening) => Ok((child, listening)),
        Err(error) => {
            let _ = child.kill();
            let _ = child.wait();
            let log = std::fs::read_to_string(folder.join(LOG)).unwrap_or_default();
            Err(error.context(format!("the relay did not become ready; its log:\n{log}")))
        }
    }
}

fn store_of(folder: &Path) -> String {
    format!("sqlite:{}", folder.join(STORE).display())
}

/// Waits for the line that says where the relay listens, and keeps copying its output to the log.
fn ready(child: &mut Child, mut log: std::fs::File) -> Result<Listening> {
    let stdout = child.stdout.take().context("the relay has no stdout")?;
    let (said, hear) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = writeln!(log, "{line}");
            let _ = said.send(line);
        }
    });
    Ok(Listening { url: url_after("listening on ", &hear)?, operator: url_after("how it is: ", &hear)? })
}

fn url_after(words: &str, hear: &Receiver<String>) -> Result<String> {
    loop {
        let Ok(line) = hear.recv_timeout(DEADLINE) else {
            bail!("it never said where it listens");
        };
        if let Some((_, url)) = line.split_once(words) {
            return Ok(url.split_whitespace().next().unwrap_or_default().to_owned());
        }
    }
}
