//! Accounts, what they show, tokens and facts.

use a2a_proto::address::Handle;
use a2a_proto::card::KnockPolicy;
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use bytes::Bytes;

use super::records;
use super::rows::{self, AccountRow, PublicationRow, Row, TokenRow};
use super::tree::{Changes, Fault, Tree};
use crate::store::rules::{Counters, Earlier, KnownDevice};
use crate::store::{
    Account, Admitted, Device, Publication, Published, Registered, Registration, RegistrationToken, Shown, TokenDemand,
};

pub(super) fn register(tree: &Tree, changes: &mut Changes, wish: &Registration) -> Result<Registered, Fault> {
    let agent = wish.device.agent;
    let known: Option<AccountRow> = tree.row(&rows::account(&agent))?;
    if let Some(known) = known.as_ref().filter(|known| !known.device.admits(&wish.device)) {
        return Ok(Registered::EpochTooLow { highest: known.device.epoch });
    }
    if let Some(handle) = &wish.handle
        && holder_of(tree, handle)?.is_some_and(|holder| holder != agent)
    {
        return Ok(Registered::HandleTaken);
    }
    if known.is_none() {
        if let Some(refusal) = demand(tree, changes, wish)? {
            return Ok(refusal);
        }
        changes.insert(rows::publication(&agent), PublicationRow::default().to_bytes());
        changes.insert(rows::counters(&agent), Counters::default().to_bytes());
    }
    let handle = rename(changes, &agent, known.and_then(|known| known.handle), wish.handle.clone());
    let device = KnownDevice { epoch: wish.device.epoch, key: wish.device.key };
    changes.insert(rows::account(&agent), AccountRow { device, handle: handle.clone() }.to_bytes());
    Ok(Registered::Done(handle))
}

fn rename(changes: &mut Changes, agent: &AgentId, old: Option<Handle>, new: Option<Handle>) -> Option<Handle> {
    let Some(new) = new else { return old };
    if let Some(old) = &old {
        changes.remove(rows::handle(old));
    }
    changes.insert(rows::handle(&new), agent.as_bytes());
    Some(new)
}

/// Takes what is demanded of a newcomer; tells why it may not come in.
fn demand(tree: &Tree, changes: &mut Changes, wish: &Registration) -> Result<Option<Registered>, Fault> {
    let hash = match wish.demand {
        TokenDemand::Nothing => return Ok(None),
        TokenDemand::Closed => return Ok(Some(Registered::Closed)),
        TokenDemand::Token(None) => return Ok(Some(Registered::TokenNeeded)),
        TokenDemand::Token(Some(hash)) => hash,
    };
    let token: Option<TokenRow> = tree.row(&rows::token(&hash))?;
    let Some(token) = token.filter(|token| token.uses_left > 0 && token.expires_at > wish.now) else {
        return Ok(Some(Registered::TokenUsed));
    };
    changes.insert(rows::token(&hash), TokenRow { uses_left: token.uses_left - 1, ..token }.to_bytes());
    Ok(None)
}

#[expect(clippy::unnecessary_wraps, reason = "every change may fail")]
pub(super) fn issue_token(changes: &mut Changes, token: &RegistrationToken) -> Result<(), Fault> {
    let row = TokenRow { uses_left: token.uses, expires_at: token.expires_at };
    changes.insert(rows::token(&token.hash), row.to_bytes());
    Ok(())
}

pub(super) fn holder_of(tree: &Tree, handle: &Handle) -> Result<Option<AgentId>, Fault> {
    owner_under(tree, &rows::handle(handle))
}

pub(super) fn owner_under(tree: &Tree, key: &[u8]) -> Result<Option<AgentId>, Fault> {
    let Some(bytes) = tree.bytes(key)? else { return Ok(None) };
    let mut reader = a2a_proto::codec::Reader::new(&bytes);
    Ok(Some(AgentId::read_checked(&mut reader)?))
}

pub(super) fn admit(tree: &Tree, changes: &mut Changes, device: &Device) -> Result<Admitted, Fault> {
    let known: Option<AccountRow> = tree.row(&rows::account(&device.agent))?;
    let Some(known) = known.filter(|known| known.device.admits(device)) else {
        return Ok(Admitted::No);
    };
    let device_row = KnownDevice { epoch: device.epoch, key: device.key };
    if device_row != known.device {
        changes.insert(rows::account(&device.agent), AccountRow { device: device_row, ..known }.to_bytes());
    }
    Ok(Admitted::Yes)
}

