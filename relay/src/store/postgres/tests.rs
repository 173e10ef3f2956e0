//! Postgres keeps the store's promises; needs a server, which `tests/run` starts and names in A2A_TEST_POSTGRES.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;
use crate::store::StoreUrl;
use crate::store::conformance::{self, QUOTAS, conforms};

conforms!(fresh().await);

/// A database of its own, dropped at the end by dropping the server's folder.
struct Database {
    url: PostgresUrl,
}

/// The server that tests may use, if there is one.
fn server() -> Option<String> {
    let server = std::env::var("A2A_TEST_POSTGRES").ok();
    if server.is_none() {
        eprintln!("skipped: Postgres (A2A_TEST_POSTGRES names no server; tests/run starts one)");
    }
    server
}

fn url(text: &str) -> PostgresUrl {
    match text.parse() {
        Ok(StoreUrl::Postgres(url)) => *url,
        other => panic!("A2A_TEST_POSTGRES: {other:?}"),
    }
}

async fn run(url: &PostgresUrl, statement: &str) {
    let (client, connection) = url.config.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(statement).await.unwrap();
}

async fn database() -> Option<Database> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = server()?;
    let name = format!("a2a_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    run(&url(&server), &format!("CREATE DATABASE {name}")).await;
    let mut url = url(&server);
    url.config.dbname(&name);
    url.connections = 4;
    Some(Database { url })
}

async fn fresh() -> Option<(Database, PostgresStore)> {
    let database = database().await?;
    let store = PostgresStore::open(&database.url, QUOTAS).await.unwrap();
    Some((database, store))
}

