//! What every client may rely on: the list of tools, its price and its honesty.

use serde_json::{Value, json};

use super::tools::definitions;

/// Bytes of what a model reads of a tool, by four: the usual rough count of tokens.
fn tokens(tool: &rmcp::model::Tool) -> usize {
    let description = tool.description.as_deref().unwrap_or_default();
    let schema = serde_json::to_string(&tool.input_schema).unwrap();
    (tool.name.len() + description.len() + schema.len()) / 4
}

#[test]
fn the_whole_list_costs_less_than_2000_tokens() {
    let each: Vec<_> = definitions().iter().map(|tool| (tool.name.to_string(), tokens(tool))).collect();
    let total: usize = each.iter().map(|(_, tokens)| tokens).sum();
    assert!(total < 2000, "{total} tokens: {each:?}");
}

#[test]
fn the_eleven_tools_stand_in_a_fixed_order() {
    let names: Vec<_> = definitions().iter().map(|tool| tool.name.to_string()).collect();
    let expected = [
        "a2a_check_inbox",
        "a2a_read_thread",
        "a2a_send_message",
        "a2a_list_peers",
        "a2a_invite",
        "a2a_authorize",
        "a2a_revoke",
        "a2a_whoami",
        "a2a_register",
        "a2a_set_capabilities",
        "a2a_get_agent_capabilities",
    ];
    assert_eq!(names, expected);
    assert_eq!(serde_json::to_string(&definitions()).unwrap(), serde_json::to_string(&definitions()).unwrap());
}

#[test]
fn parameters_are_those_that_clients_rely_on() {
    let parameters = |name: &str| {
        let tool = definitions().into_iter().find(|tool| tool.name == name).unwrap();
        let schema = Value::Object((*tool.input_schema).clone());
        let all: Vec<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let required = schema.get("required").cloned().unwrap_or_else(|| json!([]));
        (all.join(" "), required)
    };
    assert_eq!(parameters("a2a_register"), ("name relay".into(), json!(["name"])));
    assert_eq!(parameters("a2a_whoami"), ("".into(), json!([])));
    assert_eq!(parameters("a2a_invite"), ("expires_in scopes".into(), json!([])));
    assert_eq!(parameters("a2a_authorize"), ("peer scopes text".into(), json!(["peer"])));
    assert_eq!(parameters("a2a_list_peers"), ("".into(), json!([])));
    assert_eq!(parameters("a2a_revoke"), ("block peer scopes".into(), json!(["peer"])));
    assert_eq!(
        parameters("a2a_send_message"),
        (
            "attachments body intent payload recipient_id reply_to scope subject wait_seconds".into(),
            json!(["recipient_id", "body"])
        )
    );
    assert_eq!(parameters("a2a_check_inbox"), ("cursor limit peek peer unread_only".into(), json!([])));
    assert_eq!(parameters("a2a_read_thread"), ("cursor limit message_id peer save search".into(), json!(["peer"])));
    assert_eq!(parameters("a2a_set_capabilities"), ("capabilities".into(), json!(["capabilities"])));
    assert_eq!(parameters("a2a_get_agent_capabilities"), ("agent_id".into(), json!(["agent_id"])));
}

#[test]
fn every_tool_says_all_four_hints_and_what_it_returns() {
    for tool in definitions() {
        let name = &tool.name;
        let hints = tool.annotations.as_ref().unwrap();
        let said = [hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint];
        assert!(said.iter().all(Option::is_some), "{name}: {said:?}");
        let output = Value::Object((**tool.output_schema.as_ref().unwrap()).clone());
        assert_eq!(output["type"], "object", "{name}");
        assert!(output.get("anyOf").is_none() && output.get("oneOf").is_none(), "{name}");
        assert!(tool.description.as_ref().unwrap().starts_with("Use "), "{name} says first when to use it");
    }
}

#[test]
fn exactly_the_tools_that_ask_the_owner_are_marked() {
    let marked: Vec<_> = definitions()
        .into_iter()
        .filter(|tool| {
            tool.meta.as_ref().and_then(|meta| meta.get("anthropic/requiresUserInteraction")) == Some(&json!(true))
        })
        .map(|tool| tool.name.to_string())
        .collect();
    assert_eq!(marked, ["a2a_invite", "a2a_authorize", "a2a_set_capabilities"]);
}
