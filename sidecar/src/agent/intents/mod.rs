//! Requests that programs can act on: which shape a payload must have, and what is wrong with one that has it not.
//!
//! A shape is a JSON Schema: the recipient's own where it names the intent, to us or on its card, else a ready one. Schemas of peers are as
//! hostile as any text of theirs, so they are bounded before they are used, and what they say never stands in an error.

mod choose;
mod inline;
mod offer;
mod problem;
mod ready;
mod shape;

pub(super) use choose::{own_problems, peers_problems};
pub use offer::IntentOffer;
pub(super) use offer::offers;
pub use problem::PayloadProblem;
pub(super) use ready::is_ready;
pub(super) use shape::Shape;
