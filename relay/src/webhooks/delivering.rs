//! Calling owners' servers when their time has come.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use a2a_proto::api::WebhookState;
use a2a_proto::id::AgentId;
use bytes::Bytes;
use serde_json::json;

use super::call::Message;
use super::standing::Standing;
use super::{AT_ONCE, Turn, fresh_id};
use crate::entropy;
use crate::metrics;
use crate::state::{Relay, RelayState};
use crate::store::{Put, Shelf, StoreError};

/// The clock is looked at this often.
const LOOK_UP: Duration = Duration::from_secs(1);
/// While calls are waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// What other replicas changed is read again this often.
const READ_AGAIN: Duration = Duration::from_secs(60);
/// Owners read from the store at once.
const PAGE: usize = 256;

/// Calls what is due until the relay goes down.
pub(crate) async fn run(relay: &RelayState) {
    let mut read_at: Option<Instant> = None;
    loop {
        if read_at.is_none_or(|at| at.elapsed() >= READ_AGAIN) && read(relay).await.is_ok() {
            read_at = Some(Instant::now());
        }
        begin_due(relay);
        tokio::select! {
            () = relay.shutdown.cancelled() => return,
            () = relay.webhooks.rung.notified() => {}
            () = tokio::time::sleep(LOOK_UP) => {}
        }
    }
}

/// Reads which webhooks are called: at the start, and for what other replicas changed.
async fn read(relay: &Relay) -> Result<(), StoreError> {
    let known: HashSet<AgentId> = relay.webhooks.active().keys().copied().collect();
    let (mut after, mut found) = (None, HashMap::new());
    loop {
        let page = relay.store.holders(Shelf::Webhook, Bytes::new(), after, PAGE).await?;
        after = page.last().map(|holder| holder.agent);
        let is_last = page.len() < PAGE;
        for holder in page {
            let standing: Option<Standing> = serde_json::from_slice(&holder.value).ok();
            if let Some(standing) = standing.filter(|standing| standing.state == WebhookState::Active) {
                found.insert(holder.agent, standing.next_try_at);
            }
        }
        if is_last {
            break;
        }
    }
    let mut active = relay.webhooks.active();
    // What was set while this was read may have been passed already.
    active.retain(|owner, _| found.contains_key(owner) || !known.contains(owner));
    for (owner, next_try_at) in found {
        // New here: mail may have come before anybody looked, so its server is told once if some waits.
        let now = relay.now();
        active.entry(owner).or_insert(Turn { due: Some(next_try_at.unwrap_or(now)), ..Turn::default() });
    }
    Ok(())
}

/// Begins to call every server whose time has come, side by side: a slow one takes one place and lets the others pass.
fn begin_due(relay: &RelayState) {
    let webhooks = &relay.webhooks;
    for owner in webhooks.due(relay.now(), AT_ONCE.saturating_sub(webhooks.calls.len())) {
        let (relay, caller) = (Arc::clone(relay), Arc::clone(relay));
        // Whoever is not told before the end is told after the next start.
        let call = webhooks.calls.track_future(async move {
            caller.shutdown.run_until_cancelled(deliver(&caller, owner)).await;
        });
        tokio::spawn(async move {
            call.await;
            // Its place is free by now.
            relay.webhooks.rung.notify_one();
        });
    }
}

/// Calls every server whose time has come, and waits until all were called.
pub(crate) async fn deliver_due(relay: &RelayState) {
    loop {
        begin_due(relay);
        if relay.webhooks.calls.is_empty() {
            return;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// A store that is away is asked again at the next reading.
async fn deliver(relay: &Relay, owner: AgentId) {
    let Some(caller) = relay.webhooks.caller() else { return };
    let Ok(Some(mut standing)) = Standing::load(relay, owner).await else {
        return relay.webhooks.forget(&owner);
    };
    let Ok(collected) = relay.store.collect(owner, 0, 1).await else {
        return relay.webhooks.forget(&owner);
    };
    if standing.state != WebhookState::Active || collected.envelopes.is_empty() {
        return relay.webhooks.untold(&owner, relay.now());
    }
    let secret = standing.secret(&relay.secret, &owner);
    let (id, at) = (standing.call_under_way().unwrap_or_else(fresh_id), relay.now());
    let body = json!({ "v": 1, "event": "mail", "id": id }).to_string();
    let outcome = caller.tell(&standing.url, Message { id: &id, at, secret: &secret, body }).await;
    metrics::webhook_called(outcome.word());
    let [jitter] = entropy::bytes::<1>();
    standing.note(id, at, outcome, jitter);
    match standing.save_unless_changed(relay, owner).await {
        // Another one stands there now, or none: that is looked at anew.
        Ok(Put::Refused) => relay.webhooks.call_at(&owner, Some(at)),
        Ok(_) if standing.state == WebhookState::Active => relay.webhooks.told(&owner, at, standing.next_try_at),
        Ok(_) | Err(_) => relay.webhooks.forget(&owner),
    }
}
