//! `a2a-relay backup`: a consistent copy of the store while a relay serves from it.

use a2a_relay::config::Backup;
use a2a_relay::store::StoreUrl;
use a2a_relay::store::sqlite::backup as copy;
use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// Copies, and says what else belongs into a backup.
pub(crate) fn backup(options: &Backup) -> Result<()> {
    let store = match options.store.url()? {
        StoreUrl::Sqlite(store) => store,
        StoreUrl::Sled(_) => bail!(
            "sled cannot be copied while it is open. Stop the relay and copy the folder, or move it: a2a-relay migrate --from sled:PATH --to sqlite:PATH"
        ),
        StoreUrl::Postgres(_) => {
            bail!("Postgres brings its own tools: pg_dump for a copy, pg_basebackup and an archived log for any moment")
        }
    };
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:40} {percent} %, {eta} left")?);
    copy(&store, &options.path, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    output::line(&format!("the store was copied to {}", options.path.display()));
    output::line("  keep the master secret apart from it: without it the copy's lanes are closed");
    Ok(())
}
