//! Changes to JSON that a person may have written by hand: comments, order and layout stay.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstInputValue, CstNode, CstObject, CstRootNode};
use serde_json::Value;

use super::settings::Setting;

/// Why a text was left alone.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It does not parse; where and why.
    Broken(String),
    /// Something else stands under this key.
    Occupied(String),
}

/// Comments and trailing commas are what several clients allow; anything looser no client reads.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The text with our settings in it; the same text when they stand there already.
pub(super) fn with(text: &str, settings: &[Setting]) -> Result<String, Refused> {
    let root = parse(text)?;
    let top = root.object_value_or_create().ok_or_else(|| Refused::Occupied("the top".into()))?;
    for setting in settings {
        match setting {
            Setting::Keyed { path, value } => set_key(&top, path, value)?,
            Setting::Listed { path, mark, value } => set_element(&top, path, mark, value)?,
            Setting::Needed { key, value } => {
                if top.get(key).is_none() {
                    top.append(key, input(value));
                }
            }
        }
    }
    Ok(ended(root.to_string()))
}

/// The text without our settings; the same text when there are none.
pub(super) fn without(text: &str, settings: &[Setting]) -> Result<String, Refused> {
    let root = parse(text)?;
    let Some(top) = root.object_value() else {
        return Ok(text.to_owned());
    };
    for setting in settings {
        match setting {
            Setting::Keyed { path, .. } => remove_key(&top, path),
            Setting::Listed { path, mark, .. } => remove_elements(&top, path, mark),
            Setting::Needed { .. } => {}
        }
    }
    Ok(root.to_string())
}

/// The value at `path`, if the text parses and has one.
pub(super) fn at(text: &str, path: &[&str]) -> Result<Option<Value>, Refused> {
    let value = parse(text)?.to_serde_value().unwrap_or(Value::Null);
    Ok(path.iter().try_fold(&value, |value, key| value.get(key)).cloned())
}

fn parse(text: &str) -> Result<CstRootNode, Refused> {
    let broken = |line, column, kind: String| Refused::Broken(format!("line {line}, column {column}: {kind}"));
    CstRootNode::parse(text, &STRICT)
        .map_err(|error| broken(error.line_display(), error.column_display(), error.kind().to_string()))
}

fn set_key(top: &CstObject, path: &[&str], value: &Value) -> Result<(), Refused> {
    let Some((name, above)) = path.split_last() else { return Ok(()) };
    let holder = descend(top, above)?;
    match holder.get(name) {
        Some(found) if found.value().and_then(|found| found.to_serde_value()).as_ref() == Some(value) => {}
        Some(found) => found.set_value(input(value)),
        None => drop(holder.append(name, input(value))),
    }
    Ok(())
}

fn set_element(top: &CstObject, path: &[&str], mark: &str, value: &Value) -> Result<(), Refused> {
    let Some((name, above)) = path.split_last() else { return Ok(()) };
    let list = descend(top, above)?.array_value_or_create(name).ok_or_else(|| Refused::Occupied((*name).to_owned()))?;
    if let [only] = &ours(&list, mark)[..]
        && only.element.to_serde_value().as_ref() == Some(innermost(value, mark))
    {
        return Ok(());
    }
    remove_ours(&list, mark);
    list.append(input(value));
    Ok(())
}

/// An element of ours, in the list itself or in a list of one of its elements.
struct Ours {
    element: CstNode,
    /// The element of the list that it stands in, and the list in there.
    group: Option<(CstNode, CstArray)>,
}

/// The innermost elements that are ours: the owner may have put another hook beside one, or one beside another.
fn ours(list: &CstArray, mark: &str) -> Vec<Ours> {
    let elements = list.elements().into_iter().filter(|element| is_ours(element, mark));
    elements.flat_map(|element| within(&element, mark).unwrap_or_else(|| vec![Ours { element, group: None }])).collect()
}

fn within(group: &CstNode, mark: &str) -> Option<Vec<Ours>> {
    let lists = group.as_object()?.properties().into_iter().filter_map(|property| property.array_value());
    let found = lists.flat_map(|list| {
        let mine = list.elements().into_iter().filter(|element| is_ours(element, mark)).collect::<Vec<_>>();
        mine.into_iter().map(move |element| (element, list.clone()))
    });
    let found: Vec<Ours> = found.map(|(element, list)| Ours { element, group: Some((group.clone(), list)) }).collect();
    (!found.is_empty()).then_some(found)
}

/// The same of a value that we write.
fn innermost<'a>(value: &'a Value, mark: &str) -> &'a Value {
    let lists = value.as_object().into_iter().flat_map(|map| map.values()).filter_map(Value::as_array);
    lists.flatten().find(|element| holds(element, mark)).unwrap_or(value)
}

/// Takes ours out, and a group that holds nothing else.
fn remove_ours(list: &CstArray, mark: &str) {
    for Ours { element, group } in ours(list, mark) {
        element.remove();
        if let Some((group, list)) = group
            && list.elements().is_empty()
        {
            group.remove();
        }
    }
}

fn descend(top: &CstObject, path: &[&str]) -> Result<CstObject, Refused> {
    path.iter().try_fold(top.clone(), |object, key| {
        object.object_value_or_create(key).ok_or_else(|| Refused::Occupied((*key).to_owned()))
    })
}

fn remove_key(top: &CstObject, path: &[&str]) {
    let Some((name, above)) = path.split_last() else { return };
    let holder = above.iter().try_fold(top.clone(), |object, key| object.object_value(key));
    if let Some(found) = holder.and_then(|holder| holder.get(name)) {
        found.remove();
    }
}

fn remove_elements(top: &CstObject, path: &[&str], mark: &str) {
    let Some((name, above)) = path.split_last() else { return };
    let holder = above.iter().try_fold(top.clone(), |object, key| object.object_value(key));
    if let Some(list) = holder.and_then(|holder| holder.array_value(name)) {
        remove_ours(&list, mark);
    }
}

/// An element is ours when a text anywhere in it holds the mark.
fn is_ours(element: &CstNode, mark: &str) -> bool {
    element.to_serde_value().is_some_and(|value| holds(&value, mark))
}

fn holds(value: &Value, mark: &str) -> bool {
    match value {
        Value::String(text) => text.contains(mark),
        Value::Array(values) => values.iter().any(|value| holds(value, mark)),
        Value::Object(map) => map.values().any(|value| holds(value, mark)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::Object(map) => {
            let mut pairs: Vec<_> = map.iter().map(|(key, value)| (key.clone(), input(value))).collect();
            pairs.sort_by_key(|(key, _)| USUAL_ORDER.iter().position(|usual| usual == key));
            CstInputValue::Object(pairs)
        }
    }
}

/// The order in which people write these keys; others stand before them.
const USUAL_ORDER: [&str; 6] = ["type", "source", "command", "args", "env", "timeout"];

fn ended(text: String) -> String {
    if text.ends_with('\n') { text } else { text + "\n" }
}
