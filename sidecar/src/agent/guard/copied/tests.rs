//! What counts as words in a row, and how often ordinary mail is taken for another peer's.

use super::super::secrets::tests::{Dice, corpus, ordinary};
use super::*;
use crate::agent::testing::Side;
use crate::agent::{Draft, Trouble};
use crate::store::peers;

#[test]
fn formatting_does_not_hide_words() {
    let plain = words("the key is under the third pot");
    assert_eq!(words("The **key** is, under | the\u{200b} third \u{201c}pot\u{201d}!"), plain);
    assert_eq!(words("see https://host.example/a/b?c now").len(), 4);
    assert_eq!(words("don't"), ["dont"]);
    assert_eq!(words("明日の").len(), 3);
}

const OPENINGS: [&str; 8] = [
    "I hope this message finds you well.",
    "Thank you for getting back to me so quickly.",
    "As discussed in our last meeting:",
    "Please find attached the document.",
    "I wanted to follow up on my previous message.",
    "Sorry for the late reply.",
    "It was great to talk to you.",
    "I apologize for the delay in getting back to you.",
];

const CLOSINGS: [&str; 8] = [
    "Please do not hesitate to contact me if you have any questions.",
    "Please let me know if you have any questions or concerns.",
    "Let me know if there is anything else I can do for you.",
    "I look forward to hearing from you soon.",
    "Please let me know what time works best for you.",
    "If you have any questions, please feel free to contact me.",
    "I will get back to you as soon as I can.",
    "Thank you in advance for your help!",
];

const FOOTERS: [&str; 4] = [
    "This e-mail is intended only for the person or entity to which it is addressed and may contain confidential or \
     privileged material. Any review, use, disclosure or distribution by others is strictly prohibited.",
    "This message and any attachments are confidential and may be privileged. If you are not the intended recipient, \
     please notify the sender immediately and delete this message.",
    "Sent from my mobile device, please excuse any typos.",
    "Please consider the environment before printing this email.",
];

/// Five peers and the owner, each with a signature of their own; all of them take phrases and footers from the same lists.
const PEOPLE: [&str; 6] =
    ["Ann Miller, Acme", "Bo Chen", "Carla Rossi, Rossi & Figli", "Dev Patel", "Eve Stone", "Otto Berg"];
const OWNER: usize = 5;

struct Post<'a> {
    dice: Dice,
    pieces: &'a [String],
}

impl Post<'_> {
    fn one<'b, T: ?Sized>(&mut self, list: &[&'b T]) -> &'b T {
        list[self.dice.below(list.len())]
    }

    /// A mail as people write them. No piece is in two mails of one day.
    fn mail(&mut self, day: &mut HashSet<usize>, writer: usize) -> String {
        let mut piece = self.dice.below(self.pieces.len());
        while !day.insert(piece) {
            piece = self.dice.below(self.pieces.len());
        }
        let (opening, closing, footer) = (self.one(&OPENINGS), self.one(&CLOSINGS), self.one(&FOOTERS));
        let text = &self.pieces[piece];
        format!("{opening}\n\n{text}\n\n{closing}\n\nBest regards,\n{}\n\n{footer}", PEOPLE[writer])
    }
}

/// Days on which five peers write six mails each and the owner's agent then writes twenty, none of them copied from
/// another. How many it writes, and how many of these are stopped.
fn measured(days: usize, pieces: &[String]) -> (usize, usize) {
    let side = Side::new("Otto");
    let mut post = Post { dice: Dice::new(11), pieces };
    let keys: Vec<PeerKey> =
        (1..=5).map(|number| side.act(|tx, _| Ok::<_, Trouble>(peers::testing::peer(tx, number))).unwrap()).collect();
    let (mut sent, mut stopped, mut message) = (0, 0, 0);
    for _ in 0..days {
        let mut day = HashSet::new();
        side.act(|tx, ctx| {
            copies::forget_before(tx, ctx.now)?;
            for (writer, key) in keys.iter().enumerate().flat_map(|peer| [peer; 6]) {
                message += 1;
                note(tx, ctx, *key, message, &[&post.mail(&mut day, writer)], &[])?;
            }
            for _ in 0..20 {
                let to = peers::by_key(tx, keys[post.dice.below(keys.len())])?.ok_or(Trouble::NoIdentity)?;
                let draft = Draft { body: post.mail(&mut day, OWNER), ..Draft::default() };
                let scope = "message".parse().map_err(|_| Trouble::NoIdentity)?;
                let others = from_others(tx, ctx, to.key, &Outgoing::new(&to, scope, &draft))?;
                (sent, stopped) = (sent + 1, stopped + usize::from(!others.is_empty()));
            }
            Ok::<_, Trouble>(())
        })
        .unwrap();
    }
    (sent, stopped)
}

/// `A2A_DAYS=500 cargo test -p a2a --lib -- --nocapture few_ordinary_mails`: the figure of `docs/assurance.md`; with
/// `A2A_CORPUS=FOLDER` of any other text.
#[test]
fn few_ordinary_mails_are_taken_for_another_peers() {
    let days = std::env::var("A2A_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(25);
    let pieces = std::env::var("A2A_CORPUS").map_or_else(|_| ordinary(), |folder| corpus(&[folder.into()]));
    let (sent, stopped) = measured(days, &pieces);
    eprintln!("{stopped} of {sent} mails on {days} days, of {} pieces", pieces.len());
    assert!(stopped * 50 <= sent, "{stopped} of {sent}");
}
