//! A relay as its operator runs it: a process of its own.

use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use a2a_proto::address::RelayAuthority;
use a2a_relay::clock::Clock;

use crate::support::Reach;

pub(crate) struct Process {
    pub(crate) reach: Reach,
    child: Child,
    pub(crate) said: Vec<String>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

/// A command of the relay's program, in an environment of its own; what it logs goes to `log` in the folder.
pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_a2a-relay"));
    command.env_clear().env("A2A_RELAY_HOME", folder).env("RUST_LOG", "trace").args(arguments);
    command.stdin(Stdio::null());
    command
}

/// An address that was free a moment ago.
pub(crate) fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

impl Process {
    /// The most memory it held at one time, in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().split(' ').next().unwrap().parse::<u64>().unwrap() / 1024
    }

    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_in(folder, arguments, &[])
    }

    pub(crate) fn start_in(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::launch(folder, "127.0.0.1:0", arguments, environment.iter().map(pair).collect())
    }

    fn launch(folder: &Path, listen: &str, arguments: Vec<String>, environment: Vec<(String, String)>) -> Self {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.join("log")).unwrap();
        let mut all = vec!["serve", "--listen", listen, "--knock-difficulty", "4"];
        all.extend(arguments.iter().map(String::as_str));
        let mut command = command(folder, &all);
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("it says where it listens").unwrap();
        let url = first.split("listening on ").nth(1).expect("the first line says it").to_owned();
        let named = arguments.iter().position(|argument| argument == "--public-url").map(|at| &arguments[at + 1]);
        // A relay that was given no name writes its loopback address with http, whatever it speaks there.
        let named = named.unwrap_or(&url).replace("https://127.", "http://127.");
        let authority = RelayAuthority::from_url(&named).unwrap();
        let said = lines.by_ref().take(4).map(Result::unwrap).collect();
        let reach = Reach { url, ..Reach::new(authority, Clock::System) };
        Self { reach, child, said, arguments, environment }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// Starts it again where it was.
    pub(crate) fn restart(&mut self, folder: &Path) {
        let listen = self.reach.url.trim_start_matches("http://").to_owned();
        *self = Self::launch(folder, &listen, self.arguments.clone(), self.environment.clone());
    }
}

impl Deref for Process {
    type Target = Reach;

    fn deref(&self) -> &Reach {
        &self.reach
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
