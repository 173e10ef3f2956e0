//! The rules between two agents, envelope by envelope.

mod audit;
mod chain;
mod crash;
mod invite;
mod knock;
mod messages;
mod reset;
mod revoke;
