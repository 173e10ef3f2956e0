//! Changes to TOML that a person may have written by hand: comments, order and layout stay.

use serde_json::Value;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value as TomlValue, value};

use super::json_text::Refused;
use super::settings::Setting;

/// The text with our settings in it; the same text when they stand there already.
pub(super) fn with(text: &str, settings: &[Setting]) -> Result<String, Refused> {
    let mut document = parse(text)?;
    for (list, name, wanted) in keyed(settings) {
        let holder = document.entry(list).or_insert_with(implicit).as_table_mut();
        let holder = holder.ok_or_else(|| Refused::Occupied(list.to_owned()))?;
        if holder.get(name).map(to_json).as_ref() != Some(wanted) {
            holder.insert(name, Item::Table(table(wanted)));
        }
    }
    Ok(document.to_string())
}

/// The text without our settings; the same text when there are none.
pub(super) fn without(text: &str, settings: &[Setting]) -> Result<String, Refused> {
    let mut document = parse(text)?;
    for (list, name, _) in keyed(settings) {
        if let Some(holder) = document.get_mut(list).and_then(Item::as_table_like_mut) {
            holder.remove(name);
        }
    }
    Ok(document.to_string())
}

/// The value under two keys, if the text parses and has one.
pub(super) fn at(text: &str, path: &[&str]) -> Result<Option<Value>, Refused> {
    let document = parse(text)?;
    let found = path.iter().try_fold(document.as_item(), |item, key| item.get(key));
    Ok(found.map(to_json))
}

fn parse(text: &str) -> Result<DocumentMut, Refused> {
    text.parse::<DocumentMut>().map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        Refused::Broken(format!("line {line}: {}", error.message().lines().next().unwrap_or_default()))
    })
}

/// Settings under a key of a table, the only kind that a client with TOML takes.
fn keyed(settings: &[Setting]) -> impl Iterator<Item = (&'static str, &'static str, &Value)> {
    settings.iter().filter_map(|setting| match setting {
        Setting::Keyed { path, value } => match path[..] {
            [list, name] => Some((list, name, value)),
            _ => None,
        },
        Setting::Listed { .. } | Setting::Needed { .. } => None,
    })
}

fn implicit() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn table(wanted: &Value) -> Table {
    let mut table = Table::new();
    for (key, part) in wanted.as_object().into_iter().flatten() {
        table.insert(key, value(from_json(part)));
    }
    table
}

fn from_json(part: &Value) -> TomlValue {
    match part {
        Value::Array(parts) => TomlValue::Array(parts.iter().map(from_json).collect::<Array>()),
        Value::Object(map) => {
            let pairs = map.iter().map(|(key, part)| (key.as_str(), from_json(part)));
            TomlValue::InlineTable(pairs.collect::<InlineTable>())
        }
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}

/// Strings, lists and tables of them; all that a server's entry of ours is made of.
fn to_json(item: &Item) -> Value {
    match item {
        Item::Value(part) => value_to_json(part),
        Item::Table(table) => table.iter().map(|(key, item)| (key.to_owned(), to_json(item))).collect(),
        Item::None | Item::ArrayOfTables(_) => Value::Null,
    }
}

fn value_to_json(part: &TomlValue) -> Value {
    match part {
        TomlValue::String(text) => text.value().as_str().into(),
        TomlValue::Array(parts) => parts.iter().map(value_to_json).collect(),
        TomlValue::InlineTable(table) => {
            table.iter().map(|(key, part)| (key.to_owned(), value_to_json(part))).collect()
        }
        other => other.to_string().trim().into(),
    }
}
