//! No notifications where the system has no session bus.

use super::news::News;

/// What would show notifications; there is none.
pub(super) enum Desktop {}

impl Desktop {
    /// Nothing.
    pub(super) async fn reach() -> Option<Self> {
        None
    }

    /// Never called.
    pub(super) async fn show(&mut self, news: &News) -> bool {
        tracing::debug!(title = news.title(), text = news.text(), "not shown");
        match *self {}
    }

    /// Never called.
    pub(super) async fn pressed(&mut self) -> bool {
        match *self {}
    }
}
