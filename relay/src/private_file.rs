//! Files that only the relay's own user may read: the master secret, the store, the first join link.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// Writes a whole file, or none: what stands under `path` is never half of it, also after a power cut.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = Path::new(&unfinished);
    // Left by a start that was cut off; a new file is made so that its mode is ours.
    let _ = std::fs::remove_file(unfinished);
    let mut file = create(unfinished)?;
    file.write_all(bytes)?;
    drop(file);
    finish(unfinished, path)
}

/// Gives a file that is written its name, once all of it is on the disk.
pub(crate) fn finish(unfinished: &Path, path: &Path) -> std::io::Result<()> {
    // Opened for writing: some systems sync no other.
    OpenOptions::new().write(true).open(unfinished)?.sync_all()?;
    std::fs::rename(unfinished, path)?;
    sync_folder(path)
}

/// Makes an empty file for others to fill, if there is none.
pub(crate) fn make(path: &Path) -> std::io::Result<()> {
    match create(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Makes a folder, and those above it, if there is none.
pub(crate) fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

fn create(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Elsewhere a folder cannot be opened, and its entries are written with the file.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
