//! `POST /api/deposit`: one envelope through a lane; 202 only when it is on disk.

use axum::extract::State;
use axum::http::StatusCode;
use sha2::{Digest, Sha256};

use crate::error::Refusal;
use crate::extract::{ProvenDeposit, is_envelope};
use crate::state::RelayState;
use crate::store::{Deposit, Deposited};

pub(crate) async fn deposit(State(relay): State<RelayState>, proven: ProvenDeposit) -> Result<StatusCode, Refusal> {
    // Said only to who holds the lane: everybody else is refused before.
    if !is_envelope(&proven.envelope) {
        return Err(Refusal::Malformed("The body is no envelope of a known size"));
    }
    let deposit = Deposit {
        mailbox: proven.mailbox,
        lane: proven.lane,
        envelope_id: proven.envelope_id,
        hash: Sha256::digest(&proven.envelope).into(),
        envelope: proven.envelope,
        now: relay.now(),
    };
    match relay.store.deposit(deposit).await? {
        Deposited::Stored(mailbox) => {
            relay.wakers.wake(&mailbox);
            Ok(StatusCode::ACCEPTED)
        }
        Deposited::Repeated => Ok(StatusCode::ACCEPTED),
        Deposited::Refused => Err(Refusal::Refused),
        Deposited::LaneFull => Err(Refusal::LaneFull),
        Deposited::MailboxFull => Err(Refusal::MailboxFull),
    }
}
