//! The rules between two agents, envelope by envelope.

mod audit;
mod away;
mod by_hand;
mod chain;
mod clock;
mod crash;
mod deaths;
mod files;
mod for_peers;
mod grant;
mod invite;
mod knock;
mod ladder;
mod leases;
mod messages;
mod moving;
mod owner;
mod printed;
mod recovery;
mod renew;
mod requests;
mod resend;
mod reset;
mod revoke;
mod undo;
mod verify;
