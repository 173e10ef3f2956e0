//! Operations on public documents: ids, words, names, certificates, cards, bundles, one-time pairs, invites.

use a2a_proto::address::{Address, AddressWho, RelayAuthority};
use a2a_proto::card::{Capability, Card, KnockPolicy, VerifiedCard};
use a2a_proto::certificate::Certificate;
use a2a_proto::counter::Counter;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::invite::{Invite, InviteSecret, token_hash};
use a2a_proto::keys::{DeviceKeys, Entropy};
use a2a_proto::lane::{LaneKey, LaneOffer};
use a2a_proto::prekey::{BundleTerms, OneTimeSecret, PrekeySecret, VerifiedBundle, VerifiedOneTime};
use a2a_proto::safety_words::safety_words;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use serde_json::{Value, json};

use crate::files::{Fields, Outcome, REFUSED, b64};

/// Anything public that was not taken is one outcome.
pub(crate) fn refused<E>(_: E) -> &'static str {
    REFUSED
}

pub(crate) fn id_read(i: Fields<'_>) -> Outcome {
    let id: AgentId = i.text("text").parse().map_err(refused)?;
    Ok(json!({ "key": b64(id.as_bytes()), "safety_words": safety_words(&id).join(" ") }))
}

pub(crate) fn id_write(i: Fields<'_>) -> Outcome {
    let id = AgentId::from_key_bytes(&i.array("key")).map_err(refused)?;
    Ok(json!({ "text": id.to_string() }))
}

pub(crate) fn recovery_derive(i: Fields<'_>) -> Outcome {
    let entropy = Entropy::from_bytes(i.array("entropy"));
    let (id, backup) = (entropy.root_key().agent_id().to_string(), entropy.backup_key());
    Ok(json!({ "words": *entropy.to_words(), "id": id, "backup_key": b64(backup.as_bytes()) }))
}

pub(crate) fn recovery_read(i: Fields<'_>) -> Outcome {
    let entropy = Entropy::from_words(i.text("words")).map_err(refused)?;
    Ok(json!({ "entropy": b64(entropy.to_bytes()) }))
}

/// An authority as it stands in a layout: only its canonical form.
pub(crate) fn authority_read(i: Fields<'_>) -> Outcome {
    let relay: RelayAuthority = i.text("text").parse().map_err(refused)?;
    if relay.as_str() != i.text("text") {
        return Err(REFUSED);
    }
    Ok(json!({ "scheme": if relay.is_loopback() { "http" } else { "https" } }))
}

pub(crate) fn address_read(i: Fields<'_>) -> Outcome {
    let address: Address = i.text("text").parse().map_err(refused)?;
    let (id, handle) = match &address.who {
        AddressWho::Id(id) => (Some(id.to_string()), None),
        AddressWho::Handle(handle) => (None, Some(handle.to_string())),
    };
    Ok(json!({ "id": id, "handle": handle, "relay": address.relay.as_str() }))
}

pub(crate) fn device(i: Fields<'_>) -> DeviceKeys {
    DeviceKeys::from_bytes(&[i.bytes("device_seed"), i.bytes("agreement_secret")].concat().try_into().unwrap())
}

/// Device keys of which only the signing half is used.
fn signer(i: Fields<'_>) -> DeviceKeys {
    DeviceKeys::from_bytes(&[i.bytes("device_seed"), vec![1; 32]].concat().try_into().unwrap())
}

