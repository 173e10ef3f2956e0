//! Finds the two binaries beside the running test, after cargo has brought them up to date.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail, ensure};

/// Where the product's binaries are.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// The sidecar, `a2a`.
    pub sidecar: PathBuf,
    /// The relay, `a2a-relay`.
    pub relay: PathBuf,
}

impl Binaries {
    /// The binaries that `A2A_BIN` and `A2A_RELAY_BIN` name, if both do; else those of the same build profile as
    /// the running test or example, built if they are missing or older than their sources.
    pub fn locate() -> Result<Self> {
        static FOUND: OnceLock<Result<Binaries, String>> = OnceLock::new();
        FOUND.get_or_init(|| build_and_find().map_err(|error| format!("{error:#}"))).clone().map_err(anyhow::Error::msg)
    }
}

fn named() -> Option<Binaries> {
    let [sidecar, relay] = ["A2A_BIN", "A2A_RELAY_BIN"].map(|name| std::env::var_os(name).map(PathBuf::from));
    Some(Binaries { sidecar: sidecar?, relay: relay? })
}

fn build_and_find() -> Result<Binaries> {
    if let Some(named) = named() {
        return Ok(named);
    }
    let folder = profile_folder()?;
    build(&folder)?;
    let binary = |name: &str| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let found = Binaries { sidecar: binary("a2a"), relay: binary("a2a-relay") };
    ensure!(found.sidecar.exists(), "{} was not built", found.sidecar.display());
    ensure!(found.relay.exists(), "{} was not built", found.relay.display());
    Ok(found)
}

/// `target/<profile>`, from the path of this executable: `target/<profile>/{deps,examples}/<name>`.
fn profile_folder() -> Result<PathBuf> {
    let executable = std::env::current_exe().context("cannot tell where this test stands")?;
    let folder = executable.parent().and_then(Path::parent);
    Ok(folder.context("this test stands outside a build folder")?.to_path_buf())
}

/// A test run on its own does not make cargo build other packages' binaries, so it is asked here. With
/// everything fresh this takes half a second.
fn build(folder: &Path) -> Result<()> {
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(other) => other,
        None => bail!("{} names no build profile", folder.display()),
    };
    let target = folder.parent().context("the profile's folder stands in no build folder")?;
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(workspace_root())
        .args(["build", "--quiet", "--workspace", "--bins", "--profile", profile, "--target-dir"])
        .arg(target)
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo could not build the binaries");
    Ok(())
}

/// The folder of the workspace, from this package's own.
fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
