//! Another user of this computer gets nothing from what listens on the loopback interface, the link in hand or not (Linux).

use std::process::Stdio;

use a2a_harness::{Home, World, eventually};
use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const NOBODY: u32 = 65_534;
/// Connects, says what it was given, and prints what it hears until the other side ends.
const TALK: &str = r#"exec 3<>"/dev/tcp/${1%:*}/${1#*:}" && printf '%s' "$2" >&3 && cat <&3"#;

#[tokio::test(flavor = "multi_thread")]
async fn another_user_cannot_open_the_link_on_the_browsers_command_line() -> Result<()> {
    if !may_be_nobody() {
        return Ok(());
    }
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let (link, mut console) = console(&home).await?;
    let (authority, path) = link.strip_prefix("http://").context("no link")?.split_once('/').context("no path")?;
    for path in [path, "assets/console.js", ""] {
        let stolen = talk(authority, &get(authority, &format!("/{path}")), Who::Nobody).await?;
        ensure!(stolen.is_empty(), "another user was answered: {stolen}");
    }
    let opened = talk(authority, &get(authority, &format!("/{path}")), Who::Ourselves).await?;
    ensure!(
        opened.starts_with("HTTP/1.1 200") && opened.contains("a2a_console="),
        "its owner was not let in: {opened}"
    );
    console.kill().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_cannot_talk_to_the_local_http_server() -> Result<()> {
    if !may_be_nobody() {
        return Ok(());
    }
    let world = World::start().await?;
    let home = world.initialised("alice").await?;
    let (authority, mut served) = served(&home).await?;
    let stolen = talk(&authority, &get(&authority, "/mcp"), Who::Nobody).await?;
    ensure!(stolen.is_empty(), "another user was answered: {stolen}");
    let own = talk(&authority, &get(&authority, "/mcp"), Who::Ourselves).await?;
    ensure!(own.starts_with("HTTP/1.1 401"), "its owner was not asked for the bearer: {own}");
    // The search can find: that user is answered by what is for everybody.
    let relay = world.first().authority();
    let open = talk(relay, &get(relay, "/"), Who::Nobody).await?;
    ensure!(open.starts_with("HTTP/1.1 "), "nobody could not talk at all: {open}");
    served.kill().await?;
    Ok(())
}

async fn console(home: &Home) -> Result<(String, Child)> {
    let mut command = Command::from(home.command(&["console"])?);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let process = command.spawn()?;
    let link = eventually("the console to open", async || Ok(home.pages().pop())).await?;
    Ok((link, process))
}

async fn served(home: &Home) -> Result<(String, Child)> {
    let mut command = Command::from(home.command(&["serve", "--port", "0"])?);
    let mut process = command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut lines = BufReader::new(process.stderr.take().context("no stderr")?).lines();
    let url = loop {
        let line = lines.next_line().await?.context("a2a serve ended")?;
        if let Some(url) = line.strip_prefix("serving http://") {
            break url.trim_end_matches("/mcp").to_owned();
        }
    };
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((url, process))
}

#[derive(PartialEq)]
enum Who {
    Ourselves,
    Nobody,
}

/// Says this to a server, as this user.
async fn talk(authority: &str, words: &str, who: Who) -> Result<String> {
    let mut client = Command::new("bash");
    client.args(["-c", TALK, "talk", authority, words]).current_dir("/").stdin(Stdio::null()).kill_on_drop(true);
    if who == Who::Nobody {
        client.uid(NOBODY).gid(NOBODY);
    }
    let heard = client.output().await.context("cannot run bash")?;
    Ok(String::from_utf8_lossy(&heard.stdout).into_owned())
}

fn get(authority: &str, path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n")
}

/// Whoever owns what was made just now is who runs this; only root may become somebody else.
fn may_be_nobody() -> bool {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|made| std::os::unix::fs::MetadataExt::uid(&made) == 0);
    if !is_root {
        eprintln!("skipped: only root can start another user's program");
    }
    is_root
}
