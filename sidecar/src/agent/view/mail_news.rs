//! How the unread mail stands, and what of it is news.

/// The unread mail that is in nobody else's hands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailNews {
    /// How many messages.
    pub unread: u64,
    /// The local number of the newest; 0 where there is none.
    pub newest: i64,
}

impl MailNews {
    /// Notes how the mail stands now, and says whether that is news: a newer message, or more of them.
    pub fn turns(&mut self, now: Self) -> bool {
        let is_news = now.newest > self.newest || now.unread > self.unread;
        *self = Self { unread: now.unread, newest: now.newest.max(self.newest) };
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::MailNews;

    #[test]
    fn a_newer_message_is_news_though_the_count_stays() {
        let mail = |unread, newest| MailNews { unread, newest };
        let mut known = mail(1, 5);
        assert!(!known.turns(mail(1, 5)));
        assert!(known.turns(mail(1, 6)), "the one before was read meanwhile");
        assert!(!known.turns(mail(0, 0)));
        assert!(!known.turns(mail(0, 0)));
        assert!(known.turns(mail(1, 4)), "another process gave it back unread");
        assert!(known.turns(mail(2, 7)));
        assert!(!known.turns(mail(1, 7)));
    }
}
