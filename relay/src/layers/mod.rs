//! What every request passes through, whatever it asks for.

mod admission;
mod counting;
mod panics;
mod security_headers;

pub(crate) use admission::admit;
pub(crate) use counting::count;
pub use panics::log_places_only;
pub(crate) use panics::scrub;
pub(crate) use security_headers::add as security_headers;
