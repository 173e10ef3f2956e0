//! The store in sled, a pure-Rust engine: for trying out, and for who can lose mail.
//!
//! sled's `flush` ends in `sync_file_range`, which hands pages to the disk without waiting for it to have them. So a
//! `kill -9` loses nothing, and a power cut loses what was accepted and may leave the folder unreadable. Nothing is
//! done about it here: a relay serves from it only when its operator said that this is fine.

mod accounts;
mod lanes;
mod mailboxes;
mod moving;
mod records;
mod rows;
mod tree;

use std::path::Path;

use a2a_proto::address::Handle;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;

use self::tree::{Fault, Tree};
use super::error::OpenStoreError;
use super::{
    Account, Admitted, Answer, Collected, Deposit, Deposited, Device, Fact, Holder, InviteOffer, Knock, LaneEntry,
    LaneOpening, LaneRecord, MailboxCopy, Movable, NewLane, NewRecord, Publication, Published, Put, Quotas, RecordCopy,
    Registered, Registration, RegistrationToken, Shelf, Shown, Store, StoredEnvelope, Swept,
};
use crate::private_file;

/// Rows of a kind that one round deletes at most.
const SLICE_ROWS: usize = 500;

/// A store in one folder.
pub struct SledStore {
    quotas: Quotas,
    tree: Tree,
}

impl SledStore {
    /// Opens the store in the folder `path`, making it where it does not exist. One process only.
    pub fn open(path: &Path, quotas: Quotas) -> Result<Self, OpenStoreError> {
        private_file::make_folder(path).map_err(|source| OpenStoreError::File { path: path.to_path_buf(), source })?;
        Ok(Self { quotas, tree: Tree::open(path)? })
    }
}

