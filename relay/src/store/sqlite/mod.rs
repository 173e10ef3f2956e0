//! The store in one SQLite file: a writing thread with group commit, reading connections, checkpoints apart.

mod accounts;
mod backup;
mod checkpoint;
mod columns;
mod lanes;
mod lock;
mod mailboxes;
mod moving;
mod page_check;
mod publications;
mod readers;
mod records;
mod reserve;
mod schema;
mod settings;
mod sweeping;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use a2a_proto::address::Handle;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;

use self::checkpoint::{Checkpoints, StartError};
use self::readers::Readers;
use self::reserve::Reserve;
use self::writer::Writer;
use super::error::OpenStoreError;
use super::{
    Account, Admitted, Answer, Collected, Deposit, Deposited, Device, Fact, Holder, InviteOffer, Knock, LaneEntry,
    LaneOpening, LaneRecord, MailboxCopy, Movable, NewLane, NewRecord, Publication, Published, Put, Quotas, RecordCopy,
    Registered, Registration, RegistrationToken, Shelf, Shown, Store, StoredEnvelope, Swept,
};
use crate::private_file;

pub use backup::{BackupError, backup};
pub use lock::StoreLock;

/// What is at a store's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Examined {
    /// Nothing yet.
    Absent,
    /// A store of a known format.
    Present {
        /// How many have a mailbox.
        accounts: u64,
    },
}

/// A store in one file.
pub struct SqliteStore {
    quotas: Quotas,
    readers: Readers,
    // Declared before the checkpoints: its last commits are done when those move the log for the last time.
    writer: Writer,
    checkpoints: Checkpoints,
    reserve: Arc<Reserve>,
}

impl SqliteStore {
    /// Opens the store at `path`, making it and its folder where they do not exist.
    ///
    /// Who serves from it takes a [`StoreLock`] first.
    pub fn open(path: &Path, quotas: Quotas) -> Result<Self, OpenStoreError> {
        Self::open_with(path, quotas, Reserve::keep)
    }

    /// Opens the store at `path` beside the process that serves from it, if there is one.
    pub fn open_beside(path: &Path, quotas: Quotas) -> Result<Self, OpenStoreError> {
        Self::open_with(path, quotas, |path| Ok(Reserve::none(path)))
    }

    /// Starts to read every page of the store at `path` in the background, and logs whether all are well.
    pub fn check_pages(path: &Path) -> Result<(), OpenStoreError> {
        page_check::start(path).map_err(|error| started(StartError::Thread(error), path))
    }

    fn open_with(
        path: &Path,
        quotas: Quotas,
        reserve: impl FnOnce(&Path) -> std::io::Result<Reserve>,
    ) -> Result<Self, OpenStoreError> {
        let database = |source| OpenStoreError::Database { path: path.to_path_buf(), source };
        make_folder(path)?;
        // SQLite gives the files beside it the same mode.
        private_file::make(path).map_err(|source| OpenStoreError::File { path: path.to_path_buf(), source })?;
        let mut connection = schema::open_writing(path).map_err(database)?;
        schema::migrate(&mut connection, path)?;
        let readers = Readers::open(path).map_err(database)?;
        let reserve = reserve(path).map_err(|error| started(StartError::Thread(error), path))?;
        let reserve = Arc::new(reserve);
        let checkpoints = Checkpoints::start(path, Arc::clone(&reserve)).map_err(|error| started(error, path))?;
        let writer = Writer::start(connection, Arc::clone(&reserve));
        let writer = writer.map_err(|error| started(StartError::Thread(error), path))?;
        Ok(Self { quotas, readers, writer, checkpoints, reserve })
    }
}

/// On a full disk an act that makes room may find that the room kept for it is not free yet.
const ATTEMPTS: usize = 4;
/// Mailboxes in which one round of sweeping goes on with an acknowledgement that was cut off.
const HALF_DELETED: u32 = 16;

impl SqliteStore {
    /// Makes a change that makes room; on a full disk again, once there is some.
    async fn free<T, F>(&self, change: F) -> Result<T, super::StoreError>
    where
        F: Fn(&rusqlite::Connection) -> rusqlite::Result<T> + Clone + Send + 'static,
        T: Send + 'static,
    {
        let mut outcome = self.writer.commit_anyway(change.clone()).await;
        for _ in 1..ATTEMPTS {
            if outcome.is_ok() || !self.reserve.is_used() {
                break;
            }
            self.checkpoints.make_room().await;
            outcome = self.writer.commit_anyway(change.clone()).await;
        }
        outcome
    }

    /// Goes on with acknowledgements that were cut off between their slices, a slice of each; tells whether there were any.
    async fn finish_acknowledgements(&self) -> Result<bool, super::StoreError> {
        let left = self.readers.read(|connection| mailboxes::half_deleted(connection, HALF_DELETED)).await?;
        for mailbox in &left {
            let mailbox = *mailbox;
            self.free(move |connection| mailboxes::go_on_deleting(connection, mailbox)).await?;
            if self.reserve.is_used() {
                self.checkpoints.make_room().await;
            }
        }
        Ok(!left.is_empty())
    }

