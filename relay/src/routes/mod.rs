//! One file per thing that a client may ask for.

pub(crate) mod account;
pub(crate) mod agents;
pub(crate) mod backups;
pub(crate) mod blobs;
pub(crate) mod card;
pub(crate) mod deposit;
pub(crate) mod describe;
pub(crate) mod handle;
pub(crate) mod knock;
pub(crate) mod lanes;
pub(crate) mod listing;
pub(crate) mod mailbox;
pub(crate) mod prekeys;
pub(crate) mod session;
pub(crate) mod stream;
pub(crate) mod webhook;
