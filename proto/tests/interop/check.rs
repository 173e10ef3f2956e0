//! Holds that this crate agrees with every vector file, whoever wrote it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::files::named;
use crate::operations;

/// Runs every vector of a folder and lists those that differ.
fn differing(folder: &str, expected: impl Fn(&Value) -> Result<Value, String>) -> Vec<String> {
    let vectors = named(folder);
    assert!(!vectors.is_empty(), "{folder} is empty");
    let differs = |(name, vector): &(String, Value)| {
        let (found, expected) = (operations::run(vector).map_err(str::to_owned), expected(vector));
        (found != expected).then(|| match (found, expected) {
            (Ok(found), Ok(expected)) => format!("{name}: gives {found}, not {expected}"),
            (Ok(_), Err(expected)) => format!("{name}: is accepted, not {expected}"),
            (Err(found), Ok(_)) => format!("{name}: is {found}, not accepted"),
            (Err(found), Err(expected)) => format!("{name}: is {found}, not {expected}"),
        })
    };
    vectors.iter().filter_map(differs).map(|text| text.chars().take(600).collect()).collect()
}

fn output(vector: &Value) -> Result<Value, String> {
    Ok(vector["output"].clone())
}

fn outcome(vector: &Value) -> Result<Value, String> {
    Err(vector["outcome"].as_str().unwrap().to_owned())
}

#[test]
fn every_accepting_vector_gives_its_output() {
    let differing = differing("accept", output);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_vector_of_the_second_implementation_gives_its_output() {
    let differing = differing("accept-python", output);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_rejecting_vector_is_rejected_with_its_outcome() {
    let differing = differing("reject", outcome);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn every_operation_has_vectors_of_both_implementations() {
    for folder in ["accept", "accept-python"] {
        let seen: BTreeSet<String> =
            named(folder).into_iter().map(|(_, vector)| vector["operation"].as_str().unwrap().to_owned()).collect();
        let missing: Vec<&str> =
            operations::ALL.iter().map(|(name, _)| *name).filter(|name| !seen.contains(*name)).collect();
        assert!(missing.is_empty(), "{folder} has no {missing:?}");
    }
}
