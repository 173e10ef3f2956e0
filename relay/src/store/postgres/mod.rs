//! The store in Postgres, shared by any number of relays that keep nothing themselves.
//!
//! *Invariant:* every key of a mailbox's rows begins with the mailbox, and no transaction changes two mailboxes: the
//! tables can be spread over many machines. *Invariant:* who changes a mailbox locks its row first.

mod accounts;
mod arrivals;
mod columns;
mod commit_deposits;
mod connect;
mod deposits;
mod facts;
mod fault;
mod lanes;
mod mailbox_row;
mod mailboxes;
mod moving;
mod publications;
mod records;
mod schema;
mod sweeping;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use a2a_proto::address::Handle;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use tokio::sync::mpsc;

use self::arrivals::Arrivals;
use self::connect::{Connections, Connector, WHOLE_ACT};
use self::deposits::Deposits;
use self::fault::Fault;
use self::schema::SchemaError;
use self::sweeping::{Expiry, Walk};
use super::error::OpenStoreError;
use super::{
    Account, Admitted, Answer, Bells, Collected, Deposit, Deposited, Device, Fact, Holder, InviteOffer, Knock,
    LaneEntry, LaneOpening, LaneRecord, MailboxCopy, Movable, NewLane, NewRecord, PostgresUrl, Publication, Published,
    Put, Quotas, RecordCopy, Registered, Registration, RegistrationToken, Shelf, Shown, Store, StoreError,
    StoredEnvelope, Swept,
};

/// A store in a Postgres database.
pub struct PostgresStore {
    quotas: Quotas,
    connector: Connector,
    connections: Connections,
    deposits: Deposits,
    arrivals: Arrivals,
    arrived: mpsc::UnboundedSender<AgentId>,
    walk: Walk,
}

impl PostgresStore {
    /// Connects, and brings the tables to this relay's format.
    pub async fn open(url: &PostgresUrl, quotas: Quotas) -> Result<Self, OpenStoreError> {
        Self::open_with(url, quotas, Arrivals::default()).await
    }

    async fn open_with(url: &PostgresUrl, quotas: Quotas, arrivals: Arrivals) -> Result<Self, OpenStoreError> {
        let refused = |reason: String| OpenStoreError::Postgres { url: url.to_string(), reason };
        let connector = Connector::new(url).map_err(|error| refused(error.to_string()))?;
        prepare(&connector, url).await?;
        let connections = connector.pool(url.connections).map_err(|error| refused(error.to_string()))?;
        let (arrived, arriving) = mpsc::unbounded_channel();
        tokio::spawn(arrivals::tell(connections.clone(), arrivals.channel.clone(), arriving));
        let deposits = Deposits::new(connections.clone(), quotas);
        Ok(Self { quotas, connector, connections, deposits, arrivals, arrived, walk: Walk::default() })
    }

    /// Connects, and looks whether the database keeps what it says; changes nothing.
    pub async fn examine(url: &PostgresUrl) -> Result<(), OpenStoreError> {
        let refused = |reason: String| OpenStoreError::Postgres { url: url.to_string(), reason };
        let connector = Connector::new(url).map_err(|error| refused(error.to_string()))?;
        let (client, moving) = connected(&connector, url).await?;
        drop(client);
        // It ends with its client; what it ends with does not matter any more.
        let _ = moving.await;
        Ok(())
    }

    /// Other relays hear of it when it is committed.
    fn tell(&self, mailbox: AgentId) {
        // Nobody is left to tell when the store goes down.
        let _ = self.arrived.send(mailbox);
    }
}

type Moving = tokio::task::JoinHandle<Result<(), tokio_postgres::Error>>;

/// A connection to a database that keeps what it says.
async fn connected(
    connector: &Connector,
    url: &PostgresUrl,
) -> Result<(tokio_postgres::Client, Moving), OpenStoreError> {
    let refused =
        |error: &tokio_postgres::Error| OpenStoreError::Postgres { url: url.to_string(), reason: words(error) };
    let (client, connection) =
        connector.config.connect(connector.tls.clone()).await.map_err(|error| refused(&error))?;
    let moving = tokio::spawn(connection);
    let keeps = "SELECT coalesce(current_setting('fsync', true), 'on')";
    let row = client.query_one(keeps, &[]).await.map_err(|error| refused(&error))?;
    if row.get::<_, &str>(0) == "off" {
        let reason = "its fsync is off, so a power cut would lose accepted mail. Set fsync = on".to_owned();
        return Err(OpenStoreError::Postgres { url: url.to_string(), reason });
    }
    Ok((client, moving))
}

