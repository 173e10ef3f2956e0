//! Registering: an identity when there is none, an account at a relay, prekeys for first contact.

use std::sync::Arc;

use a2a_proto::address::{Handle, RelayAuthority};
use a2a_proto::api::code;
use a2a_proto::keys::Entropy;
use a2a_proto::limits::MAX_DISPLAY_NAME_BYTES;
use a2a_proto::time::Timestamp;

use super::core::{Core, Net, rng};
use super::{AgentConfig, Register, RegisterError, Registered, Trouble, audit, device, petname, prekeys, relays};
use crate::durable_file::open_private;
use crate::error::Explain as _;
use crate::keys::{Marker, add_recovery_slot};
use crate::relay_client::RelayFailure;
use crate::store::identity::{self, IdentityRecord};
use crate::store::{Blob, SecretBlob, Store, meta};

const FIRST_EPOCH: u32 = 1;
const MOST_HANDLES_TRIED: u32 = 9;

/// The account as faces see it.
pub(super) fn view(core: &Core, already: bool) -> Result<Registered, Trouble> {
    Ok(Registered {
        address: core.me.address()?,
        agent_id: *core.me.id(),
        relay: core.me.relay()?.clone(),
        safety_words: core.me.safety_words(),
        already,
    })
}

/// The relay to register at, unless this identity lives at another one.
pub(super) fn relay(
    config: &AgentConfig,
    core: Option<&Core>,
    request: &Register,
) -> Result<RelayAuthority, RegisterError> {
    let current = core.and_then(|core| core.me.relay.clone());
    let wanted = request.relay.clone().or_else(|| current.clone()).or_else(|| config.default_relay.clone());
    let wanted = wanted.ok_or(RegisterError::NoRelay)?;
    match current {
        Some(current) if current != wanted => Err(RegisterError::OtherRelay { relay: current.to_string() }),
        _ => Ok(wanted),
    }
}

/// The name, when it is one.
pub(super) fn checked_name(name: &str) -> Result<String, RegisterError> {
    let name = name.trim();
    let is_visible = !name.is_empty() && !name.chars().any(char::is_control);
    if is_visible && name.len() <= MAX_DISPLAY_NAME_BYTES { Ok(name.into()) } else { Err(RegisterError::BadName) }
}

/// Makes the identity of a home without one: key, marker, store, so that a crash between them can be told apart. Blocks.
pub(super) fn create_identity(config: &AgentConfig, name: &str) -> Result<(), Trouble> {
    let now = config.clock.now();
    let entropy = Entropy::generate(&mut rng());
    let record = new_identity(&entropy, name, FIRST_EPOCH, now)?;
    prepare(config)?;
    let _lock = creation_lock(config)?;
    if Marker::read(&config.home)?.is_some() {
        // Another process was faster: its identity is ours too.
        return finish(config);
    }
    let key = match config.vault.load() {
        Ok(key) => key,
        Err(crate::keys::VaultError::Absent) => config.vault.create()?,
        Err(error) => return Err(error.into()),
    };
    let fresh = fresh(config);
    remove_leftovers(&fresh);
    let store = Store::open(&fresh, &key)?;
    store.write_blocking(|tx| identity::save(tx, &record).map_err(Trouble::from))?;
    store.close()?;
    add_recovery_slot(&config.home, &key, &entropy.backup_key())?;
    Marker::new(entropy.root_key().agent_id(), config.vault.as_ref(), now).write(&config.home)?;
    finish(config)
}

/// Makes the folder.
pub(super) fn prepare(config: &AgentConfig) -> Result<(), Trouble> {
    config.home.prepare().map_err(|error| Trouble::Vault {
        what: error.to_string(),
        remedy: error.next_step(),
        code: error.code(),
    })
}

/// Finishes a creation that was cut off after the marker was written. Blocks.
pub(super) fn finish_creation(config: &AgentConfig) -> Result<(), Trouble> {
    if config.home.store().exists() || !fresh(config).exists() {
        return Ok(());
    }
    let _lock = creation_lock(config)?;
    if Marker::read(&config.home)?.is_some() { finish(config) } else { Ok(()) }
}

/// Gives the new store its name, unless that is done. Only under the lock.
pub(super) fn finish(config: &AgentConfig) -> Result<(), Trouble> {
    let (fresh, store) = (fresh(config), config.home.store());
    if store.exists() || !fresh.exists() {
        return Ok(());
    }
    std::fs::rename(&fresh, &store).map_err(|error| unusable(&error))
}

