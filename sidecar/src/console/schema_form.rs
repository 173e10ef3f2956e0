//! A form drawn from a JSON Schema, and the payload that a filled-in one means.
//!
//! Fields are named by JSON Pointers (RFC 6901) into the payload, so that what was typed finds its way back. What a schema says
//! that no form can (alternatives, conditions) is checked when the message is sealed; a schema that is no object of named values
//! gets one field for JSON.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::form::Fields;
use crate::agent::Untrusted;
use crate::present;

/// The prefix of every field's name.
const ROOT: &str = "payload";
/// A list of objects has so many places to fill in.
const ROWS: usize = 3;
/// Objects deeper than this are written as JSON.
const MOST_DEPTH: usize = 4;
/// A text that may be longer gets a field of several lines.
const LONG: u64 = 300;

/// What a value looks like on a form.
enum Kind<'a> {
    Text {
        is_long: bool,
    },
    Number {
        is_whole: bool,
    },
    YesNo,
    Choice(Vec<&'a str>),
    /// Texts, one on each line.
    Lines,
    Group(&'a Map<String, Value>),
    Rows(&'a Map<String, Value>),
    Json,
}

fn kind(schema: &Value, depth: usize) -> Kind<'_> {
    if let Some(choices) = choices(schema) {
        return Kind::Choice(choices);
    }
    match schema["type"].as_str() {
        Some("string") => {
            let most = schema["maxLength"].as_u64();
            Kind::Text { is_long: most.is_none_or(|most| most > LONG) }
        }
        Some("integer") => Kind::Number { is_whole: true },
        Some("number") => Kind::Number { is_whole: false },
        Some("boolean") => Kind::YesNo,
        Some("array") if schema["items"]["type"] == "string" && choices_of(&schema["items"]).is_none() => Kind::Lines,
        Some("array") if depth < MOST_DEPTH => properties_of(&schema["items"]).map_or(Kind::Json, Kind::Rows),
        Some("object") if depth < MOST_DEPTH => properties_of(schema).map_or(Kind::Json, Kind::Group),
        _ => Kind::Json,
    }
}

fn properties_of(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

fn choices(schema: &Value) -> Option<Vec<&str>> {
    choices_of(schema).and_then(|values| values.iter().map(Value::as_str).collect())
}

fn choices_of(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("enum")?.as_array()
}

/// The fields of a schema, with what was typed before.
pub(super) fn draw(schema: &Value, typed: &Fields) -> Markup {
    match kind(schema, 0) {
        Kind::Group(properties) => group(schema, properties, ROOT, typed, 0),
        _ => field("Payload", schema, ROOT, true, typed, MOST_DEPTH),
    }
}

fn group(schema: &Value, properties: &Map<String, Value>, path: &str, typed: &Fields, depth: usize) -> Markup {
    html! {
        @for (name, inner) in properties {
            (field(name, inner, &pointer(path, name), requires(schema, name) && depth == 0, typed, depth + 1))
        }
    }
}

fn requires(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().is_some_and(|names| names.iter().any(|required| required == name))
}

fn field(name: &str, schema: &Value, path: &str, is_required: bool, typed: &Fields, depth: usize) -> Markup {
    let value = typed.one(path);
    let label =
        html! { span { (shown(&words(name))) @if !is_required { span.faint { " (may stay empty)" } } } (hint(schema)) };
    match kind(schema, depth) {
        Kind::Text { is_long: false } => html! {
            label.field { (label) input type="text" name=(path) value=(value) required[is_required] placeholder=[placeholder(schema)] autocomplete="off"; }
        },
        Kind::Text { is_long: true } => {
            html! { label.field { (label) textarea name=(path) rows="3" required[is_required] { (value) } } }
        }
        Kind::Number { is_whole } => html! {
            label.field { (label) input type="number" name=(path) value=(value) required[is_required] step=(if is_whole { "1" } else { "any" }); }
        },
        Kind::YesNo => {
            html! { label.tick { input type="checkbox" name=(path) value="true" checked[typed.has(path)]; span { (shown(&words(name))) } } }
        }
        Kind::Choice(choices) => html! {
            label.field { (label) select name=(path) required[is_required] {
                option value="" { "Choose" }
                @for choice in choices { option value=(choice) selected[choice == value] { (shown(choice)) } }
            } }
        },
        Kind::Lines => {
            html! { label.field { (label) textarea name=(path) rows="2" placeholder="One on each line" { (value) } } }
        }
        Kind::Group(properties) => {
            html! { fieldset { legend { (shown(&words(name))) } (group(schema, properties, path, typed, depth)) } }
        }
        Kind::Rows(properties) => html! {
            @for row in 0..ROWS {
                fieldset.row { legend { (shown(&words(name))) " " (row + 1) } (group(&schema["items"], properties, &pointer(path, &row.to_string()), typed, depth)) }
            }
        },
        Kind::Json => html! {
            label.field { (label) textarea name=(path) rows="4" spellcheck="false" placeholder="JSON" required[is_required] { (value) } }
        },
    }
}

fn hint(schema: &Value) -> Markup {
    html! { @if let Some(text) = schema["description"].as_str() { span.hint { (shown(text)) } } }
}

fn placeholder(schema: &Value) -> Option<&'static str> {
    match schema["format"].as_str() {
        Some("date-time") => Some("2026-12-01T09:00:00Z"),
        Some("date") => Some("2026-12-01"),
        _ => None,
    }
}

/// What a schema says is its author's text.
fn shown(text: &str) -> String {
    present::line(&Untrusted::new(text)).as_str().to_owned()
}

/// `duration_minutes` as people write it.
fn words(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn pointer(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// What was filled in, field by field, whatever form it belongs to.
pub(super) fn filled(typed: &Fields) -> impl Iterator<Item = (&str, &str)> {
    let is_ours = |name: &str| name == ROOT || name.strip_prefix(ROOT).is_some_and(|rest| rest.starts_with('/'));
    typed.each().filter(move |(name, value)| is_ours(name) && !value.is_empty())
}

/// What a field is called, for people.
pub(super) fn label(name: &str) -> String {
    let path = name.trim_start_matches(ROOT).trim_start_matches('/');
    shown(&words(&path.replace("~1", "/").replace("~0", "~")))
}

/// What was filled in. Empty fields are left out, but for a yes or no that is required: not ticked means no. A number or JSON that cannot be read is an error that names the field.
pub(super) fn payload(schema: &Value, typed: &Fields) -> Result<Value, String> {
    Ok(read(schema, ROOT, typed, 0, true)?.unwrap_or_else(|| Value::Object(Map::new())))
}

/// The value at one place; `is_needed` where the payload must have one.
fn read(schema: &Value, path: &str, typed: &Fields, depth: usize, is_needed: bool) -> Result<Option<Value>, String> {
    let text = || typed.filled(path);
    let unreadable = || format!("{} cannot be read", shown(path.trim_start_matches(ROOT).trim_start_matches('/')));
    Ok(match kind(schema, depth) {
        Kind::Text { .. } => text().map(|text| Value::String(text.replace("\r\n", "\n"))),
        Kind::Choice(_) => text().map(Value::String),
        Kind::Number { .. } => {
            text().map(|text| text.parse().map(Value::Number)).transpose().map_err(|_| unreadable())?
        }
        Kind::YesNo => Some(typed.has(path)).filter(|ticked| *ticked || is_needed).map(Value::Bool),
        Kind::Lines => text().map(|text| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()),
        Kind::Json => text().map(|text| serde_json::from_str(&text)).transpose().map_err(|_| unreadable())?,
        Kind::Group(properties) => object(schema, properties, path, typed, depth, is_needed)?,
        Kind::Rows(properties) => rows(&schema["items"], properties, path, typed, depth)?,
    })
}

/// An object as it was filled in. What nobody began and nothing needs is absent, whatever it would require.
fn object(
    schema: &Value,
    properties: &Map<String, Value>,
    path: &str,
    typed: &Fields,
    depth: usize,
    is_needed: bool,
) -> Result<Option<Value>, String> {
    let is_begun = filled(typed).any(|(name, _)| name.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')));
    if !is_begun && !is_needed {
        return Ok(None);
    }
    let mut object = Map::new();
    for (name, inner) in properties {
        if let Some(value) = read(inner, &pointer(path, name), typed, depth + 1, requires(schema, name))? {
            object.insert(name.clone(), value);
        }
    }
    Ok((!object.is_empty()).then_some(Value::Object(object)))
}

fn rows(
    schema: &Value,
    properties: &Map<String, Value>,
    path: &str,
    typed: &Fields,
    depth: usize,
) -> Result<Option<Value>, String> {
    let mut rows = Vec::new();
    for row in 0..ROWS {
        rows.extend(object(schema, properties, &pointer(path, &row.to_string()), typed, depth, false)?);
    }
    Ok((!rows.is_empty()).then_some(Value::Array(rows)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({ "type": "object", "required": ["ask"], "properties": {
            "ask": { "enum": ["propose", "book"] },
            "title": { "type": "string", "maxLength": 200 },
            "slots": { "type": "array", "items": { "type": "object", "properties": {
                "start": { "type": "string", "format": "date-time", "maxLength": 40 }, "busy": { "type": "boolean" } } } },
            "duration_minutes": { "type": "integer" },
            "people": { "type": "array", "items": { "type": "string" } },
            "more": { "oneOf": [{}, {}] },
            "a/b": { "type": "string", "maxLength": 9 } } })
    }

    fn typed(fields: &[(&str, &str)]) -> Fields {
        let encoded: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Fields::parse(encoded.as_bytes())
    }

    #[test]
    fn what_was_filled_in_is_the_payload_and_what_was_not_is_absent() {
        let fields = typed(&[
            ("payload/ask", "book"),
            ("payload/title", ""),
            ("payload/slots/0/start", ""),
            ("payload/slots/1/start", "2026-12-01T09:00:00Z"),
            ("payload/slots/1/busy", "true"),
            ("payload/duration_minutes", "30"),
            ("payload/people", "bob\r\n\r\n mira "),
            ("payload/more", "[1]"),
            ("payload/a~1b", "x"),
            ("payload/unknown", "y"),
        ]);
        let wanted = json!({ "ask": "book", "slots": [{ "start": "2026-12-01T09:00:00Z", "busy": true }],
            "duration_minutes": 30, "people": ["bob", "mira"], "more": [1], "a/b": "x" });
        assert_eq!(payload(&schema(), &fields).unwrap(), wanted);
        assert_eq!(payload(&schema(), &typed(&[])).unwrap(), json!({}));
    }

    #[test]
    fn a_required_yes_or_no_that_is_not_ticked_is_a_no() {
        let item = json!({ "type": "object", "required": ["busy"], "properties": {
            "start": { "type": "string", "maxLength": 40 }, "busy": { "type": "boolean" } } });
        let schema = json!({ "type": "object", "required": ["agreed", "terms"], "properties": {
            "agreed": { "type": "boolean" }, "urgent": { "type": "boolean" },
            "terms": { "type": "object", "required": ["binding"], "properties": { "binding": { "type": "boolean" } } },
            "place": item, "slots": { "type": "array", "items": item } } });
        let nothing = json!({ "agreed": false, "terms": { "binding": false } });
        assert_eq!(payload(&schema, &typed(&[])).unwrap(), nothing, "a row that nobody began is no row");
        let fields = typed(&[
            ("payload/agreed", "true"),
            ("payload/urgent", "true"),
            ("payload/slots/1/start", "noon"),
            ("payload/slots/2/busy", "true"),
        ]);
        let wanted = json!({ "agreed": true, "urgent": true, "terms": { "binding": false },
            "slots": [{ "start": "noon", "busy": false }, { "busy": true }] });
        assert_eq!(payload(&schema, &fields).unwrap(), wanted);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (name, text) in [("duration_minutes", "soon"), ("more", "{")] {
            let said = payload(&schema(), &typed(&[(&format!("payload/{name}"), text)])).unwrap_err();
            assert_eq!(said, format!("{name} cannot be read"));
        }
    }

    #[test]
    fn what_was_typed_stands_in_the_form_again() {
        let drawn = draw(&schema(), &typed(&[("payload/title", "a \"b\" <c>"), ("payload/ask", "book")])).into_string();
        assert!(drawn.contains("value=\"a &quot;b&quot; &lt;c&gt;\""), "{drawn}");
        assert!(drawn.contains("<option value=\"book\" selected>"), "{drawn}");
        assert!(drawn.contains("Duration minutes"), "{drawn}");
    }

    #[test]
    fn a_hostile_schema_stays_text() {
        let hostile = json!({ "type": "object", "properties": {
            "\"><script>x</script>\u{202e}": { "enum": ["<img src=x>\u{200b}"], "description": "</label><b>" } } });
        let drawn = draw(&hostile, &Fields::default()).into_string();
        assert!(!drawn.contains("<script") && !drawn.contains("<img") && !drawn.contains("<b>"), "{drawn}");
        assert!(drawn.contains("⟦U+202E⟧") || drawn.contains("U+202E"), "{drawn}");
    }

    #[test]
    fn a_schema_of_anything_gets_one_field_for_json() {
        let fields = typed(&[("payload", "[1, 2]")]);
        assert_eq!(
            payload(&json!({ "type": "array", "items": { "type": "integer" } }), &fields).unwrap(),
            json!([1, 2])
        );
        assert!(draw(&json!(true), &fields).into_string().contains("name=\"payload\""));
    }
}
