//! How mail reaches a model or a program while nobody asks: hooks, the monitor, the watcher, and their installation.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use a2a_harness::{Home, Owner, Pair, Terminal, World, eventually, eventually_within};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};

const SIGHUP: u32 = 1;
const SIGTERM: u32 = 15;
/// The tries of a program that refuses take half a minute.
const LONG: std::time::Duration = std::time::Duration::from_secs(240);
const BODY: &str = "the secret word is pumpernickel";

#[tokio::test(flavor = "multi_thread")]
async fn a_starting_session_is_told_counts_and_no_peers_text() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = alice_and_sleeping_bob(&world).await?;
    let hook = ["hook", "session-start", "--client", "claude-code"];
    ensure!(bob.cli(&hook).await?.ok()?.is_empty(), "nothing waits, so nothing is said");

    alice.send("bob", BODY).await?;
    // The hook collects by itself: nobody else runs here.
    let said = eventually("the hook to tell", async || {
        let said = bob.cli(&hook).await?.ok()?;
        Ok((!said.is_empty()).then_some(said))
    })
    .await?;
    let said: Value = serde_json::from_str(&said)?;
    let text = said["hookSpecificOutput"]["additionalContext"].as_str().context("no context")?;
    ensure!(text.contains("1 unread message") && text.contains("a2a_check_inbox"), "{text}");
    ensure!(!text.contains("pumpernickel") && !text.contains("alice"), "{text}");
    let plain = bob.cli(&["hook", "session-start", "--client", "codex"]).await?.ok()?;
    ensure!(plain.starts_with("a2a: 1 unread message"), "{plain}");
    // As a client's settings name the agent, where no variable does.
    let (home, passphrase) = (bob.path().display().to_string(), bob.folder().join("passphrase").display().to_string());
    let named = ["hook", "session-start", "--client", "codex", "--home", &home, "--passphrase-file", &passphrase];
    let mut named = tokio::process::Command::from(bob.command(&named)?);
    named.env_remove("A2A_HOME").env_remove("A2A_PASSPHRASE_FILE").stdin(Stdio::null());
    assert_eq!(String::from_utf8(named.output().await?.stdout)?, plain);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_about_to_stop_goes_on_once() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = alice_and_sleeping_bob(&world).await?;
    alice.send("bob", BODY).await?;
    let said = eventually("the hook to tell", async || {
        let said = stop_hook(&bob, Some(r#"{"stop_hook_active":false}"#)).await?;
        Ok((!said.is_empty()).then_some(said))
    })
    .await?;
    let said: Value = serde_json::from_str(&said)?;
    ensure!(said["decision"] == "block" && !said.to_string().contains("pumpernickel"), "{said}");
    ensure!(stop_hook(&bob, Some(r#"{"stop_hook_active":true}"#)).await?.is_empty(), "a loop");
    ensure!(!stop_hook(&bob, None).await?.is_empty(), "a client that writes nothing and keeps the input open");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_never_fails_a_session() -> Result<()> {
    let world = World::start().await?;
    let nobody = world.home("bob")?;
    for moment in ["session-start", "stop"] {
        let said = nobody.cli(&["hook", moment, "--client", "claude-code"]).await?;
        ensure!(said.status == 0 && said.stdout.is_empty() && said.stderr.is_empty(), "{said:?}");
    }
    let bob = world.registered("bob", Owner::Accepts).await?.home().clone();
    std::fs::write(bob.folder().join("passphrase"), "not the passphrase")?;
    let said = bob.cli(&["hook", "session-start", "--client", "claude-code"]).await?;
    ensure!(said.status == 0 && said.stdout.is_empty() && said.stderr.is_empty(), "{said:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_monitor_prints_a_line_when_mail_comes() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = alice_and_sleeping_bob(&world).await?;
    let (mut monitor, mut lines) = started(&bob, &["monitor"])?;
    // Until the monitor has looked once, what comes is not new to it.
    for number in 1.. {
        alice.send("bob", BODY).await?;
        let line = tokio::time::timeout(std::time::Duration::from_secs(5), lines.next_line()).await;
        match line {
            Ok(line) => {
                let line = line?.context("the monitor ended")?;
                ensure!(line.contains("unread message") && !line.contains("pumpernickel"), "{line}");
                break;
            }
            Err(_) => ensure!(number < 10, "the monitor says nothing"),
        }
    }
    monitor.kill().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_watcher_hands_each_message_to_a_program_once_and_in_order() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = alice_and_sleeping_bob(&world).await?;
    let taken = bob.folder().join("taken");
    // The first message is refused once: it is tried again, and those behind it wait.
    let program = format!("test -e {0}.once || {{ touch {0}.once; exit 1; }}; cat >> {0}", taken.display());
    let (mut watcher, _lines) = started(&bob, &["watch", "--exec", "sh", "-c", &program])?;
    for body in ["one", "two $(touch pwned)", "three"] {
        alice.send("bob", body).await?;
    }
    let given = eventually("three messages to be taken", async || {
        let given = lines_of(&taken)?;
        Ok((given.len() == 3).then_some(given))
    })
    .await?;
    let bodies: Vec<&Value> = given.iter().map(|message| &message["body"]).collect();
    assert_eq!(bodies, ["one", "two $(touch pwned)", "three"]);
    ensure!(given.iter().all(|message| message["verified"] == true && message["from"] == "alice"), "{given:?}");
    eventually("them to be read", async || {
        let unread = bob.json(&["inbox", "--unread"]).await?;
        Ok((unread["messages"] == serde_json::json!([])).then_some(()))
    })
    .await?;

    let second = bob.cli(&["watch", "--exec", "true"]).await?.failure()?;
    ensure!(second.contains("another `a2a watch --exec` runs already"), "{second}");
    watcher.kill().await?;
    assert_eq!(lines_of(&taken)?.len(), 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_outlives_its_shell_where_a_hangup_is_ignored() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = alice_and_sleeping_bob(&world).await?;
    let taken = bob.folder().join("taken");
    let program = format!("cat >> {}", taken.display());
    let watcher = Detached::start(&bob, "nohup", &["watch", "--exec", "sh", "-c", &program]).await?;
    let watcher_listened = watcher.listens(SIGHUP)?;
    alice.send("bob", "one").await?;
    eventually("the first message to be taken", async || Ok((lines_of(&taken)?.len() == 1).then_some(()))).await?;
    watcher.signal("HUP")?;
    // Its shell is gone, too, which was looked at once a second.
    eventually("several looks", async || Ok((watcher.since.elapsed().as_secs() >= 3).then_some(()))).await?;
    alice.send("bob", "two").await?;
    eventually("the second message to be taken", async || Ok((lines_of(&taken)?.len() == 2).then_some(()))).await?;
    watcher.signal("TERM")?;
    eventually("it to end", async || Ok((!watcher.runs()).then_some(()))).await?;

    let plain = Detached::start(&bob, "env", &["watch"]).await?;
    ensure!(!watcher_listened, "to listen would undo that it is ignored");
    eventually("it to listen for it", async || Ok(plain.listens(SIGHUP)?.then_some(()))).await?;
    plain.signal("HUP")?;
    eventually("a hang-up that nobody ignores to end it", async || Ok((!plain.runs()).then_some(()))).await
}

/// A process whose shell is gone, in a session of its own.
struct Detached {
    pid: String,
    since: Instant,
}

impl Detached {
    /// Starts `a2a` behind `before` and in the background of a shell, which ends once it listens for signals.
    async fn start(home: &Home, before: &str, arguments: &[&str]) -> Result<Self> {
        let wanted = home.command(arguments)?;
        let mut shell = tokio::process::Command::new("setsid");
        shell
            .args(["sh", "-c", "\"$@\" >/dev/null 2>&1 & echo $!; read -r end", "sh", before])
            .arg(wanted.get_program());
        shell.args(wanted.get_args()).env_clear();
        shell.envs(wanted.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut said = BufReader::new(shell.stdout.take().context("no output")?).lines();
        let pid = said.next_line().await?.context("no process")?;
        let mut this = Self { pid, since: Instant::now() };
        eventually("it to listen", async || Ok(this.listens(SIGTERM)?.then_some(()))).await?;
        drop(shell.stdin.take());
        shell.wait().await?;
        this.since = Instant::now();
        Ok(this)
    }

    fn signal(&self, name: &str) -> Result<()> {
        ensure!(
            std::process::Command::new("kill").args(["-s", name, &self.pid]).status()?.success(),
            "no such process"
        );
        Ok(())
    }

    fn runs(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    }

    /// Whether it catches a signal.
    fn listens(&self, number: u32) -> Result<bool> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).context("no signals")?;
        Ok(u64::from_str_radix(caught.trim(), 16)? >> (number - 1) & 1 == 1)
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        if self.runs() {
            drop(self.signal("KILL"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_program_refused_holds_up_nothing_and_what_it_works_on_is_no_sessions() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = alice_and_sleeping_bob(&world).await?;
    let [works, go, taken] = ["works", "go", "taken"].map(|name| bob.folder().join(name));
    let program = format!(
        "read -r line; case \"$line\" in *refuse*) exit 1;; *slow*) touch {0}; while ! test -e {1}; do sleep 0.1; done;; esac; \
         printf '%s\\n' \"$line\" >> {2}",
        works.display(),
        go.display(),
        taken.display()
    );
    let (mut watcher, _lines) = started(&bob, &["watch", "--exec", "sh", "-c", &program])?;
    alice.send("bob", "refuse this").await?;
    // It is left to its owner after some tries; who reads it changes nothing for what comes later.
    alice.send("bob", "the second").await?;
    eventually_within(LONG, "the second message", async || Ok((lines_of(&taken)?.len() == 1).then_some(()))).await?;
    let session = bob.session(Owner::Accepts).await?;
    session.receives("refuse this").await?;
    alice.send("bob", "slow one").await?;
    eventually("the program to work on it", async || Ok(works.exists().then_some(()))).await?;
    let page = session.call("a2a_check_inbox", serde_json::json!({ "unread_only": true })).await?;
    ensure!(!page.to_string().contains("slow one"), "a session is shown what the program works on: {page}");
    std::fs::write(&go, "")?;
    eventually_within(LONG, "the slow one", async || Ok((lines_of(&taken)?.len() == 2).then_some(()))).await?;
    watcher.kill().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_a_newer_program_superseded_ends_as_a_failure() -> Result<()> {
    let world = World::start().await?;
    let (alice, bob) = alice_and_sleeping_bob(&world).await?;
    alice.send("bob", BODY).await?;
    let (mut watcher, _lines) = started(&bob, &["watch"])?;
    let store = rusqlite::Connection::open(bob.path().join("store.sqlite"))?;
    eventually("the watcher to collect", async || {
        let count = "SELECT count(*) FROM messages WHERE state = 'unread'";
        Ok((store.query_row(count, [], |row| row.get::<_, i64>(0))? == 1).then_some(()))
    })
    .await?;
    store.pragma_update(None, "user_version", 99)?;
    let ended = tokio::time::timeout(LONG, watcher.wait()).await??;
    ensure!(ended.code() == Some(1), "a login service does not start it again: {ended}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_installed_only_after_a_yes_and_taken_out_byte_for_byte() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?.home().clone();
    let settings = bob.folder().join(".claude.json");
    let before = "{\n  \"numStartups\": 3,\n  \"mcpServers\": {}\n}\n";
    std::fs::write(&settings, before)?;

    let planned = bob.json(&["install", "claude-code", "--dry-run"]).await?;
    ensure!(planned[0]["diff"].as_str().is_some_and(|diff| diff.contains("+") && diff.contains("mcp")), "{planned}");
    let alone = bob.cli(&["install", "claude-code"]).await?;
    ensure!(alone.status == 3 && alone.stderr.contains("terminal"), "{alone:?}");
    let (status, screen) = Terminal::new(&bob).run(&["install", "claude-code"], "n").await?;
    ensure!(status == 1, "{screen}");
    assert_eq!(std::fs::read_to_string(&settings)?, before, "nobody said yes");

    let (status, screen) = Terminal::new(&bob).run(&["install", "claude-code"], "y").await?;
    ensure!(status == 0, "{screen}");
    let after: Value = serde_json::from_str(&std::fs::read_to_string(&settings)?)?;
    ensure!(after["mcpServers"]["a2a"]["command"].as_str().is_some_and(|path| path.starts_with('/')), "{after}");
    ensure!(!after.to_string().contains(&bob.passphrase()), "a secret stands in the settings");
    let doctor = bob.json(&["doctor", "--client", "claude-code"]).await?;
    ensure!(doctor["healthy"] == true, "{doctor}");

    let (status, screen) = Terminal::new(&bob).run(&["uninstall", "claude-code"], "y").await?;
    ensure!(status == 0, "{screen}");
    assert_eq!(std::fs::read_to_string(&settings)?, before);
    let doctor = bob.cli(&["doctor", "--client", "claude-code"]).await?.failure()?;
    ensure!(doctor.contains("a2a install claude-code"), "{doctor}");
    let (status, screen) = Terminal::new(&bob).run(&["doctor", "--client", "claude-code", "--fix"], "y").await?;
    ensure!(status == 0, "{screen}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_settings_are_refused_and_not_touched() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?.home().clone();
    let settings = bob.folder().join(".claude.json");
    std::fs::write(&settings, "{ \"mcpServers\": { ")?;
    let said = bob.cli(&["install", "claude-code"]).await?.failure()?;
    ensure!(said.contains(".claude.json") && said.contains("JSON"), "{said}");
    assert_eq!(std::fs::read_to_string(&settings)?, "{ \"mcpServers\": { ");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_service_is_written_after_a_yes_and_goes_again() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?.home().clone();
    let unit = bob.folder().join(".config/systemd/user/a2a-watch.service");
    let (status, screen) = Terminal::new(&bob).run(&["watch", "--install"], "y").await?;
    ensure!(status == 0, "{screen}");
    let text = std::fs::read_to_string(&unit)?;
    ensure!(text.contains("\"watch\"") && !text.contains(&bob.passphrase()), "{text}");
    let refused = bob.cli(&["watch", "--install", "--exec", "./nowhere"]).await?.failure()?;
    ensure!(refused.contains("there is no program `./nowhere`"), "{refused}");
    let exec = ["watch", "--install", "--timeout", "90s", "--exec", "sh", "-c", "true $HOME"];
    let (status, screen) = Terminal::new(&bob).run(&exec, "y").await?;
    ensure!(status == 0, "{screen}");
    let text = std::fs::read_to_string(&unit)?;
    ensure!(text.contains("\"--timeout\" \"1m 30s\" \"--exec\" \"/") && text.contains("$$HOME"), "{text}");
    let (status, screen) = Terminal::new(&bob).run(&["watch", "--uninstall"], "y").await?;
    ensure!(status == 0 && !unit.exists(), "{screen}");
    Ok(())
}

/// Alice runs; Bob is paired with her and no process of his does.
async fn alice_and_sleeping_bob(world: &World) -> Result<(a2a_harness::Session, Home)> {
    let Pair { alice, bob } = world.paired(&["message"]).await?;
    let home = bob.home().clone();
    bob.close().await?;
    Ok((alice, home))
}

/// Runs the stop hook with what a client writes, if it writes anything.
async fn stop_hook(home: &Home, input: Option<&str>) -> Result<String> {
    let mut command = tokio::process::Command::from(home.command(&["hook", "stop", "--client", "claude-code"])?);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let mut stdin = child.stdin.take().context("no input")?;
    // The input stays open: not every client closes it.
    stdin.write_all(input.unwrap_or_default().as_bytes()).await?;
    let output = child.wait_with_output().await?;
    drop(stdin);
    ensure!(output.status.success(), "the hook failed");
    Ok(String::from_utf8(output.stdout)?)
}

pub(crate) fn started(home: &Home, arguments: &[&str]) -> Result<(Child, Lines<BufReader<ChildStdout>>)> {
    let mut command = tokio::process::Command::from(home.command(arguments)?);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().context("no output")?;
    Ok((child, BufReader::new(stdout).lines()))
}

fn lines_of(file: &Path) -> Result<Vec<Value>> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
