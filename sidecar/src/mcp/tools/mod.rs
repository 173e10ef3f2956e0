//! The eleven tools: one file each with its words, arguments and result; here what they have in common.

mod agent_capabilities;
mod authorize;
mod check_inbox;
mod invite;
mod list_peers;
mod read_thread;
mod register;
mod revoke;
mod send_message;
mod set_capabilities;
mod whoami;

use std::future::Future;
use std::pin::Pin;

use a2a_proto::id::MessageId;
use a2a_proto::scope::Scope;
use rmcp::model::{CallToolResponse, JsonObject, MetaObject, ToolAnnotations};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::Call;
use super::reply::{Failure, Reply, to_response};
use super::schema;

/// What a client may assume of a tool.
#[derive(Debug, Clone, Copy)]
struct Hints {
    /// Changes nothing, here or elsewhere.
    read_only: bool,
    /// Takes something away that does not come back by itself.
    destructive: bool,
    /// The same call twice does what one does.
    idempotent: bool,
    /// Reaches agents of other people.
    open_world: bool,
}

/// One tool.
trait Tool {
    const NAME: &'static str;
    const TITLE: &'static str;
    /// When to use it comes first.
    const DESCRIPTION: &'static str;
    const HINTS: Hints;
    /// Whether a human has to be there: a client that knows the word asks even where it runs tools unasked.
    const ASKS_OWNER: bool = false;
    type Arguments: DeserializeOwned + JsonSchema + Send;
    type Output: Serialize + JsonSchema + Send;

    fn call(
        call: &Call<'_>,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Result<Reply<Self::Output>, Failure>> + Send;
}

type Running<'a> = Pin<Box<dyn Future<Output = CallToolResponse> + Send + 'a>>;

/// A tool as the list holds it.
struct Entry {
    name: &'static str,
    define: fn() -> rmcp::model::Tool,
    run: for<'a> fn(Call<'a>, JsonObject) -> Running<'a>,
}

/// Every tool, in the order in which clients list them.
static TOOLS: [Entry; 11] = [
    entry::<check_inbox::CheckInbox>(),
    entry::<read_thread::ReadThread>(),
    entry::<send_message::SendMessage>(),
    entry::<list_peers::ListPeers>(),
    entry::<invite::Invite>(),
    entry::<authorize::AuthorizePeer>(),
    entry::<revoke::RevokePeer>(),
    entry::<whoami::WhoAmI>(),
    entry::<register::RegisterAgent>(),
    entry::<set_capabilities::SetCapabilities>(),
    entry::<agent_capabilities::GetAgentCapabilities>(),
];

const fn entry<T: Tool + 'static>() -> Entry {
    Entry { name: T::NAME, define: define::<T>, run: |call, arguments| Box::pin(run_one::<T>(call, arguments)) }
}

/// The tools as the client lists them.
pub(super) fn definitions() -> Vec<rmcp::model::Tool> {
    TOOLS.iter().map(|tool| (tool.define)()).collect()
}

/// One tool as the client lists it.
pub(super) fn definition(name: &str) -> Option<rmcp::model::Tool> {
    find(name).map(|tool| (tool.define)())
}

/// Runs a tool; `None` if there is none of that name.
pub(super) async fn run(name: &str, call: Call<'_>, arguments: JsonObject) -> Option<CallToolResponse> {
    Some((find(name)?.run)(call, arguments).await)
}

fn find(name: &str) -> Option<&'static Entry> {
    TOOLS.iter().find(|tool| tool.name == name)
}

fn define<T: Tool>() -> rmcp::model::Tool {
    let Hints { read_only, destructive, idempotent, open_world } = T::HINTS;
    let hints = ToolAnnotations::with_title(T::TITLE)
        .read_only(read_only)
        .destructive(destructive)
        .idempotent(idempotent)
        .open_world(open_world);
    let tool = rmcp::model::Tool::new(T::NAME, T::DESCRIPTION, schema::of_arguments::<T::Arguments>())
        .with_title(T::TITLE)
        .with_raw_output_schema(schema::of_result::<T::Output>())
        .with_annotations(hints);
    if T::ASKS_OWNER { tool.with_meta(human_needed()) } else { tool }
}

fn human_needed() -> MetaObject {
    let mut meta = MetaObject::new();
    meta.insert("anthropic/requiresUserInteraction".to_owned(), json!(true));
    meta
}

async fn run_one<T: Tool>(call: Call<'_>, arguments: JsonObject) -> CallToolResponse {
    let reply = match serde_json::from_value(Value::Object(arguments)) {
        Ok(arguments) => T::call(&call, arguments).await,
        Err(error) => Err(Failure::new("bad_arguments", error.to_string(), "Mend the arguments and call again.")),
    };
    to_response(reply, call.server.unread().await)
}

/// Scopes as a model writes them.
fn parse_scopes(scopes: &[String]) -> Result<Vec<Scope>, Failure> {
    scopes.iter().map(|scope| parse_scope(scope)).collect()
}

fn parse_scope(scope: &str) -> Result<Scope, Failure> {
    scope.trim().to_ascii_lowercase().parse().map_err(|_| {
        Failure::new(
            "bad_scope",
            "a scope has 1 to 64 of a-z, 0-9 and -",
            "Use a word such as scheduling, invoicing, projects, research, code-review, support or casual.",
        )
    })
}

/// Scopes as results list them.
fn words(scopes: &[Scope]) -> Vec<String> {
    scopes.iter().map(ToString::to_string).collect()
}

fn parse_message_id(id: &str) -> Result<MessageId, Failure> {
    id.trim().parse().map_err(|_| {
        Failure::new(
            "bad_message_id",
            "that is no message id",
            "Copy the message_id from the inbox or the thread, all of it.",
        )
    })
}
