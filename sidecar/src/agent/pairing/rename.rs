//! Renaming a peer, which only the owner does.

use std::sync::Arc;

use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::{RenameError, Word, owner, petname, resolve};
use crate::store::peers;

/// Calls a peer by another name from now on, on the owner's word: by its name the owner knows who wrote.
pub(in crate::agent) async fn rename(
    core: &Arc<Core>,
    who: &str,
    new: &str,
    word: Word,
) -> Result<String, RenameError> {
    let (who, new) = (who.to_owned(), new.trim().to_lowercase());
    if !petname::is_valid(&new) {
        return Err(RenameError::BadName);
    }
    let by = owner::check(core, word).await?;
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let mut peer = resolve::peer(tx, &who)?.ok_or(RenameError::UnknownPeer)?;
        if peers::by_petname(tx, &new)?.is_some_and(|other| other.key != peer.key) {
            return Err(RenameError::Taken);
        }
        let old = std::mem::replace(&mut peer.record.petname, new.clone());
        peer.record.is_provisional = false;
        peers::update(tx, &peer)?;
        audit::note(tx, ctx, Note::new("renamed").about(&new).saying(format!("was {old}")).by(by))?;
        Ok(new)
    })
    .await
}
