//! Commits deposits: everything that came in for a mailbox during its last commit goes into its next one.
//!
//! ```text
//!   deposits ──► by mailbox ──► one transaction each, several at once ──► Postgres makes them durable together
//! ```
//!
//! A transaction touches one mailbox, so it stays whole on a sharded database and never waits for another's. Nobody is
//! answered before the transaction with their envelope has committed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use a2a_proto::id::AgentId;
use tokio::sync::oneshot;

use super::commit_deposits::commit;
use super::connect::{Connections, WHOLE_ACT};
use super::fault::Fault;
use crate::store::rules::BATCH_BYTES;
use crate::store::{Deposit, Deposited, Quotas, StoreError};

/// The most deposits of one transaction, so that the first in it does not wait for ever.
const BATCH_DEPOSITS: usize = 256;

/// Deposits under way.
#[derive(Clone)]
pub(super) struct Deposits {
    connections: Connections,
    quotas: Quotas,
    waiting: Arc<Mutex<HashMap<AgentId, Vec<Waiting>>>>,
}

/// A deposit and who waits to hear of it.
struct Waiting {
    deposit: Deposit,
    caller: oneshot::Sender<Result<Deposited, StoreError>>,
}

impl Deposits {
    pub(super) fn new(connections: Connections, quotas: Quotas) -> Self {
        Self { connections, quotas, waiting: Arc::default() }
    }

    /// Stores an envelope; resolves when its transaction has committed.
    pub(super) async fn store(&self, deposit: Deposit) -> Result<Deposited, StoreError> {
        let (caller, answer) = oneshot::channel();
        let mailbox = deposit.mailbox;
        if self.queue(Waiting { deposit, caller }) {
            // Not the caller's own work: it goes on when the caller goes away.
            let deposits = self.clone();
            tokio::spawn(async move { deposits.commit_all(mailbox).await });
        }
        answer.await.unwrap_or(Err(StoreError::Unavailable))
    }

    /// Puts a deposit in its mailbox's queue; tells whether nobody works on that queue yet.
    fn queue(&self, waiting: Waiting) -> bool {
        let mut queues = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !queues.contains_key(&waiting.deposit.mailbox);
        queues.entry(waiting.deposit.mailbox).or_default().push(waiting);
        is_new
    }

    /// Takes the next batch of a mailbox; gives the queue up when it is empty.
    fn next(&self, mailbox: &AgentId) -> Vec<Waiting> {
        let mut queues = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queues.get_mut(mailbox) else { return Vec::new() };
        let mut bytes = 0;
        let fits = queue.iter().take(BATCH_DEPOSITS).take_while(|waiting| {
            let fits = bytes < BATCH_BYTES;
            bytes += waiting.deposit.envelope.len();
            fits
        });
        let count = fits.count();
        let batch: Vec<_> = queue.drain(..count).collect();
        if batch.is_empty() {
            queues.remove(mailbox);
        }
        batch
    }

    async fn commit_all(&self, mailbox: AgentId) {
        loop {
            let batch = self.next(&mailbox);
            if batch.is_empty() {
                return;
            }
            let (deposits, callers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|waiting| (waiting.deposit, waiting.caller)).unzip();
            let outcome = self.commit_one(&mailbox, &deposits).await.map_err(|fault| fault.logged());
            for (at, caller) in callers.into_iter().enumerate() {
                let answer = outcome.as_ref().map_err(|error| *error);
                // A caller who went away needs no answer.
                let _ = caller.send(answer.and_then(|all| all.get(at).copied().ok_or(StoreError::Unavailable)));
            }
        }
    }

    async fn commit_one(&self, mailbox: &AgentId, deposits: &[Deposit]) -> Result<Vec<Deposited>, Fault> {
        let client = self.connections.lend().await?;
        let outcome = tokio::time::timeout(WHOLE_ACT, commit(&client, mailbox, deposits, &self.quotas)).await;
        client.settle(outcome)
    }
}
