//! Shapes that ship with the sidecar, for what agents ask each other most.

/// Intents with their schemas.
const READY: [(&str, &str); 5] = [
    ("scheduling", include_str!("../../intents/scheduling.json")),
    ("code-review", include_str!("../../intents/code-review.json")),
    ("invoice", include_str!("../../intents/invoice.json")),
    ("question", include_str!("../../intents/question.json")),
    ("handoff", include_str!("../../intents/handoff.json")),
];

/// The schema of a ready intent.
pub(super) fn schema(intent: &str) -> Option<&'static str> {
    READY.iter().find(|(name, _)| *name == intent).map(|(_, schema)| *schema)
}

/// Every ready intent with its schema.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    READY.into_iter()
}

/// Whether an intent is one of those that ship.
pub(in crate::agent) fn is_ready(intent: &str) -> bool {
    schema(intent).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::shape::Shape;
    use super::*;
    use a2a_proto::intent::Intent;
    use a2a_proto::limits::MAX_SCHEMA_BYTES;
    use serde_json::{Value, json};

    fn problems(intent: &str, payload: &Value) -> Vec<String> {
        let shape = Shape::read(schema(intent).unwrap()).unwrap();
        shape.problems(payload).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_ready_schema_is_one_that_a_card_may_carry() {
        for (name, schema) in READY {
            assert!(name.parse::<Intent>().is_ok() && schema.len() <= MAX_SCHEMA_BYTES, "{name}");
            assert!(Shape::read(schema).is_ok(), "{name}");
        }
    }

    #[test]
    fn usual_payloads_are_accepted() {
        let slot = json!({ "start": "2026-12-01T09:00:00Z", "end": "2026-12-01T10:00:00+01:00" });
        let usual = [
            ("scheduling", json!({ "ask": "propose", "slots": [slot], "duration_minutes": 30, "time_zone": "UTC" })),
            ("code-review", json!({ "ask": "review", "change": "#41", "focus": ["locking"], "comments": [] })),
            (
                "invoice",
                json!({ "ask": "pay", "number": "7", "currency": "EUR", "total": "12.50",
                "lines": [{ "description": "work", "amount": "12.50" }], "due": "2026-12-31" }),
            ),
            ("question", json!({ "question": "Which day?", "choices": ["Monday", "Tuesday"] })),
            ("question", json!({ "answer": "Monday" })),
            ("handoff", json!({ "ask": "take-over", "task": "Release", "next_steps": ["Tag"] })),
        ];
        for (intent, payload) in usual {
            assert_eq!(problems(intent, &payload), [""; 0], "{intent}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_by_path_and_rule() {
        let wrong = [
            ("scheduling", json!({}), "the whole payload: `ask` is missing"),
            ("scheduling", json!({ "ask": "beg" }), "/ask: must be one of the values that the schema lists"),
            (
                "scheduling",
                json!({ "ask": "book", "when": 1 }),
                "the whole payload: has properties that the schema does not know",
            ),
            (
                "scheduling",
                json!({ "ask": "book", "slots": [{ "start": "soon", "end": "2026-12-01T10:00:00Z" }] }),
                "/slots/0/start: is not a date-time",
            ),
            (
                "invoice",
                json!({ "ask": "pay", "number": "7", "currency": "EUR", "total": 12.5 }),
                "/total: must be of type string",
            ),
            (
                "invoice",
                json!({ "ask": "pay", "number": "7", "currency": "eur", "total": "1" }),
                "/currency: does not match the pattern of the schema",
            ),
            ("question", json!({}), "the whole payload: must follow one of the forms that the schema lists"),
            ("handoff", json!({ "ask": "done", "task": "" }), "/task: needs at least 1 character"),
            ("handoff", json!("do it"), "the whole payload: must be of type object"),
        ];
        for (intent, payload, said) in wrong {
            assert_eq!(problems(intent, &payload), [said], "{intent} {payload}");
        }
    }
}