impl Store for SledStore {
    fn register(&self, registration: Registration) -> Answer<'_, Registered> {
        self.tree.change(move |tree, changes| accounts::register(tree, changes, &registration))
    }

    fn admit(&self, device: Device) -> Answer<'_, Admitted> {
        self.tree.change(move |tree, changes| accounts::admit(tree, changes, &device))
    }

    fn account(&self, agent: AgentId) -> Answer<'_, Option<Account>> {
        self.tree.read(move |tree| accounts::account(tree, &agent))
    }

    fn close_account(&self, agent: AgentId) -> Answer<'_, ()> {
        self.tree.change(move |tree, changes| accounts::close(tree, changes, &agent))
    }

    fn publish(&self, owner: AgentId, publication: Publication) -> Answer<'_, Published> {
        self.tree.change(move |tree, changes| accounts::publish(tree, changes, &owner, publication))
    }

    fn shown(&self, agent: AgentId) -> Answer<'_, Option<Shown>> {
        self.tree.read(move |tree| accounts::shown(tree, &agent))
    }

    fn holder_of(&self, handle: Handle) -> Answer<'_, Option<AgentId>> {
        self.tree.read(move |tree| accounts::holder_of(tree, &handle))
    }

    fn open_lane(&self, owner: AgentId, lane: NewLane) -> Answer<'_, LaneOpening> {
        let most = self.quotas.lanes;
        self.tree.change(move |tree, changes| lanes::open(tree, changes, &owner, &lane, most))
    }

    fn close_lane(&self, owner: AgentId, lane: LaneId) -> Answer<'_, ()> {
        self.tree.change(move |tree, changes| lanes::close(tree, changes, &owner, &lane))
    }

    fn lanes(&self, owner: AgentId) -> Answer<'_, Vec<LaneEntry>> {
        self.tree.read(move |tree| lanes::list(tree, &owner))
    }

    fn lane(&self, lane: LaneId) -> Answer<'_, Option<LaneRecord>> {
        self.tree.read(move |tree| lanes::record(tree, &lane))
    }

    fn invite(&self, owner: AgentId, invite: InviteId) -> Answer<'_, Option<InviteOffer>> {
        self.tree.read(move |tree| lanes::invite(tree, &owner, &invite))
    }

    fn deposit(&self, deposit: Deposit) -> Answer<'_, Deposited> {
        let quotas = self.quotas;
        self.tree.change(move |tree, changes| mailboxes::deposit(tree, changes, &deposit, &quotas))
    }

    fn knock(&self, knock: Knock) -> Answer<'_, Option<AgentId>> {
        let quotas = self.quotas;
        self.tree.change(move |tree, changes| mailboxes::knock(tree, changes, &knock, &quotas))
    }

    fn collect(&self, owner: AgentId, after: u64, limit: usize) -> Answer<'_, Collected> {
        self.tree.read(move |tree| mailboxes::collect(tree, &owner, after, limit))
    }

    fn acknowledge(&self, owner: AgentId, through: u64) -> Answer<'_, ()> {
        self.tree.change(move |tree, changes| mailboxes::acknowledge(tree, changes, &owner, through))
    }

    fn put_record(&self, owner: AgentId, record: NewRecord) -> Answer<'_, Put> {
        let quotas = self.quotas;
        self.tree.change(move |tree, changes| records::put(tree, changes, &owner, record, &quotas))
    }

    fn record(&self, owner: AgentId, shelf: Shelf, key: Bytes) -> Answer<'_, Option<Bytes>> {
        self.tree.read(move |tree| records::value(tree, &owner, shelf, &key))
    }

    fn holders(&self, shelf: Shelf, key: Bytes, after: Option<AgentId>, limit: usize) -> Answer<'_, Vec<Holder>> {
        self.tree.read(move |tree| records::holders(tree, shelf, &key, after, limit))
    }

    fn take_record(&self, owner: AgentId, shelf: Shelf, key: Bytes) -> Answer<'_, ()> {
        self.tree.change(move |_, changes| {
            records::take(changes, &owner, shelf, &key);
            Ok(())
        })
    }

    fn stand_under(&self, owner: AgentId, shelf: Shelf, keys: Vec<Bytes>) -> Answer<'_, ()> {
        self.tree.change(move |tree, changes| records::stand_under(tree, changes, &owner, shelf, &keys))
    }

    fn issue_token(&self, token: RegistrationToken) -> Answer<'_, ()> {
        self.tree.change(move |_, changes| accounts::issue_token(changes, &token))
    }

    fn tokens(&self) -> Answer<'_, Vec<RegistrationToken>> {
        self.tree.read(accounts::tokens)
    }

    fn revoke_token(&self, hash: [u8; 32]) -> Answer<'_, ()> {
        self.tree.change(move |_, changes| {
            changes.remove(rows::token(&hash));
            Ok(())
        })
    }

    fn sweep(&self, now: Timestamp) -> Answer<'_, Swept> {
        let oldest_hour = now.minus(self.quotas.envelope_lifetime).hours();
        // Apart, for an act sees nothing of its own changes: each of these rewrites counters and lanes.
        let envelopes = self.tree.change(move |tree, changes| mailboxes::sweep(tree, changes, oldest_hour));
        let names = move |tree: &Tree, changes: &mut _| mailboxes::sweep_names(tree, changes, now, SLICE_ROWS);
        let names = self.tree.change(names);
        let others = self.tree.change(move |tree, changes| {
            let lanes = lanes::sweep(tree, changes, now, SLICE_ROWS)?;
            let tokens = accounts::spent_tokens(tree, now)?;
            let records = records::sweep(tree, changes, now, SLICE_ROWS)?;
            let rows = lanes + tokens.len() + records;
            tokens.into_iter().for_each(|token| changes.remove(token));
            Ok((rows, [lanes, records].contains(&SLICE_ROWS)))
        });
        Box::pin(async move {
            let (envelopes, names) = (envelopes.await?, names.await?);
            let (others, more) = others.await?;
            Ok(Swept { rows: (envelopes + names + others) as u64, more: more || names == SLICE_ROWS })
        })
    }

    fn check(&self) -> Answer<'_, ()> {
        self.tree.change(|tree, changes| {
            changes.insert(rows::fact("checked"), b"yes");
            tree.bytes(&rows::fact("checked")).map(drop)
        })
    }

    fn has_accounts(&self) -> Answer<'_, bool> {
        self.tree.read(accounts::any)
    }

    fn note(&self, name: Fact, value: String) -> Answer<'_, ()> {
        self.tree.change(move |_, changes| {
            changes.insert(rows::fact(&name.key()), value.as_bytes());
            Ok(())
        })
    }

    fn noted(&self, name: Fact) -> Answer<'_, Option<String>> {
        self.tree.read(move |tree| fact(tree, name))
    }

    fn settle(&self, name: Fact, value: String) -> Answer<'_, String> {
        self.tree.change(move |tree, changes| {
            if let Some(standing) = fact(tree, name)? {
                return Ok(standing);
            }
            changes.insert(rows::fact(&name.key()), value.as_bytes());
            Ok(value)
        })
    }
}