/// Where a new store is made before it counts.
pub(super) fn fresh(config: &AgentConfig) -> std::path::PathBuf {
    config.home.store().with_extension("new")
}

/// One process at a time makes the identity, or finishes making it; the system frees the lock when a process dies.
pub(super) fn creation_lock(config: &AgentConfig) -> Result<std::fs::File, Trouble> {
    let lock = open_private(&config.home.creation_lock()).map_err(|error| unusable(&error))?;
    lock.lock().map_err(|error| unusable(&error))?;
    Ok(lock)
}

fn unusable(error: &std::io::Error) -> Trouble {
    Trouble::Store { reason: error.to_string() }
}

/// What an attempt that was cut off before its marker left behind.
pub(super) fn remove_leftovers(fresh: &std::path::Path) {
    for suffix in ["new", "new-wal", "new-shm"] {
        drop(std::fs::remove_file(fresh.with_extension(suffix)));
    }
}

/// An identity with its first device on this machine, at no relay yet.
pub(super) fn new_identity(
    entropy: &Entropy,
    name: &str,
    epoch: u32,
    now: Timestamp,
) -> Result<IdentityRecord, Trouble> {
    let mut record = IdentityRecord {
        entropy: SecretBlob::copy_of(&*entropy.to_bytes()),
        backup_key: None,
        device: SecretBlob::copy_of(&[]),
        certificate: Blob::default(),
        former: Vec::new(),
        generation: 0,
        left: None,
        display_name: name.into(),
        relay: None,
        handle: None,
        registered: false,
        card: None,
    };
    device::succeed(&mut record, entropy, epoch, now)?;
    Ok(record)
}

/// Makes the account at a relay and notes it.
pub(super) async fn enrol(
    core: &Arc<Core>,
    relay: &RelayAuthority,
    token: Option<String>,
) -> Result<(), RegisterError> {
    let net = Net::new(relay, &core.me, &core.store, &core.clock)?;
    let handle = claim(&net, relay, &core.me.display_name, token).await?;
    let (relay, name) = (relay.clone(), core.me.display_name.clone());
    core.write(move |tx, ctx| {
        let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
        record.relay = Some(relay.clone());
        record.handle = handle.map(|handle| handle.to_string());
        record.registered = true;
        identity::save(tx, &record)?;
        meta::set_number(tx, meta::CLOSING, 0)?;
        audit::note(tx, ctx, audit::Note::new("registered").saying(format!("{name} at {relay}")))?;
        Ok::<_, RegisterError>(())
    })
    .await
}

/// Registers under a handle made from the name, or the next free one like it, or none.
pub(super) async fn claim(
    net: &Net,
    relay: &RelayAuthority,
    name: &str,
    token: Option<String>,
) -> Result<Option<Handle>, RegisterError> {
    for handle in handles(name).map(Some).chain([None]) {
        match net.own.register(handle, token.clone()).await {
            Ok(registered) => return Ok(registered.handle),
            Err(RelayFailure::Problem(code::HANDLE_TAKEN)) => {}
            Err(failure) => return Err(explain(relay, &failure)),
        }
    }
    Err(Trouble::Internal("registering without a handle was refused as taken").into())
}

fn handles(name: &str) -> impl Iterator<Item = Handle> {
    let base = petname::slug(name);
    (1..=MOST_HANDLES_TRIED).filter_map(move |number| {
        let base = base.as_deref()?;
        let text = if number == 1 { base.to_owned() } else { format!("{base}-{number}") };
        text.parse().ok()
    })
}

fn explain(relay: &RelayAuthority, failure: &RelayFailure) -> RegisterError {
    let name = relay.to_string();
    match failure {
        RelayFailure::Problem(code::REGISTRATION_CLOSED) => RegisterError::Closed { relay: name },
        RelayFailure::Problem(code::REGISTRATION_TOKEN_NEEDED) => RegisterError::TokenNeeded { relay: name },
        RelayFailure::Problem(code::REGISTRATION_TOKEN_USED) => RegisterError::TokenUsed,
        RelayFailure::Problem(code::EPOCH_TOO_LOW) => RegisterError::NewerDevice { relay: name },
        other => relays::trouble(relay, other).into(),
    }
}

/// Publishes prekeys at once, so that peers can begin; a failure is mended by the next round.
pub(super) async fn publish(core: &Arc<Core>) {
    drop(prekeys::refresh(core).await);
}