pub(crate) fn certificate(i: Fields<'_>) -> Result<Certificate, &'static str> {
    Certificate::parse_verified(&i.bytes("certificate")).map_err(refused)
}

fn time(i: Fields<'_>, name: &str) -> Timestamp {
    Timestamp::from_millis(i.number(name))
}

pub(crate) fn counter(value: &Value) -> Counter {
    Counter::new(value[0].as_u64().unwrap().try_into().unwrap(), value[1].as_u64().unwrap())
}

pub(crate) fn id(i: Fields<'_>, name: &str) -> Result<AgentId, &'static str> {
    i.text(name).parse().map_err(refused)
}

pub(crate) fn certificate_make(i: Fields<'_>) -> Outcome {
    let root = Entropy::from_bytes(i.array("entropy")).root_key();
    let (before, after) = (time(i, "not_before"), time(i, "not_after"));
    let made = Certificate::issue(&root, &device(i), i.u32("epoch"), before, after).map_err(refused)?;
    Ok(json!({ "certificate": b64(made.as_bytes()) }))
}

pub(crate) fn certificate_read(i: Fields<'_>) -> Outcome {
    let own = certificate(i)?;
    Ok(json!({
        "id": own.id().to_string(),
        "device": b64(own.device().as_bytes()),
        "agreement": b64(own.agreement().as_bytes()),
        "epoch": own.epoch(),
        "not_before": own.not_before().millis(),
        "not_after": own.not_after().millis(),
        "hash": b64(own.hash()),
        "holds": own.valid_at(time(i, "now")),
    }))
}

const fn knocks(open: bool) -> KnockPolicy {
    if open { KnockPolicy::Pow } else { KnockPolicy::Closed }
}

pub(crate) fn capability(c: Fields<'_>) -> Capability {
    Capability {
        id: c.text("id").to_owned(),
        title: c.text("title").to_owned(),
        description: c.text("description").to_owned(),
        schema: c.has("schema").then(|| c.text("schema").to_owned()),
    }
}

pub(crate) fn capability_fields(c: &Capability) -> Value {
    json!({ "id": c.id, "title": c.title, "description": c.description, "schema": c.schema })
}

pub(crate) fn card_make(i: Fields<'_>) -> Outcome {
    let card = Card {
        certificate: certificate(i)?,
        display_name: i.text("name").to_owned(),
        handle: i.has("handle").then(|| i.text("handle").parse()).transpose().map_err(refused)?,
        relay: i.text("relay").parse().map_err(refused)?,
        capabilities: i.list("capabilities").map(capability).collect(),
        listed: i.flag("listed"),
        knocks: knocks(i.flag("knocks")),
        sequence: counter(i.value("sequence")),
        updated_at: time(i, "updated_at"),
    };
    Ok(json!({ "card": b64(card.sign(&signer(i)).map_err(refused)?) }))
}

pub(crate) fn card_read(i: Fields<'_>) -> Outcome {
    let verified = VerifiedCard::parse(&i.bytes("card"), &id(i, "id")?).map_err(refused)?;
    let card = verified.card();
    Ok(json!({
        "certificate": b64(card.certificate.as_bytes()),
        "name": card.display_name,
        "handle": card.handle.as_ref().map(ToString::to_string),
        "relay": card.relay.as_str(),
        "listed": card.listed,
        "knocks": card.knocks == KnockPolicy::Pow,
        "sequence": crate::contents::pair(card.sequence),
        "updated_at": card.updated_at.millis(),
        "capabilities": card.capabilities.iter().map(capability_fields).collect::<Vec<_>>(),
    }))
}

/// A prekey in the crate's stored form, which is no part of the protocol.
pub(crate) fn prekey(i: Fields<'_>) -> PrekeySecret {
    let parts = [
        vec![1],
        i.u32("prekey_id").to_be_bytes().to_vec(),
        i.bytes("spk_secret"),
        i.bytes("kem_seed"),
        i.number("prekey_created").to_be_bytes().to_vec(),
    ];
    PrekeySecret::from_bytes(&parts.concat()).unwrap()
}

/// A one-time pair in the crate's stored form, which is no part of the protocol.
pub(crate) fn one_time(i: Fields<'_>) -> OneTimeSecret {
    OneTimeSecret::from_bytes(&[vec![1], i.bytes("opk_secret"), i.bytes("kem_seed")].concat()).unwrap()
}

pub(crate) fn bundle_make(i: Fields<'_>) -> Outcome {
    let terms = BundleTerms {
        certificate: &certificate(i)?,
        prekey: &prekey(i),
        knocks: knocks(i.flag("knocks")),
        relay: &i.text("relay").parse().map_err(refused)?,
        created: time(i, "created"),
    };
    Ok(json!({ "bundle": b64(terms.sign(&signer(i))) }))
}

pub(crate) fn bundle_read(i: Fields<'_>) -> Outcome {
    let found = VerifiedBundle::parse(&i.bytes("bundle"), &id(i, "id")?, time(i, "now")).map_err(refused)?;
    if found.position() < counter(i.value("last_seen")) {
        return Err(REFUSED);
    }
    Ok(json!({
        "certificate": b64(found.certificate().as_bytes()),
        "prekey_id": found.prekey_id(),
        "spk": b64(found.agreement().as_bytes()),
        "kem": b64(found.kem().as_bytes()),
        "created": found.created().millis(),
        "not_after": found.not_after().millis(),
        "knocks": found.knocks() == KnockPolicy::Pow,
        "relay": found.relay().as_str(),
        "hash": b64(found.hash()),
    }))
}

pub(crate) fn one_time_make(i: Fields<'_>) -> Outcome {
    let invite_id = InviteId::from_bytes(i.array("invite_id"));
    Ok(json!({ "one_time": b64(one_time(i).sign(&signer(i), &certificate(i)?, &invite_id)) }))
}

pub(crate) fn one_time_read(i: Fields<'_>) -> Outcome {
    let invite_id = InviteId::from_bytes(i.array("invite_id"));
    let found = VerifiedOneTime::parse(&i.bytes("one_time"), &certificate(i)?, &invite_id).map_err(refused)?;
    Ok(json!({ "opk": b64(found.agreement().as_bytes()), "kem": b64(found.kem().as_bytes()) }))
}

pub(crate) fn offer(i: Fields<'_>) -> Result<LaneOffer, &'static str> {
    Ok(LaneOffer {
        relay: i.text("relay").parse().map_err(refused)?,
        lane: LaneId::from_bytes(i.array("lane_id")),
        key: LaneKey::from_bytes(i.array("key")),
    })
}

pub(crate) fn offer_fields(offer: &LaneOffer) -> Value {
    json!({ "relay": offer.relay.as_str(), "lane_id": b64(offer.lane.as_bytes()), "key": b64(offer.key.as_bytes()) })
}

pub(crate) fn scopes(value: &Value) -> Result<Vec<Scope>, &'static str> {
    value.as_array().unwrap().iter().map(|scope| scope.as_str().unwrap().parse().map_err(refused)).collect()
}

pub(crate) fn invite_make(i: Fields<'_>) -> Outcome {
    let invite = Invite {
        agent: id(i, "agent")?,
        name: i.text("name").to_owned(),
        relay: i.text("relay").parse().map_err(refused)?,
        id: InviteId::from_bytes(i.array("invite_id")),
        secret: InviteSecret::from_bytes(i.array("secret")),
        lane: offer(i.fields("lane"))?,
        scopes: scopes(i.value("scopes"))?,
        expires_at: time(i, "expires_at"),
    };
    Ok(json!({ "link": *invite.to_link() }))
}

pub(crate) fn invite_read(i: Fields<'_>) -> Outcome {
    let found = Invite::parse(i.text("text")).map_err(refused)?;
    let token = found.secret.fetch_token();
    Ok(json!({
        "agent": found.agent.to_string(),
        "invite_id": b64(found.id.as_bytes()),
        "secret": b64(found.secret.to_bytes()),
        "name": found.name,
        "relay": found.relay.as_str(),
        "lane": offer_fields(&found.lane),
        "scopes": found.scopes.iter().map(Scope::as_str).collect::<Vec<_>>(),
        "expires_at": found.expires_at.millis(),
        "token": b64(token.as_ref()),
        "token_hash": b64(token_hash(&token)),
        "psk": b64(found.secret.psk()),
    }))
}
