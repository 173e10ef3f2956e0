//! A message as its owner approves it: exactly what is sent, to whom, about what.

use std::fmt;

use a2a_proto::attachment::AttachmentKey;
use a2a_proto::codec::Writer;
use a2a_proto::content::Attachment;
use a2a_proto::id::{AgentId, MessageId};
use a2a_proto::intent::Intent;
use a2a_proto::scope::Scope;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files::Found;
use crate::agent::attachments::Prepared;
use crate::agent::{Draft, Hand, OutgoingFile, Trouble};
use crate::store::SecretBlob;
use crate::store::peers::Peer;

const LABEL: &str = "a2a/1/consent/message";

/// A message that may leave, or may not.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::agent) struct Outgoing {
    pub(super) agent_id: AgentId,
    pub(super) scope: Scope,
    pub(super) subject: Option<String>,
    pub(super) body: String,
    pub(super) reply_to: Option<MessageId>,
    pub(super) intent: Option<Intent>,
    /// The payload as it is sealed.
    pub(super) payload: Option<String>,
    /// The files that go with it.
    pub(super) files: Vec<SealedFile>,
}

/// A file as it was sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SealedFile {
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) digest: [u8; 32],
    key: SecretBlob,
    spool: String,
    /// What looks like a secret in it.
    pub(super) found: Vec<Found>,
}

impl SealedFile {
    fn new(file: &OutgoingFile) -> Option<Self> {
        let Prepared { attachment, spool, found } = file.ready.as_ref()?;
        Some(Self {
            name: attachment.name.clone(),
            size: attachment.size,
            digest: attachment.digest,
            key: SecretBlob::copy_of(attachment.key.as_bytes()),
            spool: spool.clone(),
            found: found.clone(),
        })
    }

    /// What of it is approved: its name and its bytes, however often it is sealed.
    fn approved(&self) -> Self {
        Self { key: SecretBlob::copy_of(&[]), spool: String::new(), found: Vec::new(), ..self.clone() }
    }

    fn ready(&self) -> Option<OutgoingFile> {
        let key = AttachmentKey::from_bytes(*self.key.array()?);
        let attachment = Attachment { name: self.name.clone(), size: self.size, digest: self.digest, key };
        let ready = Some(Prepared { attachment, spool: self.spool.clone(), found: self.found.clone() });
        Some(OutgoingFile { path: self.name.clone().into(), ready })
    }
}

impl Outgoing {
    /// What a draft says once its recipient and its scope are known.
    pub(super) fn new(peer: &Peer, scope: Scope, draft: &Draft) -> Self {
        // Every part of a draft is named here, so that a new one cannot be forgotten.
        let Draft { recipient: _, subject, body, scope: _, reply_to, intent, payload, hand: _, attachments } = draft;
        let (subject, body, reply_to) = (subject.clone(), body.clone(), *reply_to);
        let (intent, payload) = (intent.clone(), payload.as_ref().map(ToString::to_string));
        let files = attachments.iter().filter_map(SealedFile::new).collect();
        Self { agent_id: peer.record.agent_id, scope, subject, body, reply_to, intent, payload, files }
    }

    /// SHA-256 of everything that is approved.
    pub(in crate::agent) fn digest(&self) -> Result<[u8; 32], Trouble> {
        let approved = Self { files: self.files.iter().map(SealedFile::approved).collect(), ..self.clone() };
        let bytes = serde_json::to_vec(&approved).map_err(|_| Trouble::Internal("a message cannot be written"))?;
        let mut writer = Writer::label(LABEL);
        writer.lp(&bytes);
        Ok(Sha256::digest(writer.as_slice()).into())
    }

    /// The sealed copies of its files, by name.
    pub(super) fn copies(&self) -> Vec<String> {
        self.files.iter().map(|file| file.spool.clone()).collect()
    }

    /// The draft that sends it.
    pub(super) fn draft(&self) -> Draft {
        Draft {
            recipient: self.agent_id.to_string(),
            subject: self.subject.clone(),
            body: self.body.clone(),
            scope: Some(self.scope.clone()),
            reply_to: self.reply_to,
            intent: self.intent.clone(),
            payload: self.payload.as_deref().and_then(|payload| serde_json::from_str(payload).ok()),
            hand: Hand::Owner,
            attachments: self.files.iter().filter_map(SealedFile::ready).collect(),
        }
    }

    /// Every text that leaves, and what to call where it stands.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let subject = self.subject.as_deref().map(|subject| ("the subject", subject));
        let intent = self.intent.as_ref().map(|intent| ("the request", intent.as_str()));
        let payload = self.payload.as_deref().map(|payload| ("the payload", payload));
        let names = self.files.iter().map(|file| ("the name of a file", file.name.as_str()));
        subject.into_iter().chain([("the text", self.body.as_str())]).chain(intent).chain(payload).chain(names)
    }

    /// How much leaves.
    pub(super) fn bytes(&self) -> u64 {
        self.texts().map(|(_, text)| text.len() as u64).sum()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agent_id, scope, subject: _, body, reply_to: _, intent: _, payload: _, files: _ } = self;
        let mut shown = f.debug_struct("Outgoing");
        shown.field("agent_id", agent_id).field("scope", scope).field("body_bytes", &body.len()).finish_non_exhaustive()
    }
}
