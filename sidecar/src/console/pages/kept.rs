//! What was typed into one of a peer's forms: it stands there again when it did not work.

use crate::console::form::Fields;

/// Which form of a peer's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::console) enum Form {
    /// The whole grant anew.
    Grant,
    /// Scopes that are taken away.
    Narrow,
    /// The end of the pair.
    End,
    /// The six words that the other person read out.
    Words,
    /// How much the agent writes alone.
    Limits,
    /// What the owner calls it.
    Name,
}

/// What was typed, and where; nothing on a page that nobody sent yet.
#[derive(Debug, Default)]
pub(in crate::console) struct Kept(Option<(Form, Fields)>);

impl Kept {
    /// What was posted from this form.
    pub(in crate::console) fn new(form: Form, fields: Fields) -> Self {
        Self(Some((form, fields)))
    }

    /// What was typed into that form, if it is the one that did not work.
    pub(super) fn of(&self, form: Form) -> Option<&Fields> {
        self.0.as_ref().filter(|(found, _)| *found == form).map(|(_, fields)| fields)
    }
}
