//! Room kept free for the day the disk is full: then deposits are refused, and owners can still collect and acknowledge.
//!
//! A file beside the store holds the room. When a write finds the disk full the file is emptied, and from then on
//! only acts run that make room: what they write fits into what the file held. Once the disk has room for more than
//! the file again, it is filled again and everything is as before.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::ErrorCode;

use crate::config;

/// Enough for a few batches of acknowledgements and for the log of half a second's deposits.
const SIZE: u64 = 32 * 1024 * 1024;
/// Less than this is no room.
const TIGHT: u64 = 256 * 1024;
/// Of a small disk only this part.
const PART: u64 = 4;

/// The room, and whether it had to be used.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    size: u64,
    full: AtomicBool,
}

impl Reserve {
    /// Keeps room beside the store at `store`, as far as there is any.
    pub(super) fn keep(store: &Path) -> std::io::Result<Self> {
        let path = config::beside(store, ".reserve");
        let disk = Disk::of(&path)?;
        let size = SIZE.min(disk.total / PART);
        let reserve = Self { path, size, full: AtomicBool::new(false) };
        if reserve.fill().is_err() {
            reserve.give_way();
        }
        Ok(reserve)
    }

    /// Keeps none: for a process beside the one that serves, which must not take back what that one has given.
    pub(super) fn none(store: &Path) -> Self {
        Self { path: config::beside(store, ".reserve"), size: 0, full: AtomicBool::new(false) }
    }

    /// Whether only acts that make room may run.
    pub(super) fn is_used(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }

    /// Whether a write that failed failed for want of room.
    pub(super) fn explains(&self, error: &rusqlite::Error) -> bool {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => true,
            // The log's index cannot be grown: SQLite calls that an I/O error.
            Some(ErrorCode::SystemIoFailure) => Disk::of(&self.path).is_ok_and(|disk| disk.free < TIGHT),
            _ => false,
        }
    }

    /// Whether the disk will soon be full. Then the log has to stay short: moving a long one into the file takes room, and
    /// would take all that is kept for acknowledgements.
    pub(super) fn is_near(&self) -> bool {
        self.size > 0 && Disk::of(&self.path).is_ok_and(|disk| disk.free < self.size.saturating_mul(2))
    }

    /// Frees the room. Called when the disk is full.
    pub(super) fn give_way(&self) {
        if self.size == 0 {
            return;
        }
        if !self.full.swap(true, Ordering::AcqRel) {
            tracing::error!("the disk is full: deposits are refused until there is room; collecting goes on");
        }
        // Nothing to free is as good; a file system that cannot even do this was left alone by others.
        let _ = OpenOptions::new().write(true).truncate(true).open(&self.path);
    }

    /// Takes the room back when the disk has twice as much.
    pub(super) fn take_back(&self) {
        let has_room = Disk::of(&self.path).is_ok_and(|disk| disk.free > self.size.saturating_mul(2));
        if self.is_used() && has_room && self.fill().is_ok() {
            self.full.store(false, Ordering::Release);
            tracing::info!("the disk has room again: deposits are taken");
        }
    }

    fn fill(&self) -> std::io::Result<()> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&self.path)?;
        allocate(&file, self.size)
    }
}

/// Really takes the room: a file with a hole in it would hold nothing.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn allocate(file: &File, size: u64) -> std::io::Result<()> {
    Ok(rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, size)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn allocate(mut file: &File, size: u64) -> std::io::Result<()> {
    use std::io::Write;
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..size / zeros.len() as u64 {
        file.write_all(&zeros)?;
    }
    file.sync_all()
}

/// The file system that holds the store.
struct Disk {
    total: u64,
    free: u64,
}

impl Disk {
    #[cfg(unix)]
    fn of(path: &Path) -> std::io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let found = rustix::fs::statvfs(folder.unwrap_or(Path::new(".")))?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Ok(Self { total: bytes(found.f_blocks), free: bytes(found.f_bavail) })
    }

    /// Elsewhere nobody is asked; a disk that is full again is noticed by the next write.
    #[cfg(not(unix))]
    fn of(_path: &Path) -> std::io::Result<Self> {
        Ok(Self { total: u64::MAX, free: u64::MAX })
    }
}
