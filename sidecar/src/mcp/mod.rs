//! The MCP face: a server over stdio (and, if asked, local HTTP) whose eleven tools are the agent's acts, in both eras of the protocol.
//!
//! ```text
//!   serve      one process: standard input and output, signals, the client's death
//!   http       the same over HTTP, on the loopback interface, behind a bearer
//!   server     what the client may ask: tools, prompts, resources
//!   tools/*    one file per tool: its words, its arguments, its result
//!   consent/*  how the owner is asked: form, page through the client, page in the browser
//!   mail       messages of peers as results, always through `present`
//! ```
//!
//! Nothing here decides anything: every rule is in [`agent`](crate::agent).

mod call;
mod consent;
mod http;
mod instructions;
mod lazy_agent;
mod mail;
mod prompts;
mod reply;
mod resources;
mod schema;
mod serve;
mod server;
#[cfg(test)]
mod tests;
mod tools;
mod when;

pub use http::HttpServer;
pub use serve::{ServeError, serve};
