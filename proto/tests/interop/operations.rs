//! Every operation that a vector can name.

use serde_json::Value;

use crate::files::{Fields, Outcome};
use crate::{contents, documents, relays, sessions};

type Operation = fn(Fields<'_>) -> Outcome;

/// Operations by name.
pub(crate) const ALL: &[(&str, Operation)] = &[
    ("id.read", documents::id_read),
    ("id.write", documents::id_write),
    ("recovery.derive", documents::recovery_derive),
    ("recovery.read", documents::recovery_read),
    ("authority.read", documents::authority_read),
    ("address.read", documents::address_read),
    ("certificate.make", documents::certificate_make),
    ("certificate.read", documents::certificate_read),
    ("card.make", documents::card_make),
    ("card.read", documents::card_read),
    ("bundle.make", documents::bundle_make),
    ("bundle.read", documents::bundle_read),
    ("one-time.make", documents::one_time_make),
    ("one-time.read", documents::one_time_read),
    ("invite.make", documents::invite_make),
    ("invite.read", documents::invite_read),
    ("base64url.read", relays::base64url_read),
    ("lane.key", relays::lane_key),
    ("lane.sign", relays::lane_sign),
    ("lane.check", relays::lane_check),
    ("challenge.answer", relays::challenge_answer),
    ("challenge.check", relays::challenge_check),
    ("knock.solve", relays::knock_solve),
    ("knock.check", relays::knock_check),
    ("batch.write", relays::batch_write),
    ("batch.read", relays::batch_read),
    ("content.write", contents::content_write),
    ("content.read", contents::content_read),
    ("attachment.cut", contents::attachment_cut),
    ("attachment.blob", contents::attachment_blob),
    ("attachment.open", contents::attachment_open),
    ("conversation", sessions::conversation),
    ("envelope.open", sessions::envelope_open),
    ("first-flight.read", sessions::first_flight_read),
    ("sessions.newest", sessions::sessions_newest),
];

pub(crate) fn run(vector: &Value) -> Outcome {
    let name = vector["operation"].as_str().unwrap();
    let (_, operation) = ALL.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no operation {name}"));
    operation(Fields(&vector["input"]))
}
