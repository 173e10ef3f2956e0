//! Cards: ours when the owner publishes it, others' when they are verified.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::address::{Address, AddressWho, RelayAuthority};
use a2a_proto::api::code;
use a2a_proto::card::{Capability, Card, KnockPolicy, VerifiedCard};
use a2a_proto::counter::Counter;
use a2a_proto::id::AgentId;
use a2a_proto::invite::Invite;
use a2a_proto::limits::MAX_CAPABILITIES;
use a2a_proto::time::Timestamp;

use super::audit::{self, Note};
use super::consent::Action;
use super::core::Core;
use super::me::{Ctx, words};
use super::pairing::accept;
use super::pairing::enrol::Introduction;
use super::{
    ApprovedBy, AuthorizeError, CardAtRelay, CardError, Manifest, ManifestEntry, Published, Trouble, Untrusted,
    for_peers, guard, intents, relays, resolve,
};
use crate::relay_client::RelayFailure;
use crate::store::peer_capabilities::TheirList;
use crate::store::peers::Peer;
use crate::store::{Blob, StoreError, Tx, cards, identity, meta};

/// How long a relay that we left may take to hear of it.
const PATIENCE_WITH_OLD: Duration = Duration::from_secs(5);

/// What the owner is asked about our card.
pub(super) async fn action(
    core: &Arc<Core>,
    capabilities: Vec<Capability>,
    listed: Option<bool>,
) -> Result<Action, CardError> {
    if capabilities.len() > MAX_CAPABILITIES {
        return Err(CardError::TooMany { most: MAX_CAPABILITIES });
    }
    for number in 1..=capabilities.len() {
        check(core, &capabilities[..number])?;
    }
    let listed = match listed {
        _ if capabilities.is_empty() => false,
        Some(listed) => listed,
        None => own(core).await?.is_some_and(|card| card.listed),
    };
    Ok(Action::PublishCard { display_name: core.me.display_name.clone(), capabilities, listed })
}

/// Signs a card with these capabilities; the last of them is the one that is new to the check.
pub(super) fn check(core: &Core, capabilities: &[Capability]) -> Result<(), CardError> {
    let number = capabilities.len();
    let bad = |reason: String| CardError::BadCapability { number, reason };
    if capabilities.last().is_some_and(holds_secret) {
        return Err(bad("it holds what looks like a secret".into()));
    }
    if let Some(schema) = capabilities.last().and_then(|last| last.schema.as_deref()) {
        intents::Shape::read(schema).map_err(|why| bad(format!("its schema cannot be used: {why}")))?;
    }
    let card = draft(core.ctx(), capabilities.to_vec(), false, 1)?;
    card.sign(&core.me.device).map(drop).map_err(|_| {
        bad("the id needs 1 to 64 of a-z, 0-9 and - and must occur once; a title is one line of at most 256 bytes"
            .into())
    })
}

fn holds_secret(capability: &Capability) -> bool {
    let Capability { id: _, title, description, schema } = capability;
    [Some(title), Some(description), schema.as_ref()].into_iter().flatten().any(|text| guard::holds_secret(text))
}

fn draft(ctx: Ctx<'_>, capabilities: Vec<Capability>, listed: bool, number: u64) -> Result<Card, Trouble> {
    Ok(Card {
        certificate: ctx.me.certificate.clone(),
        display_name: ctx.me.display_name.clone(),
        handle: ctx.me.handle.clone(),
        relay: ctx.me.relay()?.clone(),
        capabilities,
        listed,
        knocks: KnockPolicy::Pow,
        sequence: Counter::new(ctx.me.certificate.epoch(), number),
        updated_at: ctx.now,
    })
}

/// Publishes the card that the owner approved; an empty list withdraws it.
pub(super) async fn publish(
    core: &Arc<Core>,
    capabilities: Vec<Capability>,
    listed: bool,
    by: ApprovedBy,
) -> Result<Published, CardError> {
    let net = core.net()?;
    let relay = net.client.own_relay();
    let (count, updated_at) = (capabilities.len(), core.now());
    let signed = core.write(move |tx, ctx| signed(tx, ctx, capabilities, listed)).await?;
    let done = match &signed {
        Some(card) => net.own.publish_card(card).await,
        None => net.own.withdraw_card().await,
    };
    done.map_err(|failure| relays::trouble(relay, &failure))?;
    core.write(move |tx, ctx| {
        let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
        record.card = signed.map(Blob);
        identity::save(tx, &record)?;
        let event = if count == 0 { "card_withdrawn" } else { "card_published" };
        Ok::<_, CardError>(audit::note(tx, ctx, Note::new(event).saying(format!("{count} entries")).by(by))?)
    })
    .await?;
    Ok(Published { capabilities: count, listed, updated_at })
}