    /// Looks at the store at `path` without making or changing anything.
    pub fn examine(path: &Path) -> Result<Examined, OpenStoreError> {
        if !path.exists() {
            return Ok(Examined::Absent);
        }
        let database = |source| OpenStoreError::Database { path: path.to_path_buf(), source };
        let connection = schema::open_reading(path).map_err(database)?;
        schema::expect_known(&connection, path)?;
        let accounts = accounts::count(&connection).map_err(database)?;
        Ok(Examined::Present { accounts })
    }
}

fn make_folder(path: &Path) -> Result<(), OpenStoreError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => return Ok(()),
    };
    std::fs::create_dir_all(folder).map_err(|source| OpenStoreError::File { path: folder.to_path_buf(), source })
}

fn started(error: StartError, path: &Path) -> OpenStoreError {
    let path = PathBuf::from(path);
    match error {
        StartError::Database(source) => OpenStoreError::Database { path, source },
        StartError::Thread(source) => OpenStoreError::File { path, source },
    }
}

impl Store for SqliteStore {
    fn register(&self, registration: Registration) -> Answer<'_, Registered> {
        Box::pin(self.writer.commit(move |connection| accounts::register(connection, &registration)))
    }

    fn admit(&self, device: Device) -> Answer<'_, Admitted> {
        Box::pin(async move {
            // The usual case changes nothing and waits for no disk.
            let known = move |connection: &_| accounts::is_admitted(connection, &device);
            if self.readers.read(known).await? {
                return Ok(Admitted::Yes);
            }
            self.writer.commit_anyway(move |connection| accounts::admit(connection, &device)).await
        })
    }

    fn account(&self, agent: AgentId) -> Answer<'_, Option<Account>> {
        Box::pin(self.readers.read(move |connection| accounts::account(connection, &agent)))
    }

    fn close_account(&self, agent: AgentId) -> Answer<'_, ()> {
        Box::pin(async move {
            // What may be large goes in slices, so that no deposit waits long. The rest goes with the account.
            while self.free(move |connection| records::leave(connection, &agent)).await? {}
            while self.free(move |connection| mailboxes::acknowledge(connection, &agent, u64::MAX)).await? {}
            while self.free(move |connection| lanes::forget_names(connection, &agent)).await? {}
            self.free(move |connection| accounts::close(connection, &agent)).await
        })
    }

    fn publish(&self, owner: AgentId, publication: Publication) -> Answer<'_, Published> {
        Box::pin(self.writer.commit(move |connection| publications::publish(connection, &owner, &publication)))
    }

    fn shown(&self, agent: AgentId) -> Answer<'_, Option<Shown>> {
        Box::pin(self.readers.read(move |connection| publications::shown(connection, &agent)))
    }

    fn holder_of(&self, handle: Handle) -> Answer<'_, Option<AgentId>> {
        Box::pin(self.readers.read(move |connection| accounts::holder_of(connection, &handle)))
    }

    fn open_lane(&self, owner: AgentId, lane: NewLane) -> Answer<'_, LaneOpening> {
        let most = self.quotas.lanes;
        Box::pin(self.writer.commit(move |connection| lanes::open(connection, &owner, &lane, most)))
    }

    fn close_lane(&self, owner: AgentId, lane: LaneId) -> Answer<'_, ()> {
        Box::pin(async move {
            while self.free(move |connection| lanes::close(connection, &owner, &lane)).await? {}
            Ok(())
        })
    }

    fn lanes(&self, owner: AgentId) -> Answer<'_, Vec<LaneEntry>> {
        Box::pin(self.readers.read(move |connection| lanes::list(connection, &owner)))
    }

    fn lane(&self, lane: LaneId) -> Answer<'_, Option<LaneRecord>> {
        Box::pin(self.readers.read(move |connection| lanes::record(connection, &lane)))
    }

    fn invite(&self, owner: AgentId, invite: InviteId) -> Answer<'_, Option<InviteOffer>> {
        Box::pin(self.readers.read(move |connection| lanes::invite(connection, &owner, &invite)))
    }

    fn deposit(&self, deposit: Deposit) -> Answer<'_, Deposited> {
        let quotas = self.quotas;
        Box::pin(self.writer.commit(move |connection| mailboxes::deposit(connection, &deposit, &quotas)))
    }

    fn knock(&self, knock: Knock) -> Answer<'_, Option<AgentId>> {
        let quotas = self.quotas;
        Box::pin(self.writer.commit(move |connection| mailboxes::knock(connection, &knock, &quotas)))
    }

    fn collect(&self, owner: AgentId, after: u64, limit: usize) -> Answer<'_, Collected> {
        Box::pin(self.readers.read(move |connection| mailboxes::collect(connection, &owner, after, limit)))
    }

    fn acknowledge(&self, owner: AgentId, through: u64) -> Answer<'_, ()> {
        Box::pin(async move {
            while self.free(move |connection| mailboxes::acknowledge(connection, &owner, through)).await? {
                if self.reserve.is_used() {
                    self.checkpoints.make_room().await;
                }
            }
            Ok(())
        })
    }

    fn put_record(&self, owner: AgentId, record: NewRecord) -> Answer<'_, Put> {
        let quotas = self.quotas;
        Box::pin(self.writer.commit(move |connection| records::put(connection, &owner, &record, &quotas)))
    }

    fn record(&self, owner: AgentId, shelf: Shelf, key: Bytes) -> Answer<'_, Option<Bytes>> {
        Box::pin(self.readers.read(move |connection| records::value(connection, &owner, shelf, &key)))
    }

    fn holders(&self, shelf: Shelf, key: Bytes, after: Option<AgentId>, limit: usize) -> Answer<'_, Vec<Holder>> {
        Box::pin(self.readers.read(move |connection| records::holders(connection, shelf, &key, after, limit)))
    }

    fn take_record(&self, owner: AgentId, shelf: Shelf, key: Bytes) -> Answer<'_, ()> {
        Box::pin(self.free(move |connection| records::take(connection, &owner, shelf, &key)))
    }

    fn stand_under(&self, owner: AgentId, shelf: Shelf, keys: Vec<Bytes>) -> Answer<'_, ()> {
        Box::pin(self.writer.commit(move |connection| records::stand_under(connection, &owner, shelf, &keys)))
    }

    fn issue_token(&self, token: RegistrationToken) -> Answer<'_, ()> {
        Box::pin(self.writer.commit(move |connection| accounts::issue_token(connection, &token)))
    }

    fn tokens(&self) -> Answer<'_, Vec<RegistrationToken>> {
        Box::pin(self.readers.read(accounts::tokens))
    }

    fn revoke_token(&self, hash: [u8; 32]) -> Answer<'_, ()> {
        Box::pin(self.writer.commit(move |connection| accounts::revoke_token(connection, &hash)))
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, Swept> {
        let oldest_hour = now.minus(self.quotas.envelope_lifetime).hours();
        Box::pin(async move {
            let expired = self.readers.read(move |connection| sweeping::expired(connection, oldest_hour)).await?;
            let sweep = move |connection: &_| sweeping::sweep(connection, &expired, oldest_hour, now);
            let swept = self.writer.commit_anyway(sweep).await?;
            let more = swept.more || self.finish_acknowledgements().await?;
            Ok(Swept { more, ..swept })
        })
    }

    fn check(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.writer.commit(settings::touch).await?;
            self.readers.read(settings::look).await
        })
    }

    fn has_accounts(&self) -> Answer<'_, bool> {
        Box::pin(self.readers.read(accounts::any))
    }

    fn note(&self, name: Fact, value: String) -> Answer<'_, ()> {
        Box::pin(async move {
            // A relay starts also on a full disk, where nothing can be written that stands already.
            if self.noted(name).await?.as_ref() == Some(&value) {
                return Ok(());
            }
            self.writer.commit(move |connection| settings::write(connection, &name.key(), &value)).await
        })
    }

    fn noted(&self, name: Fact) -> Answer<'_, Option<String>> {
        Box::pin(self.readers.read(move |connection| settings::read(connection, &name.key())))
    }

    fn settle(&self, name: Fact, value: String) -> Answer<'_, String> {
        Box::pin(async move {
            if let Some(standing) = self.noted(name).await? {
                return Ok(standing);
            }
            self.writer.commit(move |connection| settings::settle(connection, &name.key(), value.clone())).await
        })
    }
}

