//! A capability as owners and models write it down: in a file, and in a tool's argument.

use a2a_proto::card::Capability;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

// No documentation: models would read it with every tool list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    /// a-z, 0-9, -
    id: String,
    title: String,
    #[serde(default)]
    description: String,
    /// JSON Schema of the request
    schema: Option<Map<String, Value>>,
}

impl From<Given> for Capability {
    fn from(Given { id, title, description, schema }: Given) -> Self {
        Self { id, title, description, schema: schema.map(|schema| Value::Object(schema).to_string()) }
    }
}
