//! What a tool hands back: a structured result with a text copy, or an error that names the next step.

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock, InputRequiredResult, MetaObject};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Explain;

/// A result in two forms: data, and the same as text for clients that show only text.
#[derive(Debug)]
pub(super) struct Answer<T> {
    pub(super) data: T,
    /// The text copy, one block each; none means the data as JSON.
    pub(super) text: Vec<String>,
}

impl<T> From<T> for Answer<T> {
    fn from(data: T) -> Self {
        Self { data, text: Vec::new() }
    }
}

/// How a call ended.
#[derive(Debug)]
pub(super) enum Reply<T> {
    /// With a result.
    Answer(Answer<T>),
    /// With a question that the client puts to the owner before it calls again.
    AskOwner(InputRequiredResult),
}

impl<T> From<T> for Reply<T> {
    fn from(data: T) -> Self {
        Self::Answer(data.into())
    }
}

impl<T> From<Answer<T>> for Reply<T> {
    fn from(answer: Answer<T>) -> Self {
        Self::Answer(answer)
    }
}

/// What failed, what to do next, and a stable word for programs. Never a word of a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: &'static str,
    pub(super) what: String,
    pub(super) next: String,
}

impl Failure {
    pub(super) fn new(code: &'static str, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { code, what: what.into(), next: next.into() }
    }
}

impl<E: Explain> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { code: error.code(), what: error.to_string(), next: error.next_step() }
    }
}

/// Turns how a call ended into what goes over the wire, with a line about waiting mail if there is any.
pub(super) fn to_response<T: Serialize>(reply: Result<Reply<T>, Failure>, unread: (u64, u64)) -> CallToolResponse {
    match reply {
        Ok(Reply::Answer(answer)) => success(answer, mail_line(unread)).into(),
        Ok(Reply::AskOwner(question)) => question.into(),
        Err(failure) => error(failure, mail_line(unread)).into(),
    }
}

fn success<T: Serialize>(Answer { data, text }: Answer<T>, mail: Option<String>) -> CallToolResult {
    let Ok(mut value) = serde_json::to_value(data) else {
        return error(Failure::new("internal", "the result has no JSON form", "Please report this."), mail);
    };
    let mut blocks = if text.is_empty() { vec![value.to_string()] } else { text };
    if let (Some(line), Value::Object(object)) = (mail, &mut value) {
        object.insert("mail_waiting".to_owned(), json!(line));
        blocks.push(line);
    }
    let mut result = CallToolResult::structured(value);
    result.content = blocks.into_iter().map(ContentBlock::text).collect();
    result
}

fn error(Failure { code, what, next }: Failure, mail: Option<String>) -> CallToolResult {
    let mut blocks = vec![ContentBlock::text(format!("Error ({code}): {what}. {next}"))];
    blocks.extend(mail.map(ContentBlock::text));
    let mut meta = MetaObject::new();
    meta.insert("a2a/error".to_owned(), json!(code));
    CallToolResult::error(blocks).with_meta(Some(meta))
}

/// The line that any result carries while mail waits.
fn mail_line((unread, elsewhere): (u64, u64)) -> Option<String> {
    let wait = match unread {
        0 => return None,
        1 => "1 unread message waits".to_owned(),
        many => format!("{many} unread messages wait"),
    };
    let read = if elsewhere > 0 { format!(" ({elsewhere} more were read in another session)") } else { String::new() };
    Some(format!("{wait}{read}: call a2a_check_inbox."))
}
