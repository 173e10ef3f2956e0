//! The bearer of the local HTTP server: what a client on this computer shows to be served there.
//!
//! It is derived from the key in the vault and a number that goes up, so it stands nowhere, and making a new one takes the old
//! one's right away in every process at once.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::audit::{self, Note};
use super::core::Core;
use super::{ReadError, Trouble};
use crate::store::{StoreError, Tx, meta};

/// What scanners for leaked secrets and people recognise it by.
const PREFIX: &str = "a2a_local_";

/// A right to be served by the local HTTP server of this agent. Never printed by `Debug`.
pub struct Bearer(Zeroizing<String>);

impl Bearer {
    /// The text that a client sends after `Authorization: Bearer`.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `text` is this bearer, in constant time.
    pub fn is(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

/// The bearer that holds now.
pub(super) async fn current(core: &Arc<Core>) -> Result<Bearer, ReadError> {
    Ok(core.read(|tx, _| Ok::<_, Trouble>(derive(tx)?)).await?)
}

/// A new one; the one before no longer holds.
pub(super) async fn renew(core: &Arc<Core>) -> Result<Bearer, ReadError> {
    let renewed = core.write(|tx, ctx| {
        meta::set_number(tx, meta::BEARER, meta::number(tx, meta::BEARER)? + 1)?;
        audit::note(tx, ctx, Note::new("local_bearer_renewed"))?;
        Ok::<_, Trouble>(derive(tx)?)
    });
    Ok(renewed.await?)
}

fn derive(tx: &Tx<'_>) -> Result<Bearer, StoreError> {
    let number = meta::number(tx, meta::BEARER)?;
    let tag = tx.seal.tag("local http bearer", &number.to_be_bytes());
    Ok(Bearer(Zeroizing::new(format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&tag)))))
}
