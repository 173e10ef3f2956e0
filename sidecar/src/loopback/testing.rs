//! Raw requests to a page on the loopback interface, with whatever headers an attacker likes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }
}

/// The same by another user's program, which hears nothing; `None` where these tests may start none.
#[cfg(target_os = "linux")]
pub(crate) async fn send_as_nobody(authority: &str, head: &str) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can start another user's program");
        return None;
    }
    let talk = r#"exec 3<>"/dev/tcp/${1%:*}/${1#*:}" && printf '%s' "$2" >&3 && cat <&3"#;
    let words = format!("{head}connection: close\r\n\r\n");
    let mut client = tokio::process::Command::new("bash");
    client.args(["-c", talk, "talk", authority, &words]).current_dir("/").uid(65_534).gid(65_534);
    let heard = client.output().await.unwrap();
    Some(String::from_utf8_lossy(&heard.stdout).into_owned())
}

/// Sends a head, without its last empty line, and a body; reads to the end. A server that has heard enough may end it early.
pub(crate) async fn send(authority: &str, head: &str, body: &str) -> Reply {
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let request = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    drop(stream.write_all(request.as_bytes()).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, head: head.to_owned(), body: body.to_owned() }
}
