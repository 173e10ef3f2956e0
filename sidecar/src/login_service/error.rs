//! Why the login service was not set up.

use thiserror::Error;

use crate::clients::ClientError;
use crate::error::Explain;

/// Why the service's file was left as it is.
#[derive(Debug, Error)]
pub enum LoginServiceError {
    /// Its file cannot be read or written.
    #[error(transparent)]
    File(#[from] ClientError),
    /// The program that is to take messages is not there.
    #[error("there is no program `{0}` that can be started")]
    NoProgram(String),
    /// A word cannot stand in the service's file.
    #[error("a path or an argument holds a character that this system's file cannot carry")]
    Unwritable,
}

impl Explain for LoginServiceError {
    fn code(&self) -> &'static str {
        match self {
            Self::File(cause) => cause.code(),
            Self::NoProgram(_) => "no_such_program",
            Self::Unwritable => "unwritable_argument",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::File(cause) => cause.next_step(),
            Self::NoProgram(_) => {
                "Name it by its full path; it has to be on the PATH or in the folder that you name, and executable."
                    .into()
            }
            Self::Unwritable => {
                "Rename the folder or file whose name holds it; put a command that holds it into a small script, and name that after `--exec`."
                    .into()
            }
        }
    }
}
