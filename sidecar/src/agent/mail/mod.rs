//! Mail: written down and sealed in one transaction, sent later, receipted, listed.

pub(super) mod ask;
pub(super) mod deposit;
pub(super) mod flush;
pub(super) mod for_program;
pub(super) mod inbox;
pub(super) mod marked;
pub(super) mod receipts;
pub(super) mod resend;
pub(super) mod search;
pub(super) mod send;
pub(super) mod thread;
pub(super) mod threads;
pub(super) mod view;
pub(super) mod whereabouts;
pub(super) mod write;
