//! Mail that arrived through another relay: told by `NOTIFY`, and found by looking now and then where that got lost.
//!
//! A notification goes out after the deposit has committed, in a transaction of its own: inside the deposit's it would
//! make all commits of the database wait for one another. A relay that dies in between never sends it, and one
//! that is not connected never hears it; so who listens also looks, and looks at once after connecting.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use a2a_proto::id::AgentId;
use futures_util::future::poll_fn;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_postgres::AsyncMessage;

use super::columns;
use super::connect::{Connections, Connector};
use super::fault::Fault;
use crate::store::Bells;

/// How often a relay that hears notifications looks all the same.
const LOOK: Duration = Duration::from_secs(5);
/// Between attempts to connect, and between looks meanwhile.
const AGAIN: Duration = Duration::from_secs(1);
/// Mailboxes of one notification round, and of one look.
const TOGETHER: usize = 500;

/// How one relay hears of what the others store.
#[derive(Clone)]
pub(super) struct Arrivals {
    pub(super) channel: String,
    pub(super) look_every: Duration,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self { channel: "a2a_mail".to_owned(), look_every: LOOK }
    }
}

/// Tells the other relays of mail. Ends when the last sender is gone.
pub(super) async fn tell(connections: Connections, channel: String, mut arrived: mpsc::UnboundedReceiver<AgentId>) {
    let mut mailboxes = Vec::new();
    while arrived.recv_many(&mut mailboxes, TOGETHER).await > 0 {
        mailboxes.sort_unstable();
        mailboxes.dedup();
        let names: Vec<_> = mailboxes.drain(..).map(|mailbox| mailbox.to_string()).collect();
        // Who was not told looks before long.
        if let Err(fault) = notify(&connections, &channel, &names).await {
            fault.logged();
        }
    }
}

async fn notify(connections: &Connections, channel: &str, names: &[String]) -> Result<(), Fault> {
    let client = connections.lend().await?;
    let send = async {
        let notify = client.prepare_cached("SELECT pg_notify($1, name) FROM unnest($2::text[]) AS name").await?;
        client.execute(&notify, &[&channel, &names]).await?;
        Ok(())
    };
    let outcome = tokio::time::timeout(super::connect::WHOLE_ACT, send).await;
    client.settle(outcome)
}

/// Rings for mail of other relays, for ever.
pub(super) async fn hear(arrivals: &Arrivals, connector: &Connector, connections: &Connections, bells: Arc<dyn Bells>) {
    let mut seen = Seen::default();
    loop {
        if let Err(error) = listen(arrivals, connector, connections, &bells, &mut seen).await {
            tracing::warn!(
                code = error.code().map(tokio_postgres::error::SqlState::code),
                "cannot hear other relays; looking instead"
            );
        }
        sleep(AGAIN).await;
        look(connections, &bells, &mut seen).await;
    }
}

async fn listen(
    arrivals: &Arrivals,
    connector: &Connector,
    connections: &Connections,
    bells: &Arc<dyn Bells>,
    seen: &mut Seen,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = connector.config.connect(connector.tls.clone()).await?;
    let (heard, mut hearing) = mpsc::channel(TOGETHER);
    // The connection moves only while somebody polls it.
    let moving = tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notification) = message? {
                // Full: the listener is busy ringing, and looks afterwards.
                let _ = heard.try_send(notification.payload().to_owned());
            }
        }
        Ok(())
    });
    let listening = client.batch_execute(&format!("LISTEN {}", arrivals.channel)).await;
    if listening.is_ok() {
        // What came while nobody listened.
        look(connections, bells, seen).await;
        let mut looks = interval(arrivals.look_every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        looks.tick().await;
        loop {
            tokio::select! {
                name = hearing.recv() => match name {
                    Some(name) => ring(bells, &name),
                    None => break,
                },
                _ = looks.tick() => look(connections, bells, seen).await,
            }
        }
    }
    drop(client);
    moving.await.unwrap_or(Ok(())).and(listening)
}

fn ring(bells: &Arc<dyn Bells>, name: &str) {
    if let Ok(mailbox) = name.parse() {
        bells.ring(&mailbox);
    }
}

/// The last numbers that the last look found.
#[derive(Default)]
struct Seen {
    last: HashMap<AgentId, u64>,
}

/// Rings where mail has arrived since the last look; where it is the first, if anything waits.
async fn look(connections: &Connections, bells: &Arc<dyn Bells>, seen: &mut Seen) {
    let mut found = HashMap::new();
    for mailboxes in bells.waiting().chunks(TOGETHER) {
        match last_numbers(connections, mailboxes).await {
            Ok(numbers) => found.extend(numbers),
            // Looked at again at the next turn.
            Err(fault) => {
                fault.logged();
                return;
            }
        }
    }
    for (mailbox, (last, acknowledged)) in &found {
        let before = seen.last.get(mailbox).unwrap_or(acknowledged);
        if last > before {
            bells.ring(mailbox);
        }
    }
    seen.last = found.into_iter().map(|(mailbox, (last, _))| (mailbox, last)).collect();
}

async fn last_numbers(connections: &Connections, mailboxes: &[AgentId]) -> Result<Vec<(AgentId, (u64, u64))>, Fault> {
    let client = connections.lend().await?;
    let names: Vec<_> = mailboxes.iter().map(|mailbox| mailbox.as_bytes().as_slice()).collect();
    let read = async {
        let query = "SELECT mailbox, last_seq, acknowledged FROM mailbox WHERE mailbox = ANY($1)";
        let rows = client.query(query, &[&names]).await?;
        let number = |row: &tokio_postgres::Row| {
            let numbers = (columns::unsigned(row, "last_seq")?, columns::unsigned(row, "acknowledged")?);
            Ok((columns::agent(row, "mailbox")?, numbers))
        };
        rows.iter().map(number).collect()
    };
    let outcome = tokio::time::timeout(super::connect::WHOLE_ACT, read).await;
    client.settle(outcome)
}
