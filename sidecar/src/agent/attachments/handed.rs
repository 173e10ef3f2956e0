//! Files that the owner hands over himself: their bytes come as they are read elsewhere, a browser say, and are sealed
//! like those of any other message.
//!
//! The allowed folders bound which paths a model may name. Whoever hands over bytes names no path of this computer, so no
//! folder is asked about; the owner's word is, since bytes could be handed over by a program too. Until the last byte came
//! nobody knows how long a file is, and the length decides how it is cut, so it lies in a file without a name until it is
//! sealed: that file is gone with the process, however it ends.

use std::path::Path;
use std::sync::Arc;

use a2a_proto::limits::{MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS};
use tokio::io::AsyncRead;

use super::safe_open::Opened;
use super::spool;
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::taken_in::{self, Broken};
use crate::agent::{ApprovedBy, AttachError, OutgoingFile, Word, owner};

/// Takes files from the owner's hand. What was taken and not [finished](Self::finish) leaves nothing behind.
pub struct Handover {
    core: Arc<Core>,
    by: ApprovedBy,
    taken: Vec<OutgoingFile>,
}

impl Handover {
    pub(in crate::agent) async fn begin(core: Arc<Core>, word: Word) -> Result<Self, AttachError> {
        let by = owner::check(&core, word).await?;
        Ok(Self { core, by, taken: Vec::new() })
    }

    /// Takes one file to its last byte, and seals it.
    pub async fn take(&mut self, name: &str, bytes: impl AsyncRead + Unpin) -> Result<(), AttachError> {
        if self.taken.len() >= MAX_ATTACHMENTS {
            return Err(AttachError::TooMany { most: MAX_ATTACHMENTS });
        }
        // Some programs name the whole path.
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(AttachError::BadName { path: "the file".into() });
        }
        let folder = self.core.outgoing.clone();
        let unnamed = off_thread(move || {
            crate::durable_file::make_private_folder(&folder)?;
            tempfile::tempfile_in(&folder)
        });
        let unnamed = unnamed.await.map_err(|error| AttachError::Spool { reason: error.to_string() })?;
        let (file, size) =
            taken_in::copy(bytes, unnamed, MAX_ATTACHMENT_BYTES).await.map_err(|why| broken(&name, why))?;
        let folder = self.core.outgoing.clone();
        let sealed = tokio::task::spawn_blocking(move || {
            let path = name.clone();
            spool::seal(&folder, Opened { file, name, size }, Path::new(&path)).map(|ready| (path, ready))
        });
        let fault = || AttachError::Spool { reason: "a thread ended in a fault".into() };
        let (path, ready) = sealed.await.unwrap_or_else(|_| Err(fault()))?;
        self.taken.push(OutgoingFile { path: path.into(), ready: Some(ready) });
        Ok(())
    }

    /// The files, for a draft; who uses them in none [forgets](crate::agent::Agent::forget_files) them.
    pub async fn finish(mut self) -> Result<Vec<OutgoingFile>, AttachError> {
        let (by, names) = (self.by, self.names());
        self.core
            .write(move |tx, ctx| {
                owner::still_counts(tx, by)?;
                audit::note(tx, ctx, Note::new("files_handed_over").saying(names).by(by))?;
                Ok::<_, AttachError>(())
            })
            .await?;
        Ok(std::mem::take(&mut self.taken))
    }

    fn names(&self) -> String {
        self.taken.iter().map(|file| file.path.display().to_string()).collect::<Vec<_>>().join(", ")
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        spool::forget_sealed(&self.core, &self.taken);
    }
}

fn broken(name: &str, why: Broken) -> AttachError {
    let path = name.to_owned();
    match why {
        Broken::TooLarge => AttachError::TooLarge { path, most: MAX_ATTACHMENT_BYTES },
        Broken::Source(_) => AttachError::Interrupted { path },
        Broken::Disk(error) => AttachError::Spool { reason: error.to_string() },
    }
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}
