//! Opens a file that may be sent: under an allowed folder, through no link, and nothing but an ordinary file of one name.
//!
//! What is checked is what is read: every check is about the opened file, and on Linux the kernel itself walks the path
//! without following a link (`openat2`), so nothing can be put in between.

use std::fs::{File, Metadata};
use std::path::{Component, Path, PathBuf};

use crate::agent::AttachError;

/// The opened file, and the name it goes by.
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) name: String,
    pub(super) size: u64,
}

/// Opens `path` if one of the `folders` allows it; those are canonical.
pub(super) fn open<'a>(path: &Path, folders: impl Iterator<Item = &'a str>) -> Result<Opened, AttachError> {
    let shown = || path.display().to_string();
    if !path.is_absolute() || path.components().any(|part| part == Component::ParentDir) {
        return Err(AttachError::NotAbsolute { path: shown() });
    }
    let folders: Vec<&Path> = folders.map(Path::new).collect();
    if folders.is_empty() {
        return Err(AttachError::NoFolders);
    }
    let whole = canonical_parent(path).ok_or_else(|| AttachError::NotFound { path: shown() })?;
    let allowed = folders.into_iter().find_map(|folder| Some((folder, whole.strip_prefix(folder).ok()?)));
    let (folder, inside) = allowed.ok_or_else(|| AttachError::NotAllowed { path: shown() })?;
    let name = name(inside).ok_or_else(|| AttachError::Hidden { path: shown() })?;
    let file = open_beneath(folder, inside).map_err(|error| unopened(path, &error))?;
    let about = file.metadata().map_err(|error| unopened(path, &error))?;
    if !about.is_file() {
        return Err(AttachError::NotAFile { path: shown() });
    }
    if has_other_names(&about) {
        return Err(AttachError::SeveralNames { path: shown() });
    }
    Ok(Opened { file, name, size: about.len() })
}

/// The path with every link but the last part resolved. Only to find the folder: the file is opened without links.
fn canonical_parent(path: &Path) -> Option<PathBuf> {
    Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
}

/// The file's name, if nothing on the way from the folder is hidden.
fn name(inside: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = inside.components().map(|part| part.as_os_str().to_str()).collect();
    let parts = parts?;
    if parts.is_empty() || parts.iter().any(|part| part.starts_with('.')) {
        return None;
    }
    parts.last().map(|name| (*name).to_owned())
}

fn unopened(path: &Path, error: &std::io::Error) -> AttachError {
    let path = path.display().to_string();
    #[cfg(target_os = "linux")]
    if matches!(error.raw_os_error(), Some(code) if code == rustix::io::Errno::LOOP.raw_os_error()
        || code == rustix::io::Errno::XDEV.raw_os_error())
    {
        return AttachError::Link { path };
    }
    match error.kind() {
        std::io::ErrorKind::NotFound => AttachError::NotFound { path },
        _ => AttachError::Unreadable { path, reason: error.to_string() },
    }
}

#[cfg(unix)]
fn has_other_names(about: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    about.nlink() > 1
}

/// Links of this kind need rights on Windows that programs seldom have; they cannot be counted by the standard library.
#[cfg(not(unix))]
fn has_other_names(_about: &Metadata) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn open_beneath(folder: &Path, inside: &Path) -> std::io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
    let no_links = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let folder = openat2(CWD, folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty(), no_links)?;
    // Not blocking: a pipe would wait for its other end.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat2(folder, inside, flags, Mode::empty(), no_links | ResolveFlags::BENEATH)?;
    Ok(File::from(file))
}

/// Elsewhere the path is resolved before and after the file is opened, and both must be the same place.
#[cfg(not(target_os = "linux"))]
fn open_beneath(folder: &Path, inside: &Path) -> std::io::Result<File> {
    let wanted = folder.join(inside);
    let refused = || std::io::Error::new(std::io::ErrorKind::PermissionDenied, "there is a link on the way");
    if wanted.symlink_metadata()?.file_type().is_symlink() || wanted.canonicalize()? != wanted {
        return Err(refused());
    }
    let file = File::open(&wanted)?;
    if wanted.canonicalize()? == wanted { Ok(file) } else { Err(refused()) }
}

#[cfg(test)]
#[cfg(unix)]
#[path = "safe_open_tests.rs"]
mod tests;
