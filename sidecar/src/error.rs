//! What a face needs of an error: a stable code, and what to do next.

/// An error that names its remedy. `Display` says what failed; faces print "what failed. next step".
pub trait Explain: std::error::Error {
    /// A stable word for programs, such as `not_paired`.
    fn code(&self) -> &'static str;

    /// What to do next: one or two sentences, in our words, without text of a peer.
    fn next_step(&self) -> String;
}

/// What failed and what to do, in our own words, for a page that a person reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What failed.
    pub what: String,
    /// What to do next.
    pub next: String,
}

impl<E: Explain> From<E> for Words {
    fn from(error: E) -> Self {
        Self { what: error.to_string(), next: for_a_person(&error.next_step()) }
    }
}

/// The next step without the names of tools, which errors carry for models: `… (tool a2a_list_peers)`.
pub fn for_a_person(next: &str) -> String {
    let mut parts = next.split(" (tool a2a_");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once(')').map_or("", |(_tool, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::for_a_person;

    #[test]
    fn a_person_is_told_commands_and_no_tools() {
        let next = "Run `a2a init` (tool a2a_register). List them with `a2a peers` (tool a2a_list_peers).";
        assert_eq!(for_a_person(next), "Run `a2a init`. List them with `a2a peers`.");
        assert_eq!(for_a_person("Wait (a little)."), "Wait (a little).");
    }
}
