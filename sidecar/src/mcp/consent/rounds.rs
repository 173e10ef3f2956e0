//! Questions that are out with a client of the stateless era, and the sealed note that comes back with the answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use rmcp::model::{RequestStateCodec, SealOptions};

use super::Failure;
use crate::approval::ApprovalLink;

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(3600);

/// How many questions may be out at once; older ones are then forgotten.
const MOST_OUT: usize = 64;

/// The questions that are out.
///
/// The note is attacker-controlled when it comes back, so it is sealed under a key of this process, bound to the
/// tool and its arguments, lapses, and is good for one answer.
#[derive(Debug)]
pub(crate) struct Rounds {
    codec: Option<RequestStateCodec>,
    out: Mutex<Out>,
}

#[derive(Debug, Default)]
struct Out {
    /// The action of each question, by the question's nonce, and in which order they went out.
    questions: HashMap<String, (u64, String)>,
    pages: HashMap<String, ApprovalLink>,
    asked: u64,
}

impl Rounds {
    /// No questions yet; without randomness none can be asked this way.
    pub(crate) fn new() -> Self {
        let mut key = [0; 32];
        let codec = getrandom::fill(&mut key).ok().and_then(|()| RequestStateCodec::try_new(key).ok());
        Self { codec, out: Mutex::default() }
    }

    /// Notes that a question about `action_id` goes out; returns what must come back with its answer.
    pub(super) fn begin(&self, action_id: &str, fingerprint: &[u8]) -> Result<String, Failure> {
        let mut nonce = [0; 16];
        let codec = self.codec.as_ref().filter(|_| getrandom::fill(&mut nonce).is_ok()).ok_or_else(no_randomness)?;
        let nonce = HEXLOWER.encode(&nonce);
        let sealed =
            codec.seal_with(nonce.as_bytes(), &SealOptions::new().associated_data(fingerprint).ttl(ANSWER_WITHIN));
        let mut out = self.lock();
        out.asked += 1;
        let order = out.asked;
        out.questions.insert(nonce, (order, action_id.to_owned()));
        out.questions.retain(|_, (asked, _)| order - *asked < MOST_OUT as u64);
        Ok(sealed)
    }

    /// The action that an answer is about, once; `None` for a note that is not ours, lapsed, used, or another call's.
    pub(super) fn redeem(&self, state: Option<&str>, fingerprint: &[u8]) -> Option<String> {
        let nonce = self.codec.as_ref()?.open_with(state?, fingerprint).ok()?;
        let nonce = String::from_utf8(nonce).ok()?;
        self.lock().questions.remove(&nonce).map(|(_, action_id)| action_id)
    }

    /// Remembers the page whose link went out.
    pub(super) fn keep_page(&self, action_id: &str, page: ApprovalLink) {
        self.lock().pages.insert(action_id.to_owned(), page);
    }

    /// The page whose link went out for this action, once.
    pub(super) fn page_of(&self, action_id: &str) -> Option<ApprovalLink> {
        self.lock().pages.remove(action_id)
    }

    fn lock(&self) -> MutexGuard<'_, Out> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_randomness() -> Failure {
    Failure::new("no_randomness", "the operating system gave no random numbers", "Use `a2a approve` in a terminal.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_good_for_one_answer_to_its_own_call() {
        let rounds = Rounds::new();
        let note = rounds.begin("ABC234", b"invite").unwrap();
        assert_eq!(rounds.redeem(Some(&note), b"authorize"), None, "bound to the call");
        assert_eq!(rounds.redeem(Some(&note), b"invite").as_deref(), Some("ABC234"));
        assert_eq!(rounds.redeem(Some(&note), b"invite"), None, "used");
    }

    #[test]
    fn a_forged_note_names_nothing() {
        let rounds = Rounds::new();
        let foreign = Rounds::new().begin("ABC234", b"invite").unwrap();
        for note in [None, Some(""), Some("ABC234"), Some(foreign.as_str())] {
            assert_eq!(rounds.redeem(note, b"invite"), None);
        }
    }

    #[test]
    fn old_questions_are_forgotten() {
        let rounds = Rounds::new();
        let first = rounds.begin("FIRST2", b"x").unwrap();
        for _ in 0..MOST_OUT {
            rounds.begin("LATER2", b"x").unwrap();
        }
        assert_eq!(rounds.redeem(Some(&first), b"x"), None);
        assert_eq!(rounds.lock().questions.len(), MOST_OUT);
    }
}
