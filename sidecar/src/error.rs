//! What a face needs of an error: a stable code, and what to do next.

/// An error that names its remedy. `Display` says what failed; faces print "what failed. next step".
pub trait Explain: std::error::Error {
    /// A stable word for programs, such as `not_paired`.
    fn code(&self) -> &'static str;

    /// What to do next: one or two sentences, in our words, without text of a peer.
    fn next_step(&self) -> String;
}