impl Movable for SqliteStore {
    fn mailboxes(&self, after: Option<AgentId>, limit: usize) -> Answer<'_, Vec<AgentId>> {
        Box::pin(self.readers.read(move |connection| moving::mailboxes(connection, after, limit)))
    }

    fn mailbox_copy(&self, mailbox: AgentId) -> Answer<'_, Option<MailboxCopy>> {
        Box::pin(self.readers.read(move |connection| moving::copy(connection, &mailbox)))
    }

    fn put_mailbox(&self, copy: MailboxCopy) -> Answer<'_, ()> {
        Box::pin(self.writer.commit(move |connection| moving::put(connection, &copy)))
    }

    fn put_envelopes(&self, mailbox: AgentId, envelopes: Vec<StoredEnvelope>) -> Answer<'_, ()> {
        Box::pin(self.writer.commit(move |connection| moving::put_envelopes(connection, &mailbox, &envelopes)))
    }

    fn records(&self, mailbox: AgentId, after: Option<(Shelf, Bytes)>, limit: usize) -> Answer<'_, Vec<RecordCopy>> {
        Box::pin(self.readers.read(move |connection| records::copies(connection, &mailbox, after, limit)))
    }

    fn put_records(&self, mailbox: AgentId, records: Vec<RecordCopy>) -> Answer<'_, ()> {
        Box::pin(self.writer.commit(move |connection| records::put_copies(connection, &mailbox, &records)))
    }
}

#[cfg(test)]
mod tests;
