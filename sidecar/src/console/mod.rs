//! The console: the owner's view of the agent, served on the loopback interface for as long as `a2a console` runs, or,
//! opened from a notification, for as long as somebody looks.
//!
//! A face like the others: it shows what the agent says and asks it for acts. What keeps it the owner's alone:
//!
//! * It listens on 127.0.0.1 only and answers under that name only, so no rebound name reaches it.
//! * A link that opens once brings a session cookie into the owner's browser. Cookies reach every port of 127.0.0.1,
//!   so this one belongs to a path that nobody else knows, and is sent nowhere else.
//! * A change is a `POST` from a page of this server that carries the secret which the page was given.
//! * No script, style or picture comes from anywhere but this server's own files, and no text of a peer is markup.
//!
//! ```text
//!   GET /open/<one-time token> ─► cookie ─► /<path>/inbox … ──POST: cookie, origin, secret──► act
//!                                                  └── /<path>/live: what changed, as it changes
//! ```

mod act;
mod assets;
mod bounds;
mod computer;
mod form;
mod gate;
mod idle;
mod live;
mod message;
mod pages;
mod parts;
mod picture;
mod qr;
mod room;
mod routes;
mod schema_form;
mod serve;
mod shell;
#[cfg(test)]
mod tests;
mod upload;

pub use computer::Computer;
pub use serve::{Console, ConsoleError, Links};
