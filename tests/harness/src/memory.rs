//! Everything that a running process has written to its memory: heap, stacks, buffers.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use anyhow::{Context, Result, ensure};

/// Larger than any process of the tests; more would be a sign of a fault.
const MOST_BYTES: u64 = 2 << 30;

/// Reads the writable memory of a process of the same user. Pages that go away meanwhile are left out.
pub(crate) fn of_process(id: u32) -> Result<Vec<u8>> {
    let maps = std::fs::read_to_string(format!("/proc/{id}/maps")).context("no such process")?;
    let mut memory = File::open(format!("/proc/{id}/mem")).context("its memory cannot be opened")?;
    let mut bytes = Vec::new();
    for (start, end) in maps.lines().filter_map(writable) {
        ensure!(end - start < MOST_BYTES, "a region of {} bytes", end - start);
        memory.seek(SeekFrom::Start(start))?;
        let _ = (&memory).take(end - start).read_to_end(&mut bytes);
    }
    Ok(bytes)
}

/// The region of a line such as `7f…-7f… rw-p …`, if it can be read and written.
fn writable(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let is_writable = words.next()?.starts_with("rw");
    let region = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
    is_writable.then_some(region)
}
