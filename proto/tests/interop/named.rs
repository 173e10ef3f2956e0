//! Holds that every test, vector and model that the protocol's text names as showing a property exists.

use std::path::{Path, PathBuf};

use crate::files::folder;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What stands between backticks in the section on properties.
fn names() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("docs/protocol.md")).unwrap();
    let (_, section) = text.split_once("\n## 16. ").unwrap();
    let (section, _) = section.split_once("\n## 17. ").unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    rows.flat_map(|row| row.split('`').skip(1).step_by(2).map(str::to_owned)).collect()
}

fn is_vector(name: &str) -> bool {
    let (place, start) = name.split_once('/').unwrap();
    let known = std::fs::read_dir(folder().join(place)).unwrap();
    let mut files = known.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    match start.strip_suffix('*') {
        Some(start) => files.any(|file| file.starts_with(start)),
        None => files.any(|file| file == format!("{start}.json")),
    }
}

fn is_test(name: &str) -> bool {
    let mut sources = Vec::new();
    for place in ["proto/src", "proto/tests", "sidecar/src", "tests/e2e"] {
        walk(&root().join(place), &mut sources);
    }
    let head = format!("fn {name}(");
    sources.iter().any(|source| std::fs::read_to_string(source).unwrap().contains(&head))
}

fn walk(place: &Path, sources: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
}

#[test]
fn what_shows_a_property_exists() {
    let exists = |name: &String| match name.as_str() {
        vector if vector.starts_with("reject/") || vector.starts_with("accept") => is_vector(vector),
        model if [".pv", ".vp", ".py"].iter().any(|ending| model.ends_with(ending)) => {
            root().join("docs/models").join(model).exists()
        }
        place if place.contains('/') => root().join(place).exists(),
        test => is_test(test),
    };
    let names = names();
    assert!(names.len() > 40, "only {} names", names.len());
    let missing: Vec<&String> = names.iter().filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "the text names what is not there: {missing:?}");
}
