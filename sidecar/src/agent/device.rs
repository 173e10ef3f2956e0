//! The device that speaks for our identity: certified by the root, and followed by another when it is lost or retired.

use a2a_proto::certificate::Certificate;
use a2a_proto::keys::{BackupKey, DeviceKeys, Entropy};
use a2a_proto::limits::MAX_CERTIFICATE_LIFETIME;
use a2a_proto::time::Timestamp;

use super::Trouble;
use super::core::rng;
use super::me::Me;
use crate::store::identity::{self, IdentityRecord};
use crate::store::{Blob, SecretBlob, StoreError, Tx, meta};

/// A new certificate begins a little in the past, for machines whose clocks are behind ours.
const CLOCK_SLACK: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// The root's word about a device, from now on.
pub(super) fn certify(
    entropy: &Entropy,
    device: &DeviceKeys,
    epoch: u32,
    now: Timestamp,
) -> Result<Certificate, Trouble> {
    let from = now.minus(CLOCK_SLACK);
    Certificate::issue(&entropy.root_key(), device, epoch, from, from.plus(MAX_CERTIFICATE_LIFETIME))
        .map_err(|_| Trouble::Internal("a new certificate does not hold"))
}

/// Puts a new device with keys of its own in the place of the one in `record`.
pub(super) fn succeed(
    record: &mut IdentityRecord,
    entropy: &Entropy,
    epoch: u32,
    now: Timestamp,
) -> Result<(), Trouble> {
    let device = DeviceKeys::generate(&mut rng());
    let certificate = certify(entropy, &device, epoch, now)?;
    let old = std::mem::replace(&mut record.certificate, Blob(certificate.as_bytes().to_vec()));
    if !old.0.is_empty() {
        record.former.push(old);
    }
    record.device = SecretBlob::copy_of(&*device.to_bytes());
    Ok(())
}

/// The certificate of the device in `record`.
pub(super) fn certificate(record: &IdentityRecord) -> Result<Certificate, Trouble> {
    Certificate::parse_verified(&record.certificate.0)
        .map_err(|_| Trouble::Internal("the stored certificate does not hold"))
}

/// Stores a record whose device, epoch or relay is new. Processes that hold an older one write nothing from now on.
pub(super) fn install(tx: &Tx<'_>, record: &mut IdentityRecord) -> Result<(), Trouble> {
    record.generation = meta::number(tx, meta::GENERATION)?.max(record.generation) + 1;
    meta::set_number(tx, meta::GENERATION, record.generation)?;
    Ok(identity::save(tx, record)?)
}

/// Whether the stored identity has moved on from this one, in whichever process.
pub(super) fn is_retired(tx: &Tx<'_>, me: &Me) -> Result<bool, StoreError> {
    Ok(meta::number(tx, meta::GENERATION)? > me.generation)
}

/// What the identity is made of; none while the owner keeps it off this machine.
pub(super) fn entropy(record: &IdentityRecord) -> Option<Entropy> {
    record.entropy.array().map(|bytes| Entropy::from_bytes(*bytes))
}

/// The key that opens backups, which stays here in any case.
pub(super) fn backup_key(record: &IdentityRecord) -> Result<BackupKey, Trouble> {
    if let Some(entropy) = entropy(record) {
        return Ok(entropy.backup_key());
    }
    let kept = record.backup_key.as_ref().and_then(SecretBlob::array::<32>);
    kept.map(|bytes| BackupKey::from_bytes(*bytes)).ok_or(Trouble::Internal("the key of backups is not here"))
}
