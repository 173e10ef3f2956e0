//! Takes a schema's references out: each is replaced by what it names, within bounds, so that nothing is left to follow.
//!
//! References are how a small schema makes endless or exponential work, or has something fetched. What they name is put in
//! their place here, at most [`MOST_NODES`] values in all; a reference into itself, or to another document, is refused.

use serde_json::{Map, Value};

/// A schema may have as many values, references taken out.
pub(super) const MOST_NODES: usize = 4096;
/// How deep it may go.
pub(super) const MOST_DEPTH: usize = 32;

/// Where data stands, in which nothing is a reference.
const DATA: [&str; 4] = ["const", "enum", "default", "examples"];
/// What only serves references, or names a dialect; all is read as draft 2020-12.
const NAMING: [&str; 5] = ["$schema", "$id", "$anchor", "$comment", "$vocabulary"];
/// Where names stand, of which none is a keyword.
const MAPS: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];
/// What makes work that grows with the depth of a schema, or needs references.
const UNSUPPORTED: [&str; 5] =
    ["$dynamicRef", "$dynamicAnchor", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems"];

/// The schema without references, or why it cannot be used, in our words.
pub(super) fn inline(schema: &Value) -> Result<Value, &'static str> {
    let mut inliner = Inliner { root: schema, nodes: 0, inside: Vec::new() };
    inliner.value(schema, 0, false)
}

struct Inliner<'a> {
    root: &'a Value,
    nodes: usize,
    /// The references that are being taken out just now.
    inside: Vec<&'a str>,
}

impl<'a> Inliner<'a> {
    /// A value of a schema; with `names`, one whose keys are names and no keywords.
    fn value(&mut self, value: &'a Value, depth: usize, names: bool) -> Result<Value, &'static str> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err("it is too large once its references are taken out");
        }
        if depth > MOST_DEPTH {
            return Err("it is nested too deeply");
        }
        Ok(match value {
            Value::Object(object) if names => self.named(object, depth)?,
            Value::Object(object) => self.object(object, depth)?,
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.value(item, depth + 1, false)).collect::<Result<_, _>>()?)
            }
            other => other.clone(),
        })
    }

    fn named(&mut self, object: &'a Map<String, Value>, depth: usize) -> Result<Value, &'static str> {
        let parts = object.iter().map(|(name, value)| Ok((name.clone(), self.value(value, depth + 1, false)?)));
        Ok(Value::Object(parts.collect::<Result<_, &'static str>>()?))
    }

    fn object(&mut self, object: &'a Map<String, Value>, depth: usize) -> Result<Value, &'static str> {
        let mut rest = Map::new();
        let mut referred = None;
        for (key, value) in object {
            match (key.as_str(), value) {
                ("$ref", Value::String(reference)) => referred = Some(self.referred(reference, depth)?),
                ("$defs" | "definitions", Value::Object(_)) => {}
                (naming, Value::String(_)) if NAMING.contains(&naming) => {}
                (word, _) if UNSUPPORTED.contains(&word) => {
                    return Err("it uses a keyword that is not supported here ($dynamicRef, unevaluated…)");
                }
                (data, value) if DATA.contains(&data) => {
                    rest.insert(key.clone(), value.clone());
                }
                (word, value) => {
                    rest.insert(key.clone(), self.value(value, depth + 1, MAPS.contains(&word))?);
                }
            }
        }
        Ok(match referred {
            None => Value::Object(rest),
            Some(named) if rest.is_empty() => named,
            Some(named) => {
                let own = Value::Object(rest);
                Value::Object(Map::from_iter([("allOf".to_owned(), Value::Array(vec![named, own]))]))
            }
        })
    }

    fn referred(&mut self, reference: &'a str, depth: usize) -> Result<Value, &'static str> {
        let Some(pointer) =
            reference.strip_prefix('#').filter(|pointer| pointer.is_empty() || pointer.starts_with('/'))
        else {
            return Err("it refers to another document");
        };
        if self.inside.contains(&pointer) {
            return Err("it refers into itself");
        }
        let root = self.root;
        let named = root.pointer(pointer).ok_or("it refers to a part that it does not have")?;
        self.inside.push(pointer);
        let taken = self.value(named, depth + 1, false);
        self.inside.pop();
        taken
    }
}