/// Makes the tables, or brings them to this relay's format.
async fn prepare(connector: &Connector, url: &PostgresUrl) -> Result<(), OpenStoreError> {
    let (mut client, moving) = connected(connector, url).await?;
    let migrated = schema::migrate(&mut client).await;
    drop(client);
    // It ends with its client; what it ends with does not matter any more.
    let _ = moving.await;
    migrated.map_err(|error| match error {
        SchemaError::Database(error) => OpenStoreError::Postgres { url: url.to_string(), reason: words(&error) },
        SchemaError::TooNew { needed } => {
            OpenStoreError::TooOld { url: url.to_string(), needed, known: schema::known() }
        }
    })
}

/// What went wrong and what helps, in words. Postgres' own words name database, user and host, never a password.
fn words(error: &tokio_postgres::Error) -> String {
    if let Some(database) = error.as_db_error() {
        return database.message().to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let words = cause.to_string();
    if words.contains("certificate") {
        return format!("{words}. Add sslrootcert=PATH with the certificate that the server's leads to");
    }
    format!("{words}. Is Postgres running, and are host, port and sslmode right?")
}

/// Lends a connection to one act; whatever goes wrong is logged, and the store is away.
macro_rules! act {
    ($store:ident, $client:ident => $act:expr) => {
        async {
            let outcome: Result<_, Fault> = async {
                #[allow(unused_mut, reason = "some acts only read")]
                let mut $client = $store.connections.lend().await?;
                let outcome = tokio::time::timeout(WHOLE_ACT, $act).await;
                $client.settle(outcome)
            }
            .await;
            outcome.map_err(|fault| fault.logged())
        }
    };
}

impl Store for PostgresStore {
    fn register(&self, registration: Registration) -> Answer<'_, Registered> {
        Box::pin(async move {
            // Twice: who lost a race with themselves finds the account the second time.
            for _ in 0..2 {
                let registered = act!(self, client => accounts::register(&mut client, &registration)).await?;
                if let Some(registered) = registered {
                    return Ok(registered);
                }
            }
            Err(StoreError::Unavailable)
        })
    }

    fn admit(&self, device: Device) -> Answer<'_, Admitted> {
        Box::pin(async move { act!(self, client => accounts::admit(&mut client, &device)).await })
    }

    fn account(&self, agent: AgentId) -> Answer<'_, Option<Account>> {
        Box::pin(async move { act!(self, client => accounts::account(&client, &agent)).await })
    }

    fn close_account(&self, agent: AgentId) -> Answer<'_, ()> {
        Box::pin(async move {
            // What may be large goes first, each part in the time that an act has. The rest goes with the account.
            act!(self, client => mailboxes::acknowledge(&mut client, &agent, u64::MAX)).await?;
            while act!(self, client => lanes::forget_names(&mut client, &agent)).await? {}
            act!(self, client => accounts::close(&mut client, &agent)).await
        })
    }

    fn publish(&self, owner: AgentId, publication: Publication) -> Answer<'_, Published> {
        Box::pin(async move { act!(self, client => publications::publish(&mut client, &owner, &publication)).await })
    }

    fn shown(&self, agent: AgentId) -> Answer<'_, Option<Shown>> {
        Box::pin(async move { act!(self, client => publications::shown(&client, &agent)).await })
    }

    fn holder_of(&self, handle: Handle) -> Answer<'_, Option<AgentId>> {
        Box::pin(async move { act!(self, client => accounts::holder_of(&client, &handle)).await })
    }

    fn open_lane(&self, owner: AgentId, lane: NewLane) -> Answer<'_, LaneOpening> {
        let most = self.quotas.lanes;
        Box::pin(async move { act!(self, client => lanes::open(&mut client, &owner, &lane, most)).await })
    }

    fn close_lane(&self, owner: AgentId, lane: LaneId) -> Answer<'_, ()> {
        Box::pin(async move {
            while act!(self, client => lanes::close(&mut client, &owner, &lane)).await? {}
            Ok(())
        })
    }

    fn lanes(&self, owner: AgentId) -> Answer<'_, Vec<LaneEntry>> {
        Box::pin(async move { act!(self, client => lanes::list(&client, &owner)).await })
    }

    fn lane(&self, lane: LaneId) -> Answer<'_, Option<LaneRecord>> {
        Box::pin(async move { act!(self, client => lanes::record(&client, &lane)).await })
    }

    fn invite(&self, owner: AgentId, invite: InviteId) -> Answer<'_, Option<InviteOffer>> {
        Box::pin(async move { act!(self, client => lanes::invite(&client, &owner, &invite)).await })
    }

    fn deposit(&self, deposit: Deposit) -> Answer<'_, Deposited> {
        Box::pin(async move {
            let deposited = self.deposits.store(deposit).await?;
            if let Deposited::Stored(mailbox) = deposited {
                self.tell(mailbox);
            }
            Ok(deposited)
        })
    }

    fn knock(&self, knock: Knock) -> Answer<'_, Option<AgentId>> {
        Box::pin(async move {
            let quotas = self.quotas;
            let taken = act!(self, client => mailboxes::knock(&mut client, &knock, &quotas)).await?;
            taken.into_iter().for_each(|mailbox| self.tell(mailbox));
            Ok(taken)
        })
    }

    fn collect(&self, owner: AgentId, after: u64, limit: usize) -> Answer<'_, Collected> {
        Box::pin(async move { act!(self, client => mailboxes::collect(&client, &owner, after, limit)).await })
    }

    fn acknowledge(&self, owner: AgentId, through: u64) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => mailboxes::acknowledge(&mut client, &owner, through)).await })
    }

    fn put_record(&self, owner: AgentId, record: NewRecord) -> Answer<'_, Put> {
        let quotas = self.quotas;
        Box::pin(async move { act!(self, client => records::put(&mut client, &owner, &record, &quotas)).await })
    }

    fn record(&self, owner: AgentId, shelf: Shelf, key: Bytes) -> Answer<'_, Option<Bytes>> {
        Box::pin(async move { act!(self, client => records::value(&client, &owner, shelf, &key)).await })
    }

    fn holders(&self, shelf: Shelf, key: Bytes, after: Option<AgentId>, limit: usize) -> Answer<'_, Vec<Holder>> {
        Box::pin(async move { act!(self, client => records::holders(&client, shelf, &key, after, limit)).await })
    }

    fn take_record(&self, owner: AgentId, shelf: Shelf, key: Bytes) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => records::take(&client, &owner, shelf, &key)).await })
    }

    fn stand_under(&self, owner: AgentId, shelf: Shelf, keys: Vec<Bytes>) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => records::stand_under(&mut client, &owner, shelf, &keys)).await })
    }

    fn issue_token(&self, token: RegistrationToken) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => accounts::issue_token(&client, &token)).await })
    }

    fn tokens(&self) -> Answer<'_, Vec<RegistrationToken>> {
        Box::pin(async move { act!(self, client => accounts::tokens(&client)).await })
    }

    fn revoke_token(&self, hash: [u8; 32]) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => accounts::revoke_token(&client, &hash)).await })
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, Swept> {
        let expiry = Expiry { now, oldest_hour: now.minus(self.quotas.envelope_lifetime).hours() };
        Box::pin(async move { act!(self, client => sweeping::sweep(&mut client, &self.walk, expiry)).await })
    }

    fn check(&self) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => facts::check(&client)).await })
    }

    fn has_accounts(&self) -> Answer<'_, bool> {
        Box::pin(async move { act!(self, client => accounts::any(&client)).await })
    }

    fn note(&self, name: Fact, value: String) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => facts::note(&client, name, &value)).await })
    }

    fn noted(&self, name: Fact) -> Answer<'_, Option<String>> {
        Box::pin(async move { act!(self, client => facts::noted(&client, name)).await })
    }

    fn settle(&self, name: Fact, value: String) -> Answer<'_, String> {
        Box::pin(async move { act!(self, client => facts::settle(&client, name, &value)).await })
    }

    fn arrivals(&self, bells: Arc<dyn Bells>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(arrivals::hear(&self.arrivals, &self.connector, &self.connections, bells))
    }
}

