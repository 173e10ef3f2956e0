//! What is wrong with a payload: where, and which rule it breaks, in our words.
//!
//! A schema may be a peer's. Of its words only short plain names are repeated, since a sender has to know which property is
//! missing; never a description, a listed value or a pattern.

use std::fmt;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};

/// The longest name of a schema that is repeated.
const LONGEST_NAME: usize = 32;
/// The longest path that is repeated.
const LONGEST_PATH: usize = 120;

/// One thing that is wrong with a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadProblem {
    /// Where in the payload, as a JSON pointer; empty for the whole.
    pub path: String,
    /// Which rule it breaks.
    pub rule: String,
}

impl fmt::Display for PayloadProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "the whole payload" } else { &self.path };
        write!(f, "{path}: {}", self.rule)
    }
}

impl PayloadProblem {
    /// A problem of the whole payload.
    pub(super) fn of_the_whole(rule: &str) -> Self {
        Self { path: String::new(), rule: rule.to_owned() }
    }

    pub(super) fn of(error: &ValidationError<'_>) -> Self {
        Self { path: path(error.instance_path().as_str()), rule: rule(error.kind()) }
    }
}

/// A path as far as it is made of plain names.
fn path(pointer: &str) -> String {
    let parts = pointer.split('/').skip(1).map(|part| if is_plain(part) { part } else { "?" });
    let mut path = String::new();
    for part in parts {
        if path.len() + part.len() > LONGEST_PATH {
            path.push_str("/…");
            break;
        }
        path.push('/');
        path.push_str(part);
    }
    path
}

fn is_plain(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

fn rule(kind: &Kind) -> String {
    match kind {
        Kind::Required { property } => match property.as_str().filter(|name| is_plain(name)) {
            Some(name) => format!("`{name}` is missing"),
            None => "a property that the schema requires is missing".to_owned(),
        },
        Kind::Type { kind } => format!("must be of type {}", types(kind)),
        Kind::Format { format } if is_plain(format) => format!("is not a {format}"),
        Kind::MinLength { limit } => format!("needs at least {}", count(*limit, "character")),
        Kind::MaxLength { limit } => format!("may have at most {}", count(*limit, "character")),
        Kind::MinItems { limit } => format!("needs at least {}", count(*limit, "item")),
        Kind::MaxItems { limit } => format!("may have at most {}", count(*limit, "item")),
        Kind::Minimum { limit } | Kind::ExclusiveMinimum { limit } => format!("is below the least, {}", number(limit)),
        Kind::Maximum { limit } | Kind::ExclusiveMaximum { limit } => format!("is above the most, {}", number(limit)),
        other => plain_rule(other).to_owned(),
    }
}

fn plain_rule(kind: &Kind) -> &'static str {
    match kind {
        Kind::AdditionalProperties { .. } => "has properties that the schema does not know",
        Kind::Enum { .. } => "must be one of the values that the schema lists",
        Kind::Constant { .. } => "must be the one value that the schema names",
        Kind::Pattern { .. } => "does not match the pattern of the schema",
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => "must follow one of the forms that the schema lists",
        Kind::OneOfMultipleValid { .. } => "follows more than one of the forms that the schema lists",
        Kind::UniqueItems => "holds an item twice",
        Kind::FalseSchema => "must not be there",
        Kind::PropertyNames { .. } => "has a property whose name is not allowed",
        Kind::Format { .. } => "does not have the format that the schema asks for",
        _ => "breaks a rule of the schema",
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(several) => several.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
    }
}

/// A limit is a number in any valid schema.
fn number(limit: &serde_json::Value) -> String {
    if limit.is_number() { limit.to_string() } else { "its limit".to_owned() }
}

fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
