//! What owners show: cards and prekey bundles, each with a sequence that only grows.

use a2a_proto::card::KnockPolicy;
use a2a_proto::counter::Counter;
use a2a_proto::id::AgentId;
use bytes::Bytes;
use deadpool_postgres::Object;
use tokio_postgres::Row;

use super::columns;
use super::fault::Fault;
use crate::store::rules::Earlier;
use crate::store::{Publication, Published, Shown};

const STANDING: &str = "SELECT card, card_sequence, bundle, bundle_sequence, knocks_open
    FROM publication WHERE mailbox = $1 FOR UPDATE";

pub(super) async fn publish(
    client: &mut Object,
    owner: &AgentId,
    publication: &Publication,
) -> Result<Published, Fault> {
    let mailbox = owner.as_bytes().as_slice();
    let transaction = client.transaction().await?;
    let Some(row) = transaction.query_opt(STANDING, &[&mailbox]).await? else {
        return Ok(Published::Stale);
    };
    match publication {
        Publication::Card { bytes, sequence } => {
            if !gives_way(&row, "card", bytes, *sequence)? {
                return Ok(Published::Stale);
            }
            let show = "UPDATE publication SET card = $2, card_sequence = $3 WHERE mailbox = $1";
            let sequence = columns::counter_bytes(*sequence);
            transaction.execute(show, &[&mailbox, &bytes.as_ref(), &sequence]).await?;
        }
        Publication::Prekeys { bytes, sequence, knocks } => {
            if !gives_way(&row, "bundle", bytes, *sequence)? {
                return Ok(Published::Stale);
            }
            let show = "UPDATE publication SET bundle = $2, bundle_sequence = $3, knocks_open = $4 WHERE mailbox = $1";
            let (sequence, open) = (columns::counter_bytes(*sequence), *knocks == KnockPolicy::Pow);
            transaction.execute(show, &[&mailbox, &bytes.as_ref(), &sequence, &open]).await?;
        }
        // The sequence stays, so that an old card cannot come back.
        Publication::WithdrawCard => {
            transaction.execute("UPDATE publication SET card = NULL WHERE mailbox = $1", &[&mailbox]).await?;
        }
    }
    transaction.commit().await?;
    Ok(Published::Done)
}

fn gives_way(row: &Row, what: &str, bytes: &[u8], sequence: Counter) -> Result<bool, Fault> {
    let standing: Option<&[u8]> = row.try_get(what)?;
    let earlier = Earlier { bytes: standing, sequence: columns::counter(row, &format!("{what}_sequence"))? };
    Ok(earlier.gives_way_to(bytes, sequence))
}

pub(super) async fn shown(client: &Object, agent: &AgentId) -> Result<Option<Shown>, Fault> {
    let look = client.prepare_cached("SELECT card, bundle, knocks_open FROM publication WHERE mailbox = $1").await?;
    let Some(row) = client.query_opt(&look, &[&agent.as_bytes().as_slice()]).await? else {
        return Ok(None);
    };
    let open: bool = row.try_get("knocks_open")?;
    Ok(Some(Shown {
        card: columns::optional_bytes(&row, "card")?.map(Bytes::from),
        bundle: columns::optional_bytes(&row, "bundle")?.map(Bytes::from),
        knocks: if open { KnockPolicy::Pow } else { KnockPolicy::Closed },
    }))
}
