//! How much of others' text one message and one call may show.

use super::text::{Presented, cut_before};

/// The most that is shown of one message.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// The most that one call shows of all messages together.
pub const MAX_CALL_BYTES: usize = 32 * 1024;

/// What is left of a call's allowance.
#[derive(Debug)]
pub struct Budget {
    left: usize,
}

/// A part of a text, and where the next part begins.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// The part, with a marker at its end when there is more.
    pub text: Presented,
    /// The byte at which the next part begins, when there is one.
    pub next: Option<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MAX_CALL_BYTES }
    }
}

impl Budget {
    /// Whether nothing more may be shown in this call.
    pub fn is_spent(&self) -> bool {
        self.left == 0
    }

    /// Whether `text`, cut to one message's share, fits into what is left.
    pub fn admits(&self, text: &Presented) -> bool {
        text.as_str().len().min(MAX_MESSAGE_BYTES) <= self.left
    }

    /// Shows nothing of `text` but how long it is; `how_to_go_on` is our own words.
    pub fn leave_out(&self, text: &Presented, how_to_go_on: &str) -> Part {
        let bytes = text.as_str().len();
        let marker = format!("⟦not shown: {bytes} bytes, this call is full; {how_to_go_on}⟧");
        Part { text: Presented::part(marker), next: None }
    }

    /// Takes the part of `text` that begins at byte `from` and fits; `how_to_go_on` is our own words for the marker.
    ///
    /// The cut never parts a character or a `⟦U+XXXX⟧` marker.
    pub fn take(&mut self, text: &Presented, from: usize, how_to_go_on: &str) -> Part {
        let whole = text.as_str();
        let start = whole.floor_char_boundary(from);
        let share = MAX_MESSAGE_BYTES.min(self.left);
        if whole.len() - start <= share {
            self.left -= whole.len() - start;
            return Part { text: Presented::part(whole[start..].to_owned()), next: None };
        }
        let end = cut_before(whole, start + share);
        self.left -= end - start;
        let marker = format!("\n⟦cut here: {end} of {} bytes shown; {how_to_go_on}⟧", whole.len());
        Part { text: Presented::part(whole[start..end].to_owned() + &marker), next: Some(end) }
    }
}
