//! Registering: an identity when there is none, an account at a relay, prekeys for first contact.

use std::sync::Arc;

use a2a_proto::address::{Handle, RelayAuthority};
use a2a_proto::api::code;
use a2a_proto::certificate::Certificate;
use a2a_proto::keys::{DeviceKeys, Entropy};
use a2a_proto::limits::{MAX_CERTIFICATE_LIFETIME, MAX_DISPLAY_NAME_BYTES};
use a2a_proto::time::Timestamp;

use super::core::{Core, Net, rng};
use super::{AgentConfig, Register, RegisterError, Registered, Trouble, audit, petname, prekeys, relays};
use crate::durable_file::open_private;
use crate::error::Explain as _;
use crate::keys::Marker;
use crate::relay_client::RelayFailure;
use crate::store::identity::{self, IdentityRecord};
use crate::store::{Blob, SecretBlob, Store};

const FIRST_EPOCH: u32 = 1;
const MOST_HANDLES_TRIED: u32 = 9;
/// A new certificate begins a little in the past, for machines whose clocks are behind ours.
pub(super) const CLOCK_SLACK: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

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
    let (record, agent_id) = new_identity(name, now)?;
    config.home.prepare().map_err(|error| Trouble::Vault {
        what: error.to_string(),
        remedy: error.next_step(),
        code: error.code(),
    })?;
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
    Marker::new(agent_id, config.vault.as_ref(), now).write(&config.home)?;
    finish(config)
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
fn finish(config: &AgentConfig) -> Result<(), Trouble> {
    let (fresh, store) = (fresh(config), config.home.store());
    if store.exists() || !fresh.exists() {
        return Ok(());
    }
    std::fs::rename(&fresh, &store).map_err(|error| unusable(&error))
}

/// Where a new store is made before it counts.
fn fresh(config: &AgentConfig) -> std::path::PathBuf {
    config.home.store().with_extension("new")
}

/// One process at a time makes the identity, or finishes making it; the system frees the lock when a process dies.
fn creation_lock(config: &AgentConfig) -> Result<std::fs::File, Trouble> {
    let lock = open_private(&config.home.creation_lock()).map_err(|error| unusable(&error))?;
    lock.lock().map_err(|error| unusable(&error))?;
    Ok(lock)
}

fn unusable(error: &std::io::Error) -> Trouble {
    Trouble::Store { reason: error.to_string() }
}

/// What an attempt that was cut off before its marker left behind.
fn remove_leftovers(fresh: &std::path::Path) {
    for suffix in ["new", "new-wal", "new-shm"] {
        drop(std::fs::remove_file(fresh.with_extension(suffix)));
    }
}

fn new_identity(name: &str, now: Timestamp) -> Result<(IdentityRecord, a2a_proto::id::AgentId), Trouble> {
    let entropy = Entropy::generate(&mut rng());
    let device = DeviceKeys::generate(&mut rng());
    let root = entropy.root_key();
    let from = now.minus(CLOCK_SLACK);
    let certificate = Certificate::issue(&root, &device, FIRST_EPOCH, from, from.plus(MAX_CERTIFICATE_LIFETIME))
        .map_err(|_| Trouble::Internal("a new certificate does not hold"))?;
    let record = IdentityRecord {
        entropy: SecretBlob::copy_of(&*entropy.to_bytes()),
        device: SecretBlob::copy_of(&*device.to_bytes()),
        certificate: Blob(certificate.as_bytes().to_vec()),
        display_name: name.into(),
        relay: None,
        handle: None,
        registered: false,
        card: None,
    };
    Ok((record, root.agent_id()))
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
        audit::note(tx, ctx, audit::Note::new("registered").saying(format!("{name} at {relay}")))?;
        Ok::<_, RegisterError>(())
    })
    .await
}

/// Registers under a handle made from the name, or the next free one like it, or none.
async fn claim(
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