impl Movable for SledStore {
    fn mailboxes(&self, after: Option<AgentId>, limit: usize) -> Answer<'_, Vec<AgentId>> {
        self.tree.read(move |tree| moving::mailboxes(tree, after, limit))
    }

    fn mailbox_copy(&self, mailbox: AgentId) -> Answer<'_, Option<MailboxCopy>> {
        self.tree.read(move |tree| moving::copy(tree, &mailbox))
    }

    fn put_mailbox(&self, copy: MailboxCopy) -> Answer<'_, ()> {
        self.tree.change(move |tree, changes| moving::put(tree, changes, copy))
    }

    fn put_envelopes(&self, mailbox: AgentId, envelopes: Vec<StoredEnvelope>) -> Answer<'_, ()> {
        self.tree.change(move |tree, changes| moving::put_envelopes(tree, changes, &mailbox, envelopes))
    }

    fn records(&self, mailbox: AgentId, after: Option<(Shelf, Bytes)>, limit: usize) -> Answer<'_, Vec<RecordCopy>> {
        self.tree.read(move |tree| records::copies(tree, &mailbox, after, limit))
    }

    fn put_records(&self, mailbox: AgentId, records: Vec<RecordCopy>) -> Answer<'_, ()> {
        self.tree.change(move |_, changes| {
            records.iter().for_each(|copy| records::put_copy(changes, &mailbox, copy));
            Ok(())
        })
    }
}

fn fact(tree: &Tree, name: Fact) -> Result<Option<String>, Fault> {
    let bytes = tree.bytes(&rows::fact(&name.key()))?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::{QUOTAS, conforms};

    fn fresh() -> Option<(tempfile::TempDir, SledStore)> {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(&folder.path().join("relay.sled"), QUOTAS).unwrap();
        Some((folder, store))
    }

    conforms!(fresh());

    #[tokio::test]
    async fn a_second_process_is_told_to_wait() {
        let (folder, _store) = fresh().unwrap();
        let second = SledStore::open(&folder.path().join("relay.sled"), QUOTAS);
        assert!(matches!(second.err(), Some(OpenStoreError::OpenElsewhere { .. })));
    }

    #[tokio::test]
    async fn no_row_outlives_its_account() {
        let (_folder, store) = fresh().unwrap();
        crate::store::conformance::quotas_hold_and_are_given_back(&store).await;
        let left = |store: &SledStore| store.tree.keys(b"").unwrap();
        let owners: Vec<_> = store.tree.keys(b"A").unwrap();
        let mut reader = a2a_proto::codec::Reader::new(&owners[0][1..]);
        store.close_account(AgentId::read_checked(&mut reader).unwrap()).await.unwrap();
        assert!(left(&store).is_empty(), "{:?}", left(&store));
    }
}
