//! The folders from which files may be sent: none until the owner names one.

use std::path::Path;
use std::sync::Arc;

use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::{AttachError, ReadError, Trouble, Word, owner};
use crate::store::folders;

/// All of them.
pub(in crate::agent) async fn list(core: &Arc<Core>) -> Result<Vec<String>, ReadError> {
    let all = core.read(|tx, _| folders::all(tx).map_err(Trouble::from)).await?;
    Ok(all.into_iter().collect())
}

/// Allows a folder and everything under it; returns its canonical path.
pub(in crate::agent) async fn allow(core: &Arc<Core>, folder: &Path, word: Word) -> Result<String, AttachError> {
    let shown = folder.display().to_string();
    let canonical = folder.canonicalize().map_err(|_| AttachError::NotFound { path: shown.clone() })?;
    if !canonical.is_dir() {
        return Err(AttachError::NoFolder { path: shown });
    }
    if canonical.parent().is_none() {
        return Err(AttachError::Everything);
    }
    let path = canonical.to_str().ok_or(AttachError::NoFolder { path: shown })?.to_owned();
    let by = owner::check(core, word).await?;
    let name = path.clone();
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let mut all = folders::all(tx)?;
        if all.insert(name.clone()) {
            folders::set(tx, &all)?;
            audit::note(tx, ctx, Note::new("folder_allowed").saying(name).by(by))?;
        }
        Ok::<_, AttachError>(())
    })
    .await?;
    Ok(path)
}

/// Takes that back; returns the path.
pub(in crate::agent) async fn forget(core: &Arc<Core>, folder: &Path) -> Result<String, AttachError> {
    // It may be gone, or be named as it was listed.
    let canonical = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let name = canonical.display().to_string();
    core.write(move |tx, ctx| {
        let mut all = folders::all(tx)?;
        if !all.remove(&name) {
            return Err(AttachError::NotAllowed { path: name });
        }
        folders::set(tx, &all)?;
        audit::note(tx, ctx, Note::new("folder_forgotten").saying(name.clone()))?;
        Ok(name)
    })
    .await
}
