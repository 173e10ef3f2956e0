//! Writes the accepting vectors, and holds that the files are what it writes.
//!
//! `UPDATE_VECTORS=1 cargo test -p a2a-proto --test interop` writes them anew; do so only for a new operation, or with a new
//! suite or version.

mod documents;
mod messages;
mod people;
mod relays;
mod talks;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::files::{folder, named};
use crate::operations;

/// 2027-01-15, in milliseconds.
const NOW: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 60 * 60 * 1000;

/// The vectors, by file name, as they come to be.
#[derive(Default)]
struct Written(BTreeMap<String, Value>);

impl Written {
    /// Adds a vector, whose output is what the operation says; hands the output back for the next one.
    fn add(&mut self, name: &str, section: &str, about: &str, operation: &str, input: &Value) -> Value {
        let mut vector = json!({ "about": about, "section": section, "operation": operation, "input": input });
        let output = operations::run(&vector).unwrap_or_else(|outcome| panic!("{name} is {outcome}"));
        vector["output"] = output.clone();
        assert!(self.0.insert(format!("accept/{name}.json"), vector).is_none(), "{name} twice");
        output
    }
}

fn store(vectors: &BTreeMap<String, Value>) {
    for (name, vector) in vectors {
        std::fs::write(folder().join(name), serde_json::to_string_pretty(vector).unwrap() + "\n").unwrap();
    }
}

#[test]
fn the_accepting_vectors_are_what_this_program_writes() {
    let update = std::env::var_os("UPDATE_VECTORS").is_some();
    let mut written = Written::default();
    documents::write(&mut written);
    relays::write(&mut written);
    messages::write(&mut written);
    talks::write(&mut written);
    if update {
        store(&written.0);
    }
    // Those that name a conversation read its file, so they come after it.
    let before = written.0.len();
    talks::write_about_files(&mut written);
    if update {
        store(&written.0);
    }
    assert!(written.0.len() > before);
    let found: BTreeMap<String, Value> = named("accept").into_iter().collect();
    let names: Vec<&String> =
        written.0.keys().chain(found.keys()).filter(|name| written.0.get(*name) != found.get(*name)).collect();
    assert!(names.is_empty(), "the files differ from what this program writes: {names:?}");
}
