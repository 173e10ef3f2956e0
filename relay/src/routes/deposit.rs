//! `POST /api/deposit`: one envelope through a lane; 202 only when it is on disk.

use axum::extract::State;
use axum::http::StatusCode;

use crate::error::Refusal;
use crate::extract::{ProvenDeposit, is_envelope};
use crate::metrics;
use crate::openapi::{NotDeposited, Usual, WithBody};
use crate::state::RelayState;
use crate::store::{Deposit, Deposited};

#[utoipa::path(
    post,
    path = "/api/deposit",
    tag = "lane holders",
    summary = "Leave one envelope; 202 only when it is on disk",
    security(("lane" = [])),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses(
        (status = 202, description = "On disk"),
        NotDeposited,
        WithBody,
        Usual
    )
)]
pub(crate) async fn deposit(State(relay): State<RelayState>, proven: ProvenDeposit) -> Result<StatusCode, Refusal> {
    // Said only to who holds the lane: everybody else is refused before.
    if !is_envelope(&proven.envelope) {
        return Err(Refusal::Malformed("The body is no envelope of a known size"));
    }
    let mailbox = proven.mailbox;
    let deposit = Deposit {
        mailbox,
        lane: proven.lane,
        envelope_id: proven.envelope_id,
        hash: proven.hash,
        envelope: proven.envelope,
        now: relay.now(),
    };
    let deposited = relay.store.deposit(deposit).await?;
    metrics::deposited(outcome(&deposited));
    match deposited {
        Deposited::Stored(mailbox) => {
            relay.arrived(&mailbox);
            Ok(StatusCode::ACCEPTED)
        }
        // Whoever hung up before it was on disk left nobody who rings; a ring is no promise of mail.
        Deposited::Repeated => {
            relay.arrived(&mailbox);
            Ok(StatusCode::ACCEPTED)
        }
        Deposited::Refused => {
            relay.lanes.forget(&proven.lane);
            // A refusal costs a look into the store, whether the lane was known from before or not.
            if proven.by_memory {
                relay.store.lane(proven.lane).await?;
            }
            Err(Refusal::Refused)
        }
        Deposited::LaneFull => Err(Refusal::LaneFull),
        Deposited::MailboxFull => Err(Refusal::MailboxFull),
    }
}

fn outcome(deposited: &Deposited) -> &'static str {
    match deposited {
        Deposited::Stored(_) => "stored",
        Deposited::Repeated => "repeated",
        Deposited::Refused => "refused",
        Deposited::LaneFull => "lane_full",
        Deposited::MailboxFull => "mailbox_full",
    }
}