/// Replicas that start together on an empty database: one makes the tables, the others wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn replicas_may_start_at_once() {
    let Some(database) = database().await else { return };
    let opening = (0..8).map(|_| {
        let url = database.url.clone();
        tokio::spawn(async move { PostgresStore::open(&url, QUOTAS).await.map(drop) })
    });
    for opened in opening.collect::<Vec<_>>() {
        opened.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_newer_format_is_served_while_it_says_so() {
    let Some((database, store)) = fresh().await else { return };
    run(&database.url, "ALTER TABLE envelope ADD COLUMN later text; UPDATE format SET version = version + 1").await;
    conformance::deposits_are_numbered_and_kept_in_order(&store).await;
    let again = PostgresStore::open(&database.url, QUOTAS).await.unwrap();
    again.check().await.unwrap();
    run(&database.url, "UPDATE format SET needs = version").await;
    assert_eq!(store.check().await, Err(StoreError::Unavailable));
    let refused = PostgresStore::open(&database.url, QUOTAS).await.err().unwrap();
    assert!(matches!(refused, OpenStoreError::TooOld { needed: 4, .. }), "{refused}");
}

/// The operator's choice stands, except for the one that would answer before the disk has it.
#[tokio::test]
async fn a_commit_waits_for_the_disk() {
    let Some((database, store)) = fresh().await else { return };
    for (chosen, stands) in [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")] {
        let name = database.url.config.get_dbname().unwrap();
        run(&database.url, &format!("ALTER DATABASE {name} SET synchronous_commit = {chosen}")).await;
        let store = PostgresStore::open(&database.url, QUOTAS).await.unwrap();
        let client = store.connections.lend().await.unwrap();
        let setting = client.query_one("SHOW synchronous_commit", &[]).await.unwrap();
        assert_eq!(setting.get::<_, &str>(0), stands, "{chosen}");
    }
    drop(store);
}

/// What is answered as stored already may not have reached the standby yet: the answer waits behind a commit of its own,
/// and one that writes nothing would not wait.
#[tokio::test(flavor = "multi_thread")]
async fn a_retry_waits_for_a_commit() {
    let Some((_database, store)) = fresh().await else { return };
    let lane = conformance::a_lane(&store).await;
    let client = store.connections.lend().await.unwrap();
    let written = async || {
        let row = client.query_one("SELECT xmin::text FROM mailbox", &[]).await.unwrap();
        row.get::<_, String>(0)
    };
    assert!(matches!(store.deposit(conformance::a_deposit(lane, 1)).await.unwrap(), Deposited::Stored(_)));
    let first = written().await;
    assert_eq!(store.deposit(conformance::a_deposit(lane, 1)).await.unwrap(), Deposited::Repeated);
    let second = written().await;
    assert_ne!(first, second, "a repeated deposit was answered without a commit");
    conformance::a_record_of_each_kind(&store).await;
    let third = written().await;
    conformance::a_record_of_each_kind(&store).await;
    assert_ne!(third, written().await, "a repeated blob was answered without a commit");
}

/// Every row of an owner goes with the account, whatever table a later format adds.
#[tokio::test(flavor = "multi_thread")]
async fn no_row_outlives_its_account() {
    let Some((database, store)) = fresh().await else { return };
    conformance::quotas_hold_and_are_given_back(&store).await;
    conformance::a_record_of_each_kind(&store).await;
    let client = store.connections.lend().await.unwrap();
    let row = client.query_one("SELECT mailbox FROM account", &[]).await.unwrap();
    let agent = columns::agent(&row, "mailbox").unwrap();
    store.close_account(agent).await.unwrap();
    let tables =
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'mailbox' AND table_schema = 'public'";
    let tables = client.query(tables, &[]).await.unwrap();
    assert!(tables.len() >= 8);
    for table in tables {
        let table: &str = table.get(0);
        let rows = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap();
        assert_eq!(rows.get::<_, i64>(0), 0, "{table}");
    }
    drop(database);
}

/// What a sharded Postgres needs: the mailbox leads in every key of what belongs to one.
#[tokio::test]
async fn every_key_begins_with_the_mailbox() {
    let Some((_database, store)) = fresh().await else { return };
    let client = store.connections.lend().await.unwrap();
    let others = "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE n.nspname = 'public' AND a.attname <> 'mailbox' ORDER BY 1";
    let others: Vec<String> = client.query(others, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    // Of records only an index that is not unique: listings are looked up across mailboxes, which every shard answers.
    assert_eq!(others, ["fact", "handle", "lane_owner", "record", "registration_token"]);
}

struct Bell {
    mailbox: AgentId,
    rung: tokio::sync::Notify,
    count: Mutex<u32>,
}

impl Bells for Bell {
    fn waiting(&self) -> Vec<AgentId> {
        vec![self.mailbox]
    }

    fn ring(&self, mailbox: &AgentId) {
        assert_eq!(*mailbox, self.mailbox);
        *self.count.lock().unwrap() += 1;
        self.rung.notify_one();
    }
}

/// A deposit at one store rings at the other, by this way alone.
async fn rings_by(arrivals: Arrivals) {
    let Some(database) = database().await else { return };
    let here = PostgresStore::open(&database.url, QUOTAS).await.unwrap();
    let there = Arc::new(PostgresStore::open_with(&database.url, QUOTAS, arrivals).await.unwrap());
    let lane = conformance::a_lane(&here).await;
    let mailbox = here.lane(lane).await.unwrap().unwrap().mailbox;
    let bell = Arc::new(Bell { mailbox, rung: tokio::sync::Notify::new(), count: Mutex::new(0) });
    let (waiting, hearing) = (bell.clone(), there.clone());
    let hearing = tokio::spawn(async move { hearing.arrivals(waiting).await });
    // The first ring may come from the look after connecting; those after it may not.
    for byte in 1..=3 {
        here.deposit(conformance::a_deposit(lane, byte)).await.unwrap();
        tokio::time::timeout(Duration::from_secs(30), bell.rung.notified()).await.expect("it rings");
        here.acknowledge(mailbox, u64::from(byte)).await.unwrap();
    }
    hearing.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_rings_at_the_other_relay() {
    rings_by(Arrivals { look_every: Duration::from_secs(3600), ..Arrivals::default() }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_finds_what_was_not_told() {
    rings_by(Arrivals { channel: "nobody_tells_here".to_owned(), look_every: Duration::from_millis(50) }).await;
}
