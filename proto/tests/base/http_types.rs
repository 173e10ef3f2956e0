//! The JSON of the relay's surface, pinned; and the mailbox batch.

use a2a_proto::api::mailbox::{Acknowledge, Batch, BatchItem, Source};
use a2a_proto::api::{
    Base64, Challenge, HandleAnswer, InviteFetch, KnockChallenge, LaneDescription, LaneKind, LaneList, Manifest,
    OpenLane, OpenedLane, PrekeyAnswer, Problem, Registered, Registration, RegistrationPolicy, RelayInfo, RelayLimits,
    SessionRequest, SessionToken, code,
};
use a2a_proto::codec::DecodeError;
use a2a_proto::counter::Counter;
use a2a_proto::id::{InviteId, LaneId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fixtures::{NOW, World, capability};

/// The JSON of a value, after it was read back and written again.
fn json<T: Serialize + DeserializeOwned>(name: &str, value: &T) -> String {
    let text = serde_json::to_string(value).unwrap();
    let again: T = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&again).unwrap(), text);
    format!("{name}: {text}")
}

fn info(world: &World) -> RelayInfo {
    RelayInfo {
        protocol: RelayInfo::PROTOCOL.to_owned(),
        version: "0.1.0".to_owned(),
        authority: world.relay.clone(),
        registration: RegistrationPolicy::Token,
        knock_difficulty: 20,
        limits: RelayLimits {
            max_envelope_bytes: 65536,
            max_knock_bytes: 8192,
            mailbox_bytes: 1 << 28,
            mailbox_envelopes: 10000,
            lane_envelopes: 1000,
            knocks_pending: 20,
            envelope_lifetime_secs: 2_592_000,
            long_poll_secs: 30,
        },
        minimum_client: "0.1.0".to_owned(),
    }
}

#[test]
fn the_json_is_pinned() {
    let world = World::new(1);
    let agent_id = *world.certificate.id();
    let some = || Base64(vec![0xfb, 0xff, 0xfe]);
    let challenge = || "Y2hhbGxlbmdl".to_owned();
    let lane_id = LaneId::from_bytes([1; 16]);
    let open = OpenLane::Invite {
        invite_id: InviteId::from_bytes([2; 16]),
        token_hash: some(),
        one_time: some(),
        expires_at: NOW,
        max_envelopes: 16,
    };
    let description = LaneDescription { lane_id, kind: LaneKind::Pair, created_at: NOW, expires_at: None };
    let registration = Registration {
        certificate: some(),
        challenge: challenge(),
        signature: some(),
        handle: Some("bob".parse().unwrap()),
        registration_token: None,
    };
    let manifest = Manifest {
        agent_id,
        display_name: "Bob".to_owned(),
        handle: None,
        sequence: Counter::new(3, 7),
        capabilities: vec![capability("scheduling")],
        card: some(),
    };
    let all = [
        json("relay info", &info(&world)),
        json("challenge", &Challenge { challenge: challenge(), expires_at: NOW }),
        json("knock challenge", &KnockChallenge { challenge: challenge(), difficulty: 20, expires_at: NOW }),
        json("registration", &registration),
        json("registered", &Registered { agent_id, handle: Some("bob".parse().unwrap()) }),
        json("session request", &SessionRequest { certificate: some(), challenge: challenge(), signature: some() }),
        json("session token", &SessionToken { token: "t".to_owned(), expires_at: NOW }),
        json("manifest", &manifest),
        json("handle", &HandleAnswer { agent_id }),
        json("prekeys", &PrekeyAnswer { bundle: some(), one_time: Some(some()) }),
        json("open a pair's lane", &OpenLane::Pair),
        json("open a lane again", &OpenLane::Again { lane_id, lane_key: some() }),
        json("open an invite's lane", &open),
        json("opened lane", &OpenedLane { lane_id, lane_key: some() }),
        json("lanes", &LaneList { lanes: vec![description] }),
        json("acknowledge", &Acknowledge { through: 9 }),
        json("problem", &Problem::new(403, code::REFUSED, "Refused")),
    ];
    let text = all.join("\n");
    insta::assert_snapshot!(text);
}

