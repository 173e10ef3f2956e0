//! What is news to the owner: a count that rose, and stayed so long that nobody else seems to see to it.

use std::time::{Duration, Instant};

/// An act that a client's form or a page asks about is decided meanwhile, more often than not.
const ACT_WAITS: Duration = Duration::from_secs(8);
/// A model that can be woken has read its mail by then.
const MAIL_WAITS: Duration = Duration::from_secs(20);

/// What is told, in our words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// So many acts and requests wait for the owner's decision.
    Acts(u64),
    /// So many messages are unread.
    Mail(u64),
}

impl News {
    /// The line above.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Acts(_) => "Your decision is needed",
            Self::Mail(_) => "Mail for your agent",
        }
    }

    /// The line below: a count, and nothing of a peer's.
    pub(super) fn text(self) -> String {
        match self {
            Self::Acts(1) => "Something waits until you decide about it.".to_owned(),
            Self::Acts(many) => format!("{many} things wait until you decide about them."),
            Self::Mail(1) => "1 unread message waits.".to_owned(),
            Self::Mail(many) => format!("{many} unread messages wait."),
        }
    }
}

/// What was seen and told so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    acts: Count,
    mail: Count,
}

impl Seen {
    /// What of these counts is to be told now.
    pub(super) fn look(&mut self, acts: u64, mail: u64, now: Instant) -> Vec<News> {
        let acts = self.acts.rose(acts, now, ACT_WAITS).then_some(News::Acts(acts));
        let mail = self.mail.rose(mail, now, MAIL_WAITS).then_some(News::Mail(mail));
        acts.into_iter().chain(mail).collect()
    }
}

#[derive(Debug, Default)]
struct Count {
    told: u64,
    above_since: Option<Instant>,
}

impl Count {
    fn rose(&mut self, to: u64, now: Instant, waits: Duration) -> bool {
        self.told = self.told.min(to);
        if to == self.told {
            self.above_since = None;
            return false;
        }
        if now.duration_since(*self.above_since.get_or_insert(now)) < waits {
            return false;
        }
        (self.told, self.above_since) = (to, None);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_is_told_once_and_what_is_seen_to_is_not() {
        let (start, mut seen) = (Instant::now(), Seen::default());
        let mut at = |secs, acts, mail| seen.look(acts, mail, start + Duration::from_secs(secs));
        assert_eq!(at(0, 1, 2), [], "somebody may be about to see to it");
        assert_eq!(at(8, 1, 2), [News::Acts(1)]);
        assert_eq!(at(10, 1, 2), []);
        assert_eq!(at(20, 1, 3), [News::Mail(3)]);
        assert_eq!(at(60, 1, 3), [], "told again");
        assert_eq!(at(61, 2, 0), []);
        assert_eq!(at(62, 1, 1), [], "decided in time");
        assert_eq!(at(82, 1, 1), [News::Mail(1)], "mail after what was read");
        assert_eq!(at(83, 0, 1), []);
        assert_eq!(at(84, 1, 1), []);
        assert_eq!(at(92, 1, 1), [News::Acts(1)], "another act");
    }

    #[test]
    fn one_and_many_have_their_words() {
        assert_eq!(News::Mail(1).text(), "1 unread message waits.");
        assert_eq!(News::Mail(7).text(), "7 unread messages wait.");
        assert!(News::Acts(2).text().starts_with("2 things"));
        assert_ne!(News::Acts(1).title(), News::Mail(1).title());
    }
}
