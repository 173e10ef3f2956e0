//! Errors of reading the audit log.

use super::Trouble;
use crate::error::Explain;

/// Why the audit log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A failure that is not about the log.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The file is none that `a2a audit --export` wrote.
    #[error("this is no exported audit log")]
    NotAnExport,
}

impl Explain for AuditError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::NotAnExport => "not_an_export",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::NotAnExport => "Name a file that `a2a audit --export` wrote, unchanged.".into(),
        }
    }
}
