//! The rules between two agents, envelope by envelope.

mod audit;
mod chain;
mod crash;
mod deaths;
mod invite;
mod knock;
mod messages;
mod printed;
mod renew;
mod resend;
mod reset;
mod revoke;
