//! This computer as the settings show it: where clients keep their files, and how they are to start this program.

use crate::clients::{Places, Program};
use crate::login_service::{LoginService, System};

/// What is looked at here; nothing of it is ever written from a page.
#[derive(Debug, Clone)]
pub struct Computer {
    /// The folders of whoever runs the console.
    pub places: Places,
    /// This program.
    pub program: Program,
}

impl Computer {
    /// The service that starts `a2a watch` at login.
    pub(super) fn login_service(&self) -> LoginService {
        LoginService::new(System::this(), &self.places.home, &self.places.settings)
    }
}
