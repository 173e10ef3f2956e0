//! The keychain of the operating system this was built for.

use std::sync::Arc;

use keyring_core::{CredentialStore, Error};

/// Reaches the Secret Service (GNOME Keyring, KWallet) over the session bus.
///
/// Blocks, and starts a runtime of its own: never call it on a thread of an async runtime.
#[cfg(target_os = "linux")]
pub(super) fn open_platform_store() -> Result<Arc<CredentialStore>, Error> {
    let store = zbus_secret_service_keyring_store::Store::new()?;
    Ok(store)
}

/// Opens the user's login keychain.
#[cfg(target_os = "macos")]
pub(super) fn open_platform_store() -> Result<Arc<CredentialStore>, Error> {
    let store = apple_native_keyring_store::keychain::Store::new()?;
    Ok(store)
}

/// Opens the Windows Credential Manager.
#[cfg(windows)]
pub(super) fn open_platform_store() -> Result<Arc<CredentialStore>, Error> {
    let store = windows_native_keyring_store::Store::new()?;
    Ok(store)
}

/// Elsewhere there is no keychain we know; the passphrase file works.
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
pub(super) fn open_platform_store() -> Result<Arc<CredentialStore>, Error> {
    Err(Error::PlatformFailure("this system has no keychain that a2a knows".into()))
}
