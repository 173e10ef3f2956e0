//! Making a backup, and rehearsing to open one.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use a2a_proto::keys::{BackupKey, Entropy};
use a2a_proto::time::Timestamp;
use zeroize::Zeroizing;

use super::off_thread;
use super::sealed::{self, Head, Inside};
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::{AgentConfig, ApprovedBy, BackupMade, BackupView, RecoveryError, Trouble, device};
use crate::durable_file::{read_small, write_private};
use crate::keys::Vault;
use crate::paths::Home;
use crate::store::peers::{self, PeerState};
use crate::store::{SecretBlob, Store, Tx, backup, identity, meta};

/// More than any store of ours; a file beyond this is none of our backups.
const LIMIT_BYTES: u64 = 4 * 1024 * 1024 * 1024 - 1;

/// Writes a sealed backup of everything to `path`. It replaces an older backup, and no other file.
pub(in crate::agent) async fn make(
    config: &AgentConfig,
    core: &Arc<Core>,
    path: PathBuf,
    by: ApprovedBy,
) -> Result<BackupMade, RecoveryError> {
    let (home, vault) = (config.home.clone(), Arc::clone(&config.vault));
    let (store, now) = (core.store.clone(), core.now());
    let made = off_thread(move || {
        refuse_other_file(&path)?;
        let file = sealed_copy(&home, &*vault, &store, now)?;
        write_private(&path, &file).map_err(|error| RecoveryError::file("write", &error))?;
        Ok::<_, RecoveryError>(BackupMade { path, made_at: now, bytes: file.len() as u64 })
    })
    .await?;
    core.write(move |tx, ctx| {
        meta::set_number(tx, meta::BACKED_UP_AT, now.millis())?;
        Ok::<_, Trouble>(audit::note(tx, ctx, Note::new("backup_made").by(by))?)
    })
    .await?;
    Ok(made)
}

/// Opens a backup with the words, all the way down to its rows, and says what is in it. Changes nothing.
pub(in crate::agent) async fn rehearse(path: PathBuf, entropy: Entropy) -> Result<BackupView, RecoveryError> {
    off_thread(move || describe(&read(&path, &entropy)?)).await
}

fn refuse_other_file(path: &Path) -> Result<(), RecoveryError> {
    let mut beginning = [0; 12];
    match std::fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(RecoveryError::file("read", &error)),
        Ok(mut file) => match file.read_exact(&mut beginning) {
            Ok(()) if sealed::is_backup(&beginning) => Ok(()),
            _ => Err(RecoveryError::OtherFile),
        },
    }
}

/// The store as of now, without what only its device may use, sealed under the words. Blocks.
pub(super) fn sealed_copy(
    home: &Home,
    vault: &dyn Vault,
    store: &Store,
    now: Timestamp,
) -> Result<Vec<u8>, RecoveryError> {
    let unusable = |error: std::io::Error| RecoveryError::file("write", &error);
    let folder = tempfile::Builder::new().prefix(".backup-").tempdir_in(home.folder()).map_err(unusable)?;
    let path = folder.path().join("store.sqlite");
    store.copy_to(&path)?;
    let key = vault.load().map_err(Trouble::from)?;
    let copy = Store::open(&path, &key)?;
    let (head, words) = copy.write_blocking(|tx| strip(tx, now))?;
    copy.shrink()?;
    copy.close()?;
    let store = Zeroizing::new(std::fs::read(&path).map_err(|error| RecoveryError::file("read", &error))?);
    sealed::seal(&words, &Inside { head, key, store })
}

/// Takes the device and what only it may use out of the copy.
pub(in crate::agent) fn strip(tx: &Tx<'_>, now: Timestamp) -> Result<(Head, BackupKey), RecoveryError> {
    backup::strip(tx)?;
    let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
    let words = device::backup_key(&record)?;
    record.device = SecretBlob::copy_of(&[]);
    identity::save(tx, &record)?;
    let certificate = device::certificate(&record)?;
    let head = Head {
        made_at: now.millis(),
        agent_id: *certificate.id(),
        display_name: record.display_name,
        relay: record.relay.filter(|_| record.registered),
        epoch: certificate.epoch(),
    };
    Ok((head, words))
}

/// The inside of the backup at `path`; its identity is that of the words.
pub(super) fn read(path: &Path, entropy: &Entropy) -> Result<Inside, RecoveryError> {
    let file = read_small(path, LIMIT_BYTES).map_err(|error| RecoveryError::file("read", &error))?;
    open(&file.ok_or(RecoveryError::NoFile)?, entropy)
}

/// The inside of a sealed file; its identity is that of the words.
pub(super) fn open(file: &[u8], entropy: &Entropy) -> Result<Inside, RecoveryError> {
    let inside = sealed::open(&entropy.backup_key(), file)?;
    if inside.head.agent_id == entropy.root_key().agent_id() { Ok(inside) } else { Err(RecoveryError::Damaged) }
}

/// What stands in an opened backup, by a look at its rows.
pub(super) fn describe(inside: &Inside) -> Result<BackupView, RecoveryError> {
    let unusable = |error: std::io::Error| RecoveryError::file("write", &error);
    let folder = tempfile::Builder::new().prefix("a2a-backup-").tempdir().map_err(unusable)?;
    let path = folder.path().join("store.sqlite");
    write_private(&path, &inside.store).map_err(unusable)?;
    let store = Store::open(&path, &inside.key)?;
    let (pairs, messages) = store.write_blocking(|tx| {
        tx.quick_check()?;
        let record = identity::load(tx)?.ok_or(RecoveryError::Damaged)?;
        if *device::certificate(&record)?.id() != inside.head.agent_id {
            return Err(RecoveryError::Damaged);
        }
        let pairs = peers::all(tx)?.into_iter().filter(|peer| peer.state == PeerState::Paired);
        Ok::<_, RecoveryError>((pairs.map(|peer| peer.record.petname).collect(), backup::messages(tx)?))
    })?;
    let head = inside.head.clone();
    Ok(BackupView {
        made_at: Timestamp::from_millis(head.made_at),
        agent_id: head.agent_id,
        display_name: head.display_name,
        relay: head.relay,
        pairs,
        messages,
    })
}
