//! No reader panics, whatever it is given.

use a2a_proto::address::{Address, Handle, RelayAuthority};
use a2a_proto::api::InviteFetch;
use a2a_proto::api::mailbox::Batch;
use a2a_proto::card::VerifiedCard;
use a2a_proto::certificate::Certificate;
use a2a_proto::codec::Reader;
use a2a_proto::id::{AgentId, EnvelopeId, InviteId, MessageId, SessionId};
use a2a_proto::invite::Invite;
use a2a_proto::keys::{Entropy, KemKey};
use a2a_proto::lane::{DepositProof, LaneOffer};
use a2a_proto::pow::KnockProof;
use a2a_proto::prekey::{OneTimeSecret, PrekeySecret, VerifiedBundle, VerifiedOneTime};
use a2a_proto::scope::Scope;
use proptest::prelude::*;
use std::sync::LazyLock;

use crate::fixtures::{NOW, World};

struct Corpus {
    world: World,
    invite_id: InviteId,
    link: String,
    documents: Vec<Vec<u8>>,
}

static CORPUS: LazyLock<Corpus> = LazyLock::new(|| {
    let mut world = World::new(1);
    let invite_id = InviteId::from_bytes([6; 16]);
    let documents = vec![
        world.certificate.as_bytes().to_vec(),
        world.card().sign(&world.device).unwrap(),
        world.bundle(),
        world.one_time(&invite_id),
        world.prekey().to_bytes().to_vec(),
        Batch { acknowledged_through: 0, items: vec![] }.to_bytes(),
    ];
    Corpus { link: world.invite().to_link().to_string(), world, invite_id, documents }
});

fn read_bytes(bytes: &[u8]) {
    let corpus = &*CORPUS;
    let id = corpus.world.certificate.id();
    let _ = Certificate::parse_verified(bytes);
    let _ = VerifiedCard::parse(bytes, id);
    let _ = VerifiedBundle::parse(bytes, id, NOW);
    let _ = VerifiedOneTime::parse(bytes, &corpus.world.certificate, &corpus.invite_id);
    let _ = PrekeySecret::from_bytes(bytes);
    let _ = OneTimeSecret::from_bytes(bytes);
    let _ = Batch::parse(bytes);
    let _ = LaneOffer::read(&mut Reader::new(bytes));
    let _ = KemKey::read(&mut Reader::new(bytes));
    let _ = AgentId::read(&mut Reader::new(bytes));
    let _ = Invite::parse(&data_encoding::BASE64URL_NOPAD.encode(bytes));
}

fn read_text(text: &str) {
    let _ = text.parse::<AgentId>();
    let _ = text.parse::<MessageId>();
    let _ = text.parse::<EnvelopeId>();
    let _ = text.parse::<SessionId>();
    let _ = text.parse::<RelayAuthority>();
    let _ = RelayAuthority::from_url(text);
    let _ = text.parse::<Address>();
    let _ = text.parse::<Handle>();
    let _ = text.parse::<Scope>();
    let _ = text.parse::<DepositProof>();
    let _ = text.parse::<KnockProof>();
    let _ = text.parse::<InviteFetch>();
    let _ = Invite::parse(text);
    let _ = Entropy::from_words(text);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        read_bytes(&bytes);
    }

    #[test]
    fn on_any_version_1_bytes(mut bytes in proptest::collection::vec(any::<u8>(), 1..2000)) {
        bytes[0] = 1;
        read_bytes(&bytes);
    }

    #[test]
    fn on_damaged_documents(which in 0..6usize, at in any::<prop::sample::Index>(), noise in proptest::collection::vec(any::<u8>(), 0..12), cut in any::<prop::sample::Index>()) {
        let mut bytes = CORPUS.documents[which].clone();
        let start = at.index(bytes.len());
        for (byte, noise) in bytes[start..].iter_mut().zip(noise) {
            *byte = noise;
        }
        read_bytes(&bytes);
        read_bytes(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn on_any_text(text in any::<String>()) {
        read_text(&text);
    }

    #[test]
    fn on_text_of_the_right_look(text in r"(a2a_)?[a-z2-7@.:\[\]#/ -]{0,70}") {
        read_text(&text);
    }

    #[test]
    fn on_damaged_links(at in any::<prop::sample::Index>(), noise in any::<char>()) {
        let mut link = CORPUS.link.clone();
        let at = at.index(link.len());
        link.replace_range(at..=at, &noise.to_string());
        read_text(&link);
    }

    #[test]
    fn a_relays_name_is_read_back_as_it_prints(text in r"[A-Za-z0-9.\[\]:-]{1,40}") {
        if let Ok(relay) = text.parse::<RelayAuthority>() {
            prop_assert_eq!(relay.to_string().parse::<RelayAuthority>(), Ok(relay.clone()));
            prop_assert_eq!(RelayAuthority::from_url(&relay.base_url()), Ok(relay));
        }
    }
}
