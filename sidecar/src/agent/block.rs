//! Hearing a blocked agent again.

use super::{Agent, RevokeError, Trouble};

impl Agent {
    /// Lets a blocked or declined agent ask to pair again; returns the name it was listed under.
    pub async fn unblock(&self, _peer: &str) -> Result<String, RevokeError> {
        Err(Trouble::Unavailable.into())
    }
}
