//! The webhook: a server of the owner's that our relay tells when mail waits.

use std::sync::Arc;

use a2a_guard::{CallbackUrl, Rules};
use a2a_proto::api::{Webhook, WebhookDeliveries, code};

use super::audit::{self, Note};
use super::core::Core;
use super::{Trouble, WebhookError, Word, owner, relays};
use crate::relay_client::RelayFailure;

/// Sets it, on the owner's word: whoever runs that server learns when mail comes. The relay asks the server at once whether it wants to be called.
pub(super) async fn set(core: &Arc<Core>, url: &str, word: Word) -> Result<Webhook, WebhookError> {
    let by = owner::check(core, word).await?;
    let net = core.net()?;
    let webhook = net.own.set_webhook(url.trim()).await.map_err(|failure| match failure {
        // Our relay judges by the same rules as we do, but for what its operator allows.
        RelayFailure::Problem(code::BAD_WEBHOOK) => WebhookError::NotCalled {
            why: CallbackUrl::parse(url.trim(), &Rules::default())
                .map_or_else(|why| why.to_string(), |_| "the relay does not call it".into()),
        },
        other => relays::trouble(net.client.own_relay(), &other).into(),
    })?;
    core.write(move |tx, ctx| audit::note(tx, ctx, Note::new("webhook_set").by(by)).map_err(Trouble::from)).await?;
    Ok(webhook)
}

/// Takes it away.
pub(super) async fn remove(core: &Arc<Core>) -> Result<(), WebhookError> {
    let net = core.net()?;
    net.own.remove_webhook().await.map_err(|failure| relays::trouble(net.client.own_relay(), &failure))?;
    core.write(|tx, ctx| audit::note(tx, ctx, Note::new("webhook_removed")).map_err(Trouble::from)).await?;
    Ok(())
}

/// Its last calls.
pub(super) async fn deliveries(core: &Arc<Core>) -> Result<WebhookDeliveries, WebhookError> {
    let net = core.net()?;
    net.own.webhook_deliveries().await.map_err(|failure| match failure {
        RelayFailure::NotFound => WebhookError::None,
        other => relays::trouble(net.client.own_relay(), &other).into(),
    })
}
