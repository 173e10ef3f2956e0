//! `a2a-relay migrate`: moves everything from one store to another.

use a2a_relay::config::Migrate;
use a2a_relay::migrate::migrate as move_all;
use a2a_relay::store::{self, Quotas, Serving};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// Moves, with a bar, and says what is left to do.
pub(crate) async fn migrate(options: &Migrate) -> Result<()> {
    // Serving from sled asks again.
    let alone = Serving::Alone { accept_data_loss: true };
    let from = store::open(&options.from, Quotas::default(), alone).await?;
    let to = store::open(&options.to, Quotas::default(), alone).await?;
    let template = "{bar:40} {pos} of {len} mailboxes, {msg}, {eta} left";
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(template)?);
    let moved = move_all(&from, &to, |moved| {
        bar.set_length(moved.mailboxes);
        bar.set_position(moved.done);
        bar.set_message(format!("{} envelopes", moved.envelopes));
    })
    .await?;
    bar.finish_and_clear();
    output::line(&format!(
        "{} mailboxes are the same on both sides ({} were there already), {} envelopes were moved",
        moved.done, moved.found, moved.envelopes
    ));
    output::line(&format!("  serve from it with: --store {}, and the same master secret (--secret-file)", options.to));
    Ok(())
}
