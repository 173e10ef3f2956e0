//! A program of the owner's that takes messages: started without a shell, one message each, ended when it takes too long.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// The program and how long it may take.
pub(crate) struct Handler {
    program: String,
    arguments: Vec<String>,
    timeout: Duration,
}

/// What became of a message that was given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Handled {
    /// The program ended with success.
    Taken,
    /// It did not; why, in our words.
    Refused(String),
}

impl Handler {
    /// The program named by a command line; none when the line is empty.
    pub(crate) fn new(line: Vec<String>, timeout: Duration) -> Option<Self> {
        let mut words = line.into_iter();
        let program = words.next()?;
        Some(Self { program, arguments: words.collect(), timeout })
    }

    /// Starts it and writes `message` with a newline to its standard input.
    pub(crate) async fn give(&self, message: &str) -> Handled {
        match self.start() {
            Ok(child) => self.converse(child, message).await,
            Err(error) => Handled::Refused(format!("the program cannot be started: {error}")),
        }
    }

    fn start(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped()).kill_on_drop(true);
        // What the program starts ends with it.
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }

    async fn converse(&self, mut child: Child, message: &str) -> Handled {
        let ended = async {
            tell(&mut child, message).await;
            child.wait().await
        };
        let ended = tokio::time::timeout(self.timeout, ended).await;
        match ended {
            Ok(Ok(status)) if status.success() => Handled::Taken,
            Ok(Ok(status)) => Handled::Refused(format!("the program ended with {status}")),
            Ok(Err(error)) => Handled::Refused(format!("the program was lost: {error}")),
            Err(_) => {
                end_group(&child);
                Handled::Refused("the program took too long".to_owned())
            }
        }
    }
}

/// A program that does not read its input may still do its work.
async fn tell(child: &mut Child, message: &str) {
    if let Some(mut stdin) = child.stdin.take() {
        let line = format!("{message}\n");
        drop(stdin.write_all(line.as_bytes()).await);
    }
}

#[cfg(target_os = "linux")]
fn end_group(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if group.is_some_and(|group| kill_process_group(group, Signal::KILL).is_err()) {
        tracing::debug!("the program's group is gone already");
    }
}

/// Elsewhere the program itself ends when it is dropped.
#[cfg(not(target_os = "linux"))]
fn end_group(_child: &Child) {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn handler(line: &[&str], timeout: Duration) -> Handler {
        Handler::new(line.iter().map(|&word| word.to_owned()).collect(), timeout).unwrap()
    }

    #[tokio::test]
    async fn the_message_reaches_the_program_and_no_shell_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy").display().to_string();
        let handled = handler(&["tee", "--", &copy], Duration::from_secs(60)).give("$(touch x); \"ü\"").await;
        assert_eq!(handled, Handled::Taken);
        assert_eq!(std::fs::read_to_string(copy).unwrap(), "$(touch x); \"ü\"\n");
    }

    #[tokio::test]
    async fn a_failure_is_told() {
        let minute = Duration::from_secs(60);
        assert!(matches!(handler(&["false"], minute).give("x").await, Handled::Refused(_)));
        assert!(matches!(handler(&["/nowhere/at/all"], minute).give("x").await, Handled::Refused(_)));
    }

    #[tokio::test]
    async fn what_takes_too_long_ends_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let pid_file = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", pid_file.display());
        let slow = handler(&["sh", "-c", &script], Duration::from_millis(500));
        assert_eq!(slow.give("x").await, Handled::Refused("the program took too long".to_owned()));
        let pid = std::fs::read_to_string(pid_file).unwrap();
        let stat = format!("/proc/{}/stat", pid.trim());
        let gone = || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "));
        while !gone() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
