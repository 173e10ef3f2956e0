//! JSON Schemas of arguments and results, as short as they can be: the model pays for every byte.

use std::sync::Arc;

use rmcp::model::JsonObject;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// The schema of a tool's arguments.
pub(super) fn of_arguments<T: JsonSchema>() -> Arc<JsonObject> {
    let schema = settings().for_deserialize().into_generator().into_root_schema_for::<T>();
    Arc::new(short(schema))
}

/// The schema of a tool's result, with the line about waiting mail that any result may carry.
pub(super) fn of_result<T: JsonSchema>() -> Arc<JsonObject> {
    let schema = settings().for_serialize().into_generator().into_root_schema_for::<T>();
    let mut schema = short(schema);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        properties.values_mut().for_each(drop_descriptions);
        properties.insert("mail_waiting".to_owned(), json!({ "type": "string" }));
    }
    Arc::new(schema)
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    })
}

fn short(schema: Schema) -> JsonObject {
    let mut value = Value::from(schema);
    shorten(&mut value);
    match value {
        Value::Object(mut object) => {
            object.remove("description");
            object.entry("type").or_insert_with(|| json!("object"));
            object.entry("properties").or_insert_with(|| json!({}));
            object
        }
        _ => JsonObject::new(),
    }
}

/// Drops what says nothing to a model: titles, number formats, and that an optional value may be null.
fn shorten(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for key in ["$schema", "title", "format", "minimum", "default"] {
                if object.get(key).is_some_and(|entry| !entry.is_object()) {
                    object.remove(key);
                }
            }
            drop_null(object);
            object.values_mut().for_each(shorten);
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        _ => {}
    }
}

/// The names of a result say enough to who reads it.
fn drop_descriptions(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|key, entry| key != "description" || entry.is_object());
            object.values_mut().for_each(drop_descriptions);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_descriptions),
        _ => {}
    }
}

fn drop_null(object: &mut JsonObject) {
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else { return };
    choices.retain(|choice| choice != &json!({ "type": "null" }));
    if let [Value::Object(only)] = choices.as_slice() {
        let only = only.clone();
        object.remove("anyOf");
        object.extend(only);
    }
}
