//! One file per command.

pub(super) mod account;
pub(super) mod approve;
pub(super) mod audit;
pub(super) mod authorize;
pub(super) mod completions;
pub(super) mod console;
pub(super) mod decline;
pub(super) mod doctor;
pub(super) mod hook;
pub(super) mod inbox;
pub(super) mod init;
pub(super) mod install;
pub(super) mod invite;
pub(super) mod monitor;
pub(super) mod peers;
pub(super) mod relay;
pub(super) mod requests;
pub(super) mod revoke;
pub(super) mod send;
pub(super) mod serve;
pub(super) mod thread;
pub(super) mod watch;
pub(super) mod webhook;
pub(super) mod whoami;