pub(super) fn account(tree: &Tree, agent: &AgentId) -> Result<Option<Account>, Fault> {
    let row: Option<AccountRow> = tree.row(&rows::account(agent))?;
    Ok(row.map(|row| Account { epoch: row.device.epoch, handle: row.handle }))
}

pub(super) fn any(tree: &Tree) -> Result<bool, Fault> {
    let first = tree.rows::<AccountRow>(b"A").next();
    Ok(first.transpose()?.is_some())
}

pub(super) fn close(tree: &Tree, changes: &mut Changes, agent: &AgentId) -> Result<(), Fault> {
    let account: Option<AccountRow> = tree.row(&rows::account(agent))?;
    if let Some(handle) = account.and_then(|account| account.handle) {
        changes.remove(rows::handle(&handle));
    }
    for lane in tree.keys(&rows::lanes(agent))? {
        changes.remove(rows::key(b'D', &[&lane[1 + AgentId::SIZE..]]));
    }
    records::leave(tree, changes, agent)?;
    // Every other kind of row that begins with a mailbox.
    for kind in *b"APMLEN" {
        for key in tree.keys(&rows::key(kind, &[agent.as_bytes()]))? {
            changes.remove(key);
        }
    }
    Ok(())
}

pub(super) fn publish(
    tree: &Tree,
    changes: &mut Changes,
    owner: &AgentId,
    publication: Publication,
) -> Result<Published, Fault> {
    let row: Option<PublicationRow> = tree.row(&rows::publication(owner))?;
    let Some(mut row) = row else { return Ok(Published::Stale) };
    match publication {
        Publication::Card { bytes, sequence } => {
            let earlier = Earlier { bytes: row.card.as_deref(), sequence: row.card_sequence };
            if !earlier.gives_way_to(&bytes, sequence) {
                return Ok(Published::Stale);
            }
            (row.card, row.card_sequence) = (Some(bytes.to_vec()), Some(sequence));
        }
        Publication::Prekeys { bytes, sequence, knocks } => {
            let earlier = Earlier { bytes: row.bundle.as_deref(), sequence: row.bundle_sequence };
            if !earlier.gives_way_to(&bytes, sequence) {
                return Ok(Published::Stale);
            }
            (row.bundle, row.bundle_sequence) = (Some(bytes.to_vec()), Some(sequence));
            row.knocks_open = knocks == KnockPolicy::Pow;
        }
        // The sequence stays, so that an old card cannot come back.
        Publication::WithdrawCard => row.card = None,
    }
    changes.insert(rows::publication(owner), row.to_bytes());
    Ok(Published::Done)
}

pub(super) fn shown(tree: &Tree, agent: &AgentId) -> Result<Option<Shown>, Fault> {
    let row: Option<PublicationRow> = tree.row(&rows::publication(agent))?;
    Ok(row.map(|row| Shown {
        card: row.card.map(Bytes::from),
        bundle: row.bundle.map(Bytes::from),
        knocks: if row.knocks_open { KnockPolicy::Pow } else { KnockPolicy::Closed },
    }))
}

pub(super) fn tokens(tree: &Tree) -> Result<Vec<RegistrationToken>, Fault> {
    let tokens = tree.rows::<TokenRow>(b"T").map(|row| {
        let (key, token) = row?;
        let hash = a2a_proto::codec::Reader::new(&key[1..]).array()?;
        Ok(RegistrationToken { hash, uses: token.uses_left, expires_at: token.expires_at })
    });
    let mut tokens = tokens.collect::<Result<Vec<_>, Fault>>()?;
    tokens.sort_by_key(|token| (token.expires_at, token.hash));
    Ok(tokens)
}

/// Tokens that are used up or have expired.
pub(super) fn spent_tokens(tree: &Tree, now: Timestamp) -> Result<Vec<Vec<u8>>, Fault> {
    let tokens = tree.rows::<TokenRow>(b"T");
    let spent = tokens.filter_map(|row| match row {
        Ok((key, token)) => (token.uses_left == 0 || token.expires_at <= now).then_some(Ok(key)),
        Err(fault) => Some(Err(fault)),
    });
    spent.collect()
}
