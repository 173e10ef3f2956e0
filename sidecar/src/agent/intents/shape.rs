//! A JSON Schema within bounds, and payloads held against it.
//!
//! No reference is left when a schema is compiled, nothing is fetched, patterns run in linear time, and schema and payload are
//! bounded in size and depth: no schema of a peer makes much work, and none makes any without end.

use a2a_proto::limits::{MAX_PAYLOAD_BYTES, MAX_SCHEMA_BYTES};
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::inline::inline;
use super::problem::PayloadProblem;

/// More are not told.
const MOST_PROBLEMS: usize = 16;
/// How deep a payload may go.
const MOST_DEPTH: usize = 32;
/// A compiled pattern takes at most so many bytes.
const PATTERN_BYTES: usize = 256 * 1024;
/// A schema has at most so many patterns.
const MOST_PATTERNS: usize = 64;

/// What a payload must look like.
pub(in crate::agent) struct Shape(Validator);

impl Shape {
    /// Compiles a schema; the error says in our words why it cannot be used.
    pub(in crate::agent) fn read(schema: &str) -> Result<Self, &'static str> {
        if schema.len() > MAX_SCHEMA_BYTES {
            return Err("it is too long");
        }
        let schema: Value = serde_json::from_str(schema).map_err(|_| "it is no JSON")?;
        let inlined = inline(&schema)?;
        if patterns(&inlined) > MOST_PATTERNS {
            return Err("it has too many patterns");
        }
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES));
        options.build(&inlined).map(Self).map_err(|_| "it is not a valid JSON Schema")
    }

    /// What is wrong with a payload; nothing when it follows the schema.
    pub(in crate::agent) fn problems(&self, payload: &Value) -> Vec<PayloadProblem> {
        if self.0.is_valid(payload) {
            return Vec::new();
        }
        let mut problems: Vec<PayloadProblem> = Vec::new();
        for error in self.0.iter_errors(payload).take(MOST_PROBLEMS) {
            let problem = PayloadProblem::of(&error);
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
        problems
    }
}

/// A payload as data, or what is wrong with it before any schema is asked.
pub(super) fn read_payload(payload: &str) -> Result<Value, PayloadProblem> {
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(PayloadProblem::of_the_whole("is too long"));
    }
    let value: Value = serde_json::from_str(payload).map_err(|_| PayloadProblem::of_the_whole("is no JSON"))?;
    if depth(&value) > MOST_DEPTH {
        return Err(PayloadProblem::of_the_whole("is nested too deeply"));
    }
    Ok(value)
}

/// How deep a value goes; one for a plain one.
fn depth(value: &Value) -> usize {
    let inner = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(object) => object.values().map(depth).max(),
        _ => None,
    };
    1 + inner.unwrap_or(0)
}

/// How many patterns a schema may hold, property names of that word included.
fn patterns(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(patterns).sum(),
        Value::Object(object) => {
            let own = usize::from(object.contains_key("pattern"));
            let named = object.get("patternProperties").and_then(Value::as_object).map_or(0, serde_json::Map::len);
            own + named + object.values().map(patterns).sum::<usize>()
        }
        _ => 0,
    }
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
