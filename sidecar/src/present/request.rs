//! A message's request beside its text: as one text for people and models, as data for programs.

use serde_json::{Map, Value};

use super::text::{Presented, neutralise};
use crate::agent::{InboxMessage, Untrusted};

/// Everything that a message says as one text: its body, then the request in it.
pub fn told(message: &InboxMessage) -> Presented {
    let Some(request) = &message.request else { return neutralise(&message.body) };
    let payload = request.payload.expose_to_present();
    let pretty =
        serde_json::from_str::<Value>(payload).ok().and_then(|value| serde_json::to_string_pretty(&value).ok());
    let payload = pretty.as_deref().unwrap_or(payload);
    let body = message.body.expose_to_present();
    let gap = if body.is_empty() { "" } else { "\n\n" };
    neutralise(&Untrusted::new(format!("{body}{gap}Request: {}\nPayload: {payload}", request.intent)))
}

/// A payload as data whose every text and name is neutral; a text where it is no JSON.
pub fn payload(payload: &Untrusted) -> Value {
    match serde_json::from_str(payload.expose_to_present()) {
        Ok(value) => neutral(value),
        Err(_) => Value::String(neutralise(payload).into_string()),
    }
}

fn neutral(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(neutral_text(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(neutral).collect()),
        Value::Object(object) => Value::Object(
            object.into_iter().map(|(name, value)| (neutral_text(name), neutral(value))).collect::<Map<_, _>>(),
        ),
        other => other,
    }
}

fn neutral_text(text: String) -> String {
    neutralise(&Untrusted::new(text)).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_text_of_a_payload_is_made_neutral_and_its_form_is_kept() {
        let hostile = json!({ "a\u{202e}b": ["https://evil.example/x", { "c": "\u{1b}[2J" }], "n": 1, "yes": true });
        let shown = payload(&Untrusted::new(hostile.to_string()));
        let expected =
            json!({ "a⟦U+202E⟧b": ["hxxps://evil[.]example/x", { "c": "⟦U+001B⟧[2J" }], "n": 1, "yes": true });
        assert_eq!(shown, expected);
        assert_eq!(payload(&Untrusted::new("no json\u{200b}")), json!("no json⟦U+200B⟧"));
    }
}