#[test]
fn base64_has_one_spelling() {
    for text in ["\"-__-=\"", "\"+//+\"", "\"-_\\n_-\"", "\"A\"", "\"AB\"", "7"] {
        assert!(serde_json::from_str::<Base64>(text).is_err(), "{text}");
    }
    assert_eq!(serde_json::from_str::<Base64>("\"-__-\"").unwrap().0, [0xfb, 0xff, 0xfe]);
}

#[test]
fn an_unknown_lane_kind_is_refused() {
    assert!(serde_json::from_str::<OpenLane>(r#"{"kind":"public"}"#).is_err());
    assert!(serde_json::from_str::<OpenLane>(r#"{"kind":"invite"}"#).is_err());
}

#[test]
fn an_invite_fetch_reads_back() {
    let fetch = InviteFetch { invite_id: InviteId::from_bytes([1; 16]), token: [2; 32] };
    assert!(fetch.to_header().parse::<InviteFetch>().unwrap() == fetch);
    for other in ["", ".", "AQEBAQEBAQEBAQEBAQEBAQ", &format!("{}.x", fetch.to_header()), &fetch.to_header()[1..]] {
        assert!(other.parse::<InviteFetch>().is_err(), "{other}");
    }
}

fn item(sequence: u64, source: Source) -> BatchItem {
    BatchItem { sequence, source, hour: NOW.hours(), envelope: vec![1; 40] }
}

fn batch() -> Batch {
    let lane = Source::Lane(LaneId::from_bytes([4; 16]));
    Batch { acknowledged_through: 6, items: vec![item(7, lane), item(9, Source::FrontDoor)] }
}

#[test]
fn a_batch_reads_back() {
    assert_eq!(Batch::parse(&batch().to_bytes()), Ok(batch()));
    let empty = Batch { acknowledged_through: 0, items: vec![] };
    assert_eq!(Batch::parse(&empty.to_bytes()), Ok(empty));
}

#[test]
fn a_cut_or_prolonged_batch_is_refused() {
    let bytes = batch().to_bytes();
    for length in 0..bytes.len() {
        assert_eq!(Batch::parse(&bytes[..length]), Err(DecodeError::Truncated), "{length}");
    }
    assert_eq!(Batch::parse(&[bytes, vec![0]].concat()), Err(DecodeError::TrailingBytes));
}

#[test]
fn a_batch_ascends_and_stays_within_bounds() {
    let parse = |change: fn(&mut Batch)| {
        let mut batch = batch();
        change(&mut batch);
        Batch::parse(&batch.to_bytes())
    };
    assert_eq!(parse(|batch| batch.items[1].sequence = 7), Err(DecodeError::InvalidValue), "twice");
    assert_eq!(parse(|batch| batch.items.swap(0, 1)), Err(DecodeError::InvalidValue), "out of order");
    assert_eq!(parse(|batch| batch.items[0].sequence = 6), Err(DecodeError::InvalidValue), "acknowledged already");
    assert_eq!(parse(|batch| batch.items[0].envelope = vec![0; 65537]), Err(DecodeError::TooLong));
    assert_eq!(
        parse(|batch| batch.items = (7..264).map(|n| item(n, Source::FrontDoor)).collect()),
        Err(DecodeError::TooLong)
    );
}

#[test]
fn the_front_door_has_no_lane() {
    let mut bytes = batch().to_bytes();
    let second = bytes.len() - (8 + 1 + 16 + 8 + 4 + 40);
    assert_eq!(bytes[second + 8], 2);
    bytes[second + 9] = 1;
    assert_eq!(Batch::parse(&bytes), Err(DecodeError::InvalidValue));
    bytes[second + 8] = 3;
    assert_eq!(Batch::parse(&bytes), Err(DecodeError::InvalidValue));
}