/// Signs and publishes our card anew where the published one carries an older certificate or another relay. At a relay
/// that we left it says where we went.
pub(super) async fn keep_current(core: &Arc<Core>) -> Result<(), Trouble> {
    let Some(card) = core.write(signed_anew).await? else { return Ok(()) };
    let net = core.net()?;
    let published = net.own.publish_card(&card).await;
    published.map_err(|failure| relays::trouble(net.client.own_relay(), &failure))?;
    if let Some(left) = &net.left {
        drop(tokio::time::timeout(PATIENCE_WITH_OLD, left.publish_card(&card)).await);
    }
    core.write(move |tx, _| {
        let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
        record.card = Some(Blob(card));
        Ok(identity::save(tx, &record)?)
    })
    .await
}

/// Gives our relay the card as it was published last, or withdraws what it shows though we withdrew it: it works with an older
/// copy of its store.
pub(super) async fn bring_back(core: &Arc<Core>) -> Result<(), Trouble> {
    keep_current(core).await?;
    let net = core.net()?;
    let published =
        async || core.read(|tx, _| Ok::<_, Trouble>(identity::load(tx)?.and_then(|record| record.card))).await;
    let mut card = published().await?;
    loop {
        let done = match &card {
            Some(card) => net.own.publish_card(&card.0).await,
            None => net.own.withdraw_card().await,
        };
        match done {
            // Another process published a newer one meanwhile.
            Ok(()) | Err(RelayFailure::Problem(code::NOT_NEWER)) => {}
            Err(failure) => return Err(relays::trouble(net.client.own_relay(), &failure)),
        }
        let now = published().await?;
        if now == card {
            return Ok(());
        }
        card = now;
    }
}

