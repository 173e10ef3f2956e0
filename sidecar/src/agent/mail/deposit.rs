//! Handing one envelope to a relay, and what its answer means.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use a2a_proto::api::code;
use a2a_proto::pow::{KnockProof, KnockWork};

use crate::agent::core::Core;
use crate::agent::pairing::lanes;
use crate::agent::relays;
use crate::relay_client::RelayFailure;
use crate::store::outbox::{Route, Waiting};
use crate::store::peers::Peer;

/// Longer than any call to a relay, shorter than a lease.
const DEADLINE: Duration = Duration::from_secs(12);
/// How long a knock may be worked on.
const MOST_WORK: Duration = Duration::from_secs(30);

/// What became of a try.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The relay has it on disk.
    Taken,
    /// The relay gives its one refusal: this lane is not ours to use any more.
    Refused,
    /// The relay will never take these bytes; the text says why.
    Impossible(String),
    /// Not now.
    Later {
        /// Why, in our words.
        reason: String,
        /// How long the relay asked to be left alone.
        after: Option<Duration>,
    },
}

/// Tries to hand an envelope over.
pub(super) async fn attempt(core: &Arc<Core>, waiting: &Waiting, peer: &Peer) -> Outcome {
    let attempt = async {
        match waiting.route {
            Route::Lane => through_lane(core, waiting, peer).await,
            Route::Knock => at_the_door(core, waiting, peer).await,
        }
    };
    let limit = if waiting.route == Route::Knock { DEADLINE + MOST_WORK } else { DEADLINE };
    match tokio::time::timeout(limit, attempt).await {
        Ok(outcome) => outcome,
        Err(_) => later(format!("the relay {} did not answer in time", peer.record.relay)),
    }
}

/// How long a lease on this envelope must hold.
pub(super) fn lease_time() -> Duration {
    DEADLINE + Duration::from_secs(2)
}

async fn through_lane(core: &Arc<Core>, waiting: &Waiting, peer: &Peer) -> Outcome {
    let Some(record) = peer.record.deposit.clone() else {
        return later("the peer has not said yet where it takes mail".into());
    };
    let (Ok(net), Ok(offer)) = (core.net(), lanes::live(&record)) else {
        return later("this agent is not registered at a relay yet".into());
    };
    match net.client.deposit(&offer, waiting.envelope_id, &waiting.envelope).await {
        Ok(()) => Outcome::Taken,
        Err(failure) => failed(&offer.relay, &failure),
    }
}

async fn at_the_door(core: &Arc<Core>, waiting: &Waiting, peer: &Peer) -> Outcome {
    let Ok(net) = core.net() else {
        return later("this agent is not registered at a relay yet".into());
    };
    let relay = &peer.record.relay;
    let challenge = match net.client.knock_challenge(relay).await {
        Ok(challenge) => challenge,
        Err(failure) => return failed(relay, &failure),
    };
    let (agent_id, authority, envelope) = (peer.record.agent_id, relay.clone(), waiting.envelope.clone());
    let solved = tokio::task::spawn_blocking(move || {
        let work = KnockWork {
            challenge: &challenge.challenge,
            authority: &authority,
            recipient: &agent_id,
            envelope: &envelope,
        };
        let nonce = solve(&work, challenge.difficulty)?;
        Some(KnockProof { recipient: agent_id, challenge: challenge.challenge.clone(), nonce })
    });
    let Ok(Some(proof)) = solved.await else {
        return later(format!("the proof of work that {relay} asks takes too long here"));
    };
    match net.client.knock(relay, &proof, &waiting.envelope).await {
        Ok(()) => Outcome::Taken,
        Err(failure) => failed(relay, &failure),
    }
}

fn solve(work: &KnockWork<'_>, difficulty: u32) -> Option<u64> {
    let started = Instant::now();
    work.solve(difficulty, |_| {
        if started.elapsed() > MOST_WORK { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
}

fn failed(relay: &a2a_proto::address::RelayAuthority, failure: &RelayFailure) -> Outcome {
    match failure {
        RelayFailure::Refused => Outcome::Refused,
        RelayFailure::Problem(code::TOO_LARGE) => Outcome::Impossible(format!("{relay} takes no mail of this size")),
        other => Outcome::Later { reason: relays::waiting(relay, other), after: other.retry_after() },
    }
}

fn later(reason: String) -> Outcome {
    Outcome::Later { reason, after: None }
}
