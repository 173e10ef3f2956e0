//! Processes that believe in another time, where the library for it (package faketime) is installed.

use std::path::Path;

use anyhow::{Result, ensure};

/// Where Debian and its kin put the library that lies about the time.
const LIBRARIES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/faketime/libfaketime.so.1",
];

/// The environment in which a process's clock is off by `offset`, such as `+3h`. None where the library is missing,
/// which a test says and then leaves out; in CI nothing may be left out, so there it is an error.
pub fn clock_off_by(offset: &str) -> Result<Option<Vec<(String, String)>>> {
    let Some(library) = LIBRARIES.iter().find(|path| Path::new(path).exists()) else {
        ensure!(std::env::var("CI").is_err(), "faketime is missing, and CI skips nothing");
        return Ok(None);
    };
    let variables = [("LD_PRELOAD", *library), ("FAKETIME", offset), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];
    Ok(Some(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()))
}
