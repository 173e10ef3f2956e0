//! A disk as it may look after a power cut: rebuilt from a recording of what a relay did to its files.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// One thing that was done, in the order of the recording.
pub(crate) enum Event {
    Opened {
        inode: u64,
        truncated: bool,
        path: PathBuf,
    },
    Wrote {
        inode: u64,
        offset: usize,
        bytes: Vec<u8>,
    },
    Resized {
        inode: u64,
        length: usize,
    },
    /// Everything of the file that was recorded before `since` is on the disk.
    Synced {
        inode: u64,
        since: usize,
    },
    Renamed {
        old: PathBuf,
        new: PathBuf,
    },
    Removed {
        path: PathBuf,
    },
    /// 202, to the client on this port.
    Answered {
        port: u16,
    },
}

/// Reads a recording; what a killed relay did not finish writing down is left out.
pub(crate) fn read(recording: &[u8]) -> Vec<Event> {
    let (mut events, mut rest) = (Vec::new(), recording);
    while rest.len() >= 33 {
        let number = |at: usize| u64::from_le_bytes(rest[at..at + 8].try_into().unwrap());
        let (a, b, length) = (number(1), number(9), number(25) as usize);
        let Some(bytes) = rest.get(33..33 + length) else { break };
        events.push(event(rest[0], a, b, bytes));
        rest = &rest[33 + length..];
    }
    events
}

fn event(letter: u8, a: u64, b: u64, bytes: &[u8]) -> Event {
    let path = |bytes: &[u8]| PathBuf::from(std::str::from_utf8(bytes).unwrap());
    match letter {
        b'O' => Event::Opened { inode: a, truncated: b != 0, path: path(bytes) },
        b'W' => Event::Wrote { inode: a, offset: b as usize, bytes: bytes.to_vec() },
        b'T' => Event::Resized { inode: a, length: b as usize },
        b'S' => Event::Synced { inode: a, since: b as usize },
        b'N' => {
            let both = std::str::from_utf8(bytes).unwrap();
            let (old, new) = both.split_once('\u{1}').unwrap();
            Event::Renamed { old: old.into(), new: new.into() }
        }
        b'U' => Event::Removed { path: path(bytes) },
        b'A' => Event::Answered { port: a as u16 },
        other => panic!("a recording has no {other}"),
    }
}

/// What became of writes that no sync had reached.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unsynced {
    /// All are lost.
    Lost,
    /// Each page of 4 KiB came through or did not, as the number decides.
    Torn(u64),
}

const PAGE: usize = 4096;

/// The files under `folder` when the power went after the first `cut` events; `before` holds them as they were,
/// all synced, when the recording began. Names count as durable at once: a journalling file system has them
/// with the first sync of the file.
pub(crate) fn rebuild(events: &[Event], cut: usize, unsynced: Unsynced, folder: &Path, before: &Path, into: &Path) {
    let events = &events[..cut];
    let mut reached = HashMap::new();
    for event in events {
        if let Event::Synced { inode, since } = event {
            let so_far = reached.entry(*inode).or_insert(0);
            *so_far = (*so_far).max(*since);
        }
    }
    let mut disk = Disk { folder, before, names: BTreeMap::new(), files: HashMap::new() };
    let mut chance = unsynced;
    for (at, event) in events.iter().enumerate() {
        let is_synced = |inode: &u64| reached.get(inode).is_some_and(|since| at < *since);
        match event {
            Event::Opened { inode, truncated, path } => disk.open(*inode, *truncated, path),
            Event::Wrote { inode, offset, bytes } => {
                let file = disk.files.entry(*inode).or_default();
                if is_synced(inode) {
                    put(file, *offset, bytes);
                } else {
                    chance.put(file, *offset, bytes);
                }
            }
            Event::Resized { inode, length } => {
                if is_synced(inode) || chance.comes_through() {
                    disk.files.entry(*inode).or_default().resize(*length, 0);
                }
            }
            Event::Renamed { old, new } => {
                let moved = disk.names.remove(old).flatten();
                disk.names.insert(old.clone(), None);
                disk.names.insert(new.clone(), moved);
            }
            Event::Removed { path } => drop(disk.names.insert(path.clone(), None)),
            Event::Synced { .. } | Event::Answered { .. } => {}
        }
    }
    disk.write(into);
}

struct Disk<'a> {
    folder: &'a Path,
    before: &'a Path,
    /// What the recording says of a name: a file, or none any more.
    names: BTreeMap<PathBuf, Option<u64>>,
    files: HashMap<u64, Vec<u8>>,
}

impl Disk<'_> {
    fn open(&mut self, inode: u64, truncated: bool, path: &Path) {
        let earlier = self.before.join(path.strip_prefix(self.folder).unwrap());
        let is_new_name = self.names.insert(path.to_path_buf(), Some(inode)).is_none();
        let file = self
            .files
            .entry(inode)
            .or_insert_with(|| if is_new_name { std::fs::read(earlier).unwrap_or_default() } else { Vec::new() });
        if truncated {
            file.clear();
        }
    }

    fn write(&self, into: &Path) {
        copy_folder(self.before, into);
        for (name, inode) in &self.names {
            let Ok(name) = name.strip_prefix(self.folder) else { continue };
            let path = into.join(name);
            match inode {
                Some(inode) => {
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    std::fs::write(path, &self.files[inode]).unwrap();
                }
                None => drop(std::fs::remove_file(path)),
            }
        }
    }
}

pub(crate) fn copy_folder(from: &Path, into: &Path) {
    std::fs::create_dir_all(into).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = into.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn put(file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if file.len() < offset + bytes.len() {
        file.resize(offset + bytes.len(), 0);
    }
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
}

impl Unsynced {
    fn put(&mut self, file: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            let end = bytes.len().min(at + PAGE - (offset + at) % PAGE);
            if self.comes_through() {
                put(file, offset + at, &bytes[at..end]);
            }
            at = end;
        }
    }

    fn comes_through(&mut self) -> bool {
        let Self::Torn(state) = self else { return false };
        // xorshift: any sequence does, as long as it can be had again.
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state & 1 == 1
    }
}
