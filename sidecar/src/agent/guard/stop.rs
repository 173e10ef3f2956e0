//! Why a message waits for the owner, and how it is put to them: what was found, never the secret itself.

use serde::{Deserialize, Serialize};

use super::files::Found;
use super::outgoing::{Outgoing, SealedFile};
use super::{copied, secrets};
use crate::agent::me::Ctx;
use crate::agent::{Detail, DetailValue, Untrusted};
use crate::store::peers::{self, Peer};
use crate::store::{StoreError, Tx};

/// How many secrets of one message are named.
const MOST_NAMED: usize = 12;

/// One reason to ask the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::agent) enum Stop {
    /// The owner wants to be asked.
    Rule,
    /// Something that looks like a secret.
    Secret {
        /// What it is.
        kind: String,
        /// Where it stands.
        place: String,
        /// Its first characters, and how long it is.
        piece: String,
    },
    /// Words of another peer's mail.
    Copied {
        /// Whose.
        from: String,
    },
    /// A file that came with another peer's mail.
    CopiedFile {
        /// Whose.
        from: String,
    },
}

impl Stop {
    /// The reason without a piece of the secret, as the audit log keeps it.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Rule => "the owner's rule".into(),
            Self::Secret { kind, place, .. } => format!("{kind} in {place}"),
            Self::Copied { from } => format!("words of {from}'s mail"),
            Self::CopiedFile { from } => format!("a file of {from}'s mail"),
        }
    }

    fn detail(&self) -> Detail {
        match self {
            Self::Rule => ours("your rule", "ask before this is sent"),
            Self::Secret { kind, place, piece } => ours("found", format!("{kind} in {place}: {piece}")),
            Self::Copied { from } => {
                ours("found", format!("eight or more words in a row that {from} wrote to you within the last day"))
            }
            Self::CopiedFile { from } => ours("found", format!("a file that {from} sent you within the last day")),
        }
    }
}

/// What in a message must not leave unasked.
pub(super) fn find(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, message: &Outgoing) -> Result<Vec<Stop>, StoreError> {
    let mut stops: Vec<Stop> = message.texts().flat_map(|(place, text)| secrets_in(place, text)).collect();
    stops.extend(message.files.iter().flat_map(secrets_in_file));
    stops.truncate(MOST_NAMED);
    for from in copied::files_from_others(tx, ctx, peer.key, message)? {
        if let Some(from) = peers::by_key(tx, from)? {
            stops.push(Stop::CopiedFile { from: from.record.petname });
        }
    }
    for from in copied::from_others(tx, ctx, peer.key, message)? {
        if let Some(from) = peers::by_key(tx, from)? {
            stops.push(Stop::Copied { from: from.record.petname });
        }
    }
    Ok(stops)
}

fn secrets_in(place: &str, text: &str) -> Vec<Stop> {
    let stop = |hit: secrets::Hit| Stop::Secret {
        kind: hit.kind.to_owned(),
        place: place.to_owned(),
        piece: hit.masked(text),
    };
    secrets::scan(text).into_iter().map(stop).collect()
}

fn secrets_in_file(file: &SealedFile) -> Vec<Stop> {
    let stop = |found: &Found| Stop::Secret {
        kind: found.kind.clone(),
        place: "a file".to_owned(),
        piece: found.piece.clone(),
    };
    file.found.iter().map(stop).collect()
}

/// Everything that the approval covers; secrets stay masked, for forms pass through the model's client.
pub(in crate::agent) fn details(message: &Outgoing, to: &str, stops: &[Stop]) -> Vec<Detail> {
    let mut details =
        vec![ours("to", format!("{to} ({})", message.agent_id)), ours("about", message.scope.to_string())];
    details.extend(stops.iter().map(Stop::detail));
    details.extend(message.files.iter().map(|file| own("file", &format!("{} ({} bytes)", file.name, file.size))));
    details.extend(message.subject.as_deref().map(|subject| own("subject", subject)));
    details.push(own("text", &message.body));
    details.extend(message.intent.as_ref().map(|intent| own("request", intent.as_str())));
    details.extend(message.payload.as_deref().map(|payload| own("payload", payload)));
    details
}

fn ours(label: &'static str, value: impl Into<String>) -> Detail {
    Detail { label, value: DetailValue::Ours(value.into()) }
}

fn own(label: &'static str, text: &str) -> Detail {
    Detail { label, value: DetailValue::Own(Untrusted::new(secrets::mask(text))) }
}
