//! What a running sidecar has in memory stays out of core files and away from other processes of the same user (Linux).

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use a2a_harness::{Binaries, World, eventually};
use anyhow::{Result, ensure};

/// Root reads everything, so where the tests run as root, both processes are this user's.
const NOBODY: u32 = 65_534;

#[tokio::test(flavor = "multi_thread")]
async fn a_running_sidecar_is_closed_to_its_own_user_and_leaves_no_core() -> Result<()> {
    let world = World::start().await?;
    let folder = world.folder();
    let program = folder.join("a2a-of-nobody");
    std::fs::copy(Binaries::locate()?.sidecar, &program)?;
    let home = folder.join("home-of-nobody");
    std::fs::create_dir(&home)?;
    for (path, mode) in [(folder, 0o755), (program.as_path(), 0o755), (home.as_path(), 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    let mut plain = start(Path::new("cat"), &[], &home)?;
    let mut sidecar = start(&program, &["mcp"], &home)?;
    // The search can find: an ordinary process of this user is open to it.
    eventually("an ordinary process to be open", async || Ok(is_open(&plain, &home)?.then_some(()))).await?;
    eventually("a sidecar that is closed to its user", async || {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", sidecar.id()))?;
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default();
        let leaves_no_core = core.split_whitespace().skip(4).take(2).eq(["0", "0"]);
        Ok((leaves_no_core && !is_open(&sidecar, &home)?).then_some(()))
    })
    .await?;
    ensure!(sidecar.try_wait()?.is_none(), "it ended, and so tells nothing");
    for child in [&mut plain, &mut sidecar] {
        child.kill()?;
        child.wait()?;
    }
    Ok(())
}

/// Starts a program that waits for its input, with nothing of ours in its environment.
fn start(program: &Path, arguments: &[&str], home: &Path) -> Result<Child> {
    let mut command = as_user(Command::new(program));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", home)
        .env("A2A_HOME", home.join("a2a"));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    loop {
        match command.spawn() {
            // Another test's child holds the copy's descriptor until it runs its own program.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => sleep(Duration::from_millis(20)),
            started => return Ok(started?),
        }
    }
}

/// Whether another process of the same user may look into this one.
fn is_open(process: &Child, home: &Path) -> Result<bool> {
    let mut look = as_user(Command::new("cat"));
    look.arg(format!("/proc/{}/environ", process.id())).current_dir(home);
    Ok(look.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success())
}

fn as_user(mut command: Command) -> Command {
    // Whoever owns what was made just now is who runs this.
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|made| std::os::unix::fs::MetadataExt::uid(&made) == 0);
    if is_root {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}