impl Movable for PostgresStore {
    fn mailboxes(&self, after: Option<AgentId>, limit: usize) -> Answer<'_, Vec<AgentId>> {
        Box::pin(async move { act!(self, client => moving::mailboxes(&client, after, limit)).await })
    }

    fn mailbox_copy(&self, mailbox: AgentId) -> Answer<'_, Option<MailboxCopy>> {
        Box::pin(async move { act!(self, client => moving::copy(&client, &mailbox)).await })
    }

    fn put_mailbox(&self, copy: MailboxCopy) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => moving::put(&mut client, &copy)).await })
    }

    fn put_envelopes(&self, mailbox: AgentId, envelopes: Vec<StoredEnvelope>) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => moving::put_envelopes(&mut client, &mailbox, &envelopes)).await })
    }

    fn records(&self, mailbox: AgentId, after: Option<(Shelf, Bytes)>, limit: usize) -> Answer<'_, Vec<RecordCopy>> {
        Box::pin(async move { act!(self, client => records::copies(&client, &mailbox, after, limit)).await })
    }

    fn put_records(&self, mailbox: AgentId, records: Vec<RecordCopy>) -> Answer<'_, ()> {
        Box::pin(async move { act!(self, client => records::put_copies(&mut client, &mailbox, records)).await })
    }
}

#[cfg(test)]
mod tests;
