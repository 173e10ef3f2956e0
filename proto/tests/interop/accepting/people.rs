//! The people of the accepting vectors, from fixed seeds, with everything that they publish.

use serde_json::{Value, json};

use super::{DAY, NOW};
use crate::documents::{bundle_make, certificate_make, one_time_make};
use crate::files::{Fields, b64};
use crate::seeded::Seeded;

/// A person in the form that conversations take.
pub(super) fn person(name: &str, epoch: u32) -> Value {
    let mut random = Seeded::new(&format!("accept {name} {epoch}"));
    let mut person = json!({
        "entropy": b64(Seeded::new(&format!("accept {name}")).draw::<32>()),
        "device_seed": b64(random.draw::<32>()),
        "agreement_secret": b64(random.draw::<32>()),
        "spk_secret": b64(random.draw::<32>()),
        "kem_seed": b64(random.draw::<64>()),
        "prekey_id": 7,
        "prekey_created": NOW - DAY,
        "epoch": epoch,
        "not_before": NOW - DAY,
        "not_after": NOW + 300 * DAY,
        "created": NOW - DAY,
        "knocks": true,
        "relay": format!("{name}.example.org"),
    });
    person["certificate"] = certificate_make(Fields(&person)).unwrap()["certificate"].take();
    person["bundle"] = bundle_make(Fields(&person)).unwrap()["bundle"].take();
    person
}

/// A lane into this person's mailbox.
pub(super) fn lane(name: &str) -> Value {
    let mut random = Seeded::new(&format!("accept lane {name}"));
    json!({ "relay": format!("{name}.example.org"), "lane_id": b64(random.draw::<16>()), "key": b64(random.draw::<32>()) })
}

/// An invite of this person in the form that conversations take: id, psk, and both halves of the one-time pair.
pub(super) fn invite(maker: &Value, psk: &str) -> Value {
    let mut random = Seeded::new("accept one-time pair");
    let mut invite = json!({
        "id": b64(random.draw::<16>()),
        "psk": psk,
        "opk_secret": b64(random.draw::<32>()),
        "kem_seed": b64(random.draw::<64>()),
    });
    let terms = json!({
        "certificate": maker["certificate"],
        "device_seed": maker["device_seed"],
        "invite_id": invite["id"],
        "opk_secret": invite["opk_secret"],
        "kem_seed": invite["kem_seed"],
    });
    invite["one_time"] = one_time_make(Fields(&terms)).unwrap()["one_time"].take();
    invite
}