/// The card as published last, signed again, when it needs to be.
fn signed_anew(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<Option<Vec<u8>>, Trouble> {
    let Some(published) = identity::load(tx)?.and_then(|record| record.card) else { return Ok(None) };
    let old = VerifiedCard::parse(&published.0, ctx.me.id())
        .map_err(|_| Trouble::Internal("our own published card does not hold"))?;
    let is_current = old.card().certificate.as_bytes() == ctx.me.certificate.as_bytes();
    if is_current && old.card().relay == *ctx.me.relay()? && old.card().handle == ctx.me.handle {
        return Ok(None);
    }
    signed(tx, ctx, old.card().capabilities.clone(), old.card().listed)
}

/// A signed card under the next number, which is used up even if publishing fails.
pub(super) fn signed(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    capabilities: Vec<Capability>,
    listed: bool,
) -> Result<Option<Vec<u8>>, Trouble> {
    if capabilities.is_empty() {
        return Ok(None);
    }
    let number = meta::number(tx, meta::CARD_NUMBER)? + 1;
    meta::set_number(tx, meta::CARD_NUMBER, number)?;
    let card = draft(ctx, capabilities, listed, number)?;
    let signed = card.sign(&ctx.me.device).map_err(|_| Trouble::Internal("a checked card cannot be signed"))?;
    Ok(Some(signed))
}

/// Our card as we published it last.
pub(super) async fn own(core: &Arc<Core>) -> Result<Option<Manifest>, Trouble> {
    let published = core.read(|tx, _| Ok::<_, Trouble>(identity::load(tx)?.and_then(|record| record.card)));
    let Some(published) = published.await? else { return Ok(None) };
    let verified = VerifiedCard::parse(&published.0, core.me.id())
        .map_err(|_| Trouble::Internal("our own published card does not hold"))?;
    Ok(Some(manifest(verified.card(), None)))
}

/// How long a peer's card is believed without looking again, and how long looking may take before a message is sent.
const BELIEVED: Duration = Duration::from_secs(10 * 60);
const PATIENCE: Duration = Duration::from_secs(3);

/// Reads a peer's card again before a request to it is checked, unless that was done just now. What cannot be read stays
/// as it was: the peer checks again.
pub(super) async fn look_again(core: &Arc<Core>, who: &str) {
    let wanted = who.to_owned();
    let known = core.read(move |tx, ctx| {
        let Some(peer) = resolve::peer(tx, &wanted)? else { return Ok(true) };
        Ok::<_, Trouble>(cards::of_peer(tx, peer.key)?.is_some_and(|card| ctx.now.since(card.at) < BELIEVED))
    });
    if !known.await.unwrap_or(true) {
        drop(tokio::time::timeout(PATIENCE, read(core, who)).await);
    }
}

/// Keeps what a peer's card says it takes, so that what is sent to it can be checked also while its relay is away.
async fn note(core: &Arc<Core>, who: &str, capabilities: Vec<Capability>) -> Result<(), Trouble> {
    let who = who.to_owned();
    core.write(move |tx, ctx| match resolve::peer(tx, &who)? {
        Some(peer) => Ok(cards::put(tx, peer.key, capabilities, ctx.now)?),
        None => Ok(()),
    })
    .await
}

/// What a peer takes by what it told us and by its card; of an id on our relay, or of an address, its card.
pub(super) async fn read(core: &Arc<Core>, who: &str) -> Result<Manifest, CardError> {
    let (published, wanted) = (read_published(core, who).await, who.to_owned());
    let told = core.read(move |tx, _| told(tx, &wanted).map_err(Trouble::from)).await?;
    let (Some((peer, list)), at_relay) = (told, at_relay(&published)) else { return published };
    let entries = list.capabilities.iter().map(|one| entry(one, true));
    let Some(card) = at_relay else { return published };
    let mut manifest = published.unwrap_or_else(|_| of_peer(&peer, card, list.at));
    let on_card: Vec<_> = std::mem::take(&mut manifest.capabilities);
    manifest.capabilities = entries.collect();
    let is_new = |one: &ManifestEntry| list.capabilities.iter().all(|told| one.id != Untrusted::new(&told.id));
    manifest.capabilities.extend(on_card.into_iter().filter(is_new));
    Ok(manifest)
}

fn told(tx: &Tx<'_>, who: &str) -> Result<Option<(Peer, TheirList)>, StoreError> {
    let Some(peer) = resolve::peer(tx, who)? else { return Ok(None) };
    Ok(for_peers::of_peer(tx, &peer)?.map(|list| (peer, list)))
}

/// What a reading says of the card at the relay; none when it says that something is wrong with it.
fn at_relay(read: &Result<Manifest, CardError>) -> Option<CardAtRelay> {
    match read {
        Ok(_) => Some(CardAtRelay::Published),
        Err(CardError::NotPublished { .. }) => Some(CardAtRelay::None),
        Err(CardError::Trouble(_)) => Some(CardAtRelay::Unread),
        Err(_) => None,
    }
}

/// A peer as far as it is known without a card.
fn of_peer(peer: &Peer, card: CardAtRelay, updated_at: Timestamp) -> Manifest {
    let record = &peer.record;
    Manifest {
        agent_id: record.agent_id,
        petname: Some(record.petname.clone()),
        display_name: Untrusted::new(&record.display_name),
        handle: None,
        safety_words: words(&record.agent_id),
        address: Address { who: AddressWho::Id(record.agent_id), relay: record.relay.clone() },
        card,
        listed: false,
        capabilities: Vec::new(),
        updated_at,
    }
}

async fn read_published(core: &Arc<Core>, who: &str) -> Result<Manifest, CardError> {
    let (agent_id, relay, petname) = whose(core, who).await?;
    let bytes = match core.net()?.client.card(&relay, &agent_id).await {
        Ok(bytes) => bytes,
        Err(RelayFailure::NotFound) => {
            note(core, who, Vec::new()).await?;
            return Err(CardError::NotPublished { relay: relay.to_string() });
        }
        Err(other) => return Err(relays::trouble(&relay, &other).into()),
    };
    let not_genuine = || CardError::NotGenuine { relay: relay.to_string() };
    let verified = genuine(&bytes, &agent_id, core.now()).ok_or_else(not_genuine)?;
    let card = verified.card();
    let sequence = card.sequence;
    if !core.write(move |tx, _| is_current(tx, &agent_id, sequence).map_err(Trouble::from)).await? {
        return Err(not_genuine());
    }
    note(core, who, card.capabilities.clone()).await?;
    Ok(manifest(card, petname))
}

/// A card that this agent signed, by a device that is in its time.
pub(super) fn genuine(bytes: &[u8], agent: &AgentId, now: Timestamp) -> Option<VerifiedCard> {
    let verified = VerifiedCard::parse(bytes, agent).ok()?;
    verified.card().certificate.valid_at(now).then_some(verified)
}

/// Whether no newer card of this agent was seen; notes the number.
pub(super) fn is_current(tx: &Tx<'_>, agent: &AgentId, sequence: Counter) -> Result<bool, StoreError> {
    let tag = data_encoding::HEXLOWER.encode(&tx.seal.tag("card", agent.as_bytes()));
    let (epoch_key, number_key) = (format!("card epoch {tag}"), format!("card number {tag}"));
    let seen = (meta::number(tx, &epoch_key)?, meta::number(tx, &number_key)?);
    let now = (u64::from(sequence.epoch), sequence.number);
    if now < seen {
        return Ok(false);
    }
    meta::set_number(tx, &epoch_key, now.0)?;
    meta::set_number(tx, &number_key, now.1)?;
    Ok(true)
}

/// A verified card as faces show it.
pub(super) fn manifest(card: &Card, petname: Option<String>) -> Manifest {
    let agent_id = *card.certificate.id();
    Manifest {
        agent_id,
        petname,
        display_name: Untrusted::new(&card.display_name),
        handle: card.handle.as_ref().map(|handle| Untrusted::new(handle.as_str())),
        safety_words: words(&agent_id),
        address: Address { who: AddressWho::Id(agent_id), relay: card.relay.clone() },
        card: CardAtRelay::Published,
        listed: card.listed,
        capabilities: card.capabilities.iter().map(|one| entry(one, false)).collect(),
        updated_at: card.updated_at,
    }
}

/// One kind of request as faces show it.
pub(super) fn entry(capability: &Capability, for_peers: bool) -> ManifestEntry {
    ManifestEntry {
        id: Untrusted::new(&capability.id),
        title: Untrusted::new(&capability.title),
        description: Untrusted::new(&capability.description),
        schema: capability.schema.as_deref().map(Untrusted::new),
        for_peers,
    }
}

async fn whose(core: &Arc<Core>, who: &str) -> Result<(AgentId, RelayAuthority, Option<String>), CardError> {
    let text = who.trim().to_owned();
    if let Some(invite) = invited(&text)? {
        return Ok((invite.agent, invite.relay, None));
    }
    let wanted = text.clone();
    let known = core.read(move |tx, _| resolve::peer(tx, &wanted).map_err(Trouble::from)).await?;
    if let Some(peer) = known {
        return Ok((peer.record.agent_id, peer.record.relay, Some(peer.record.petname)));
    }
    if !text.contains('@') {
        return Ok((text.parse()?, core.me.relay()?.clone(), None));
    }
    let address: Address = text.parse()?;
    let id = super::pairing::knock::identify(core, &address).await.map_err(|error| match error {
        AuthorizeError::Trouble(trouble) => trouble.into(),
        _ => CardError::NotPublished { relay: address.relay.to_string() },
    })?;
    Ok((id, address.relay, None))
}

/// The invite, when the text is a link of one.
pub(super) fn invited(text: &str) -> Result<Option<Invite>, CardError> {
    if !text.contains("://") && !text.contains('#') {
        return Ok(None);
    }
    accept::read(text).map(Some).map_err(|error| CardError::BadInvite { reason: error.to_string() })
}

/// How an agent calls itself by its published card, as far as it has one.
pub(super) async fn introduction(core: &Core, relay: &RelayAuthority, agent: &AgentId) -> Introduction {
    let Ok(net) = core.net() else { return Introduction::default() };
    let Ok(bytes) = net.client.card(relay, agent).await else { return Introduction::default() };
    let Ok(verified) = VerifiedCard::parse(&bytes, agent) else { return Introduction::default() };
    let card = verified.card();
    Introduction {
        handle: card.handle.as_ref().map(|handle| handle.as_str().to_owned()),
        display_name: Some(card.display_name.clone()),
    }
}
