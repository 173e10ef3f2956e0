//! Errors of reading the audit log.

use super::Trouble;
use crate::error::Explain;

/// Why the audit log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A failure that is not about the log.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Explain for AuditError {
    fn code(&self) -> &'static str {
        let Self::Trouble(trouble) = self;
        trouble.code()
    }

    fn next_step(&self) -> String {
        let Self::Trouble(trouble) = self;
        trouble.next_step()
    }
}
