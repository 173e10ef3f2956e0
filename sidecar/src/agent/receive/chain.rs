//! The chain of what a peer sent: a gap is announced at once and never waited for.

use a2a_proto::content::{Body, Content};
use a2a_proto::counter::Counter;

use crate::agent::me::Ctx;
use crate::agent::{NoticeKind, notices};
use crate::store::peers::{ChainEnd, Gap, Peer};
use crate::store::{StoreError, Tx};

/// So many are kept of a peer, however often it jumps: the list stands in its record, and nobody reads a longer one.
const MOST_MISSING: usize = 500;

/// Where a chain ends after this content.
pub(super) fn end(content: &Content, digest: &[u8; 32]) -> ChainEnd {
    ChainEnd { epoch: content.position.epoch, number: content.position.number, head: *digest }
}

/// Continues the chain of what we received from a peer. The caller writes the peer back.
pub(super) fn follow(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    content: &Content,
    digest: &[u8; 32],
) -> Result<(), StoreError> {
    let position = content.position;
    // A pair may continue the numbers of an earlier one; whoever was asked to pair says hello first.
    let last = peer.record.received.unwrap_or_else(|| begin(content));
    if position <= last.position() {
        return arrived_late(tx, ctx, peer, position);
    }
    let expected = if position.epoch == last.epoch { last.number + 1 } else { 1 };
    let room = MOST_MISSING.saturating_sub(peer.record.missing.len());
    for number in (expected..position.number).take(room) {
        peer.record.missing.push(Counter::new(position.epoch, number));
    }
    let follows = expected == position.number && position.epoch == last.epoch;
    if follows && content.previous != last.head {
        let text =
            format!("The chain of messages from {} is broken: something was changed or left out.", peer.record.petname);
        notices::tell(tx, ctx, &format!("broken {}", peer.key.0), NoticeKind::Security, text)?;
    }
    if position.number > expected {
        peer.record.gap.get_or_insert(Gap { since: ctx.now, asked: None, times: 0 });
        announce(tx, ctx, peer)?;
    }
    peer.record.received = Some(end(content, digest));
    Ok(())
}

/// What must stand before the first content: nothing when it is a hello, a lost hello otherwise.
fn begin(content: &Content) -> ChainEnd {
    let lost = u64::from(!matches!(content.body, Body::Hello { .. }));
    let number = content.position.number.saturating_sub(1 + lost);
    ChainEnd { epoch: content.position.epoch, number, head: content.previous }
}

fn arrived_late(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, position: Counter) -> Result<(), StoreError> {
    let before = peer.record.missing.len();
    peer.record.missing.retain(|missing| *missing != position);
    if peer.record.missing.len() == before {
        return Ok(());
    }
    if !peer.record.missing.is_empty() {
        return announce(tx, ctx, peer);
    }
    peer.record.gap = None;
    notices::withdraw(tx, &key(peer))
}

fn announce(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<(), StoreError> {
    let name = &peer.record.petname;
    let text = match peer.record.missing.len() {
        1 => format!("1 message from {name} is missing."),
        count => format!("{count} messages from {name} are missing."),
    };
    notices::tell(tx, ctx, &key(peer), NoticeKind::Gap, text)
}

fn key(peer: &Peer) -> String {
    format!("gap {}", peer.key.0)
}
