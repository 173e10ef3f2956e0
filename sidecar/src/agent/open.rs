//! Opening the agent at the first need, and what it does beside the acts.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::keys::Entropy;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::core::Core;
use super::me::Asker;
use super::recovery::restore::{self, Mailbox};
use super::recovery::rotate;
use super::{
    AgentConfig, MailNews, RecoveryError, Register, RegisterError, Registered, RestorePlan, Restored, Trouble, mail,
    register, run, session, went_back,
};

/// How often a process without an identity looks whether there is one now.
const LOOK_UP: Duration = Duration::from_secs(1);
/// How long a face has to show what it was given, before it counts as shown.
const SHOWING: Duration = Duration::from_millis(250);

/// What clones of an agent share.
pub(super) struct Inner {
    config: AgentConfig,
    core: Mutex<Option<Arc<Core>>>,
    background: TaskTracker,
    /// As whom acts are asked for.
    asker: Asker,
}

impl Inner {
    pub(super) fn new(config: AgentConfig, asker: Asker) -> Self {
        Self { config, core: Mutex::default(), background: TaskTracker::new(), asker }
    }

    pub(super) fn config(&self) -> &AgentConfig {
        &self.config
    }

    /// Where the key rests, in words.
    pub(super) fn vault(&self) -> String {
        self.config.vault.describe().into()
    }

    /// The opened agent. A failure is not kept: the next act tries again.
    pub(super) async fn core(&self) -> Result<Arc<Core>, Trouble> {
        let mut current = self.core.lock().await;
        if let Some(core) = current.as_ref().filter(|core| core.me.relay.is_some())
            && !core.is_outdated().await
        {
            return Ok(Arc::clone(core));
        }
        // Another process may have registered meanwhile, renewed the certificate, rotated the key or moved.
        let core = Arc::new(self.open().await?);
        *current = Some(Arc::clone(&core));
        Ok(core)
    }

    /// Opens anew at the next act: something that the opened agent holds has changed for good.
    pub(super) async fn forget(&self) {
        *self.core.lock().await = None;
    }

    async fn open(&self) -> Result<Core, Trouble> {
        let config = self.config.clone();
        let asker = self.asker;
        off_thread(move || {
            register::finish_creation(&config)?;
            let mut core = Core::open(&config)?;
            core.asker = asker;
            Ok(core)
        })
        .await
    }

    /// Makes identity and account.
    pub(super) async fn register(&self, request: Register) -> Result<Registered, RegisterError> {
        let name = register::checked_name(&request.name)?;
        let existing = match self.core().await {
            Ok(core) => Some(core),
            Err(Trouble::NoIdentity) => None,
            Err(trouble) => return Err(trouble.into()),
        };
        let relay = register::relay(&self.config, existing.as_deref(), &request)?;
        if let Some(core) = existing.as_ref().filter(|core| core.me.relay.is_some()) {
            let is_new = match request.join_token {
                Some(token) => went_back::register_with(core, token).await?,
                None => false,
            };
            // Where it was made again, the relay may have given it another handle.
            return Ok(register::view(&*self.core().await?, !is_new)?);
        }
        if existing.is_none() {
            let config = self.config.clone();
            off_thread(move || register::create_identity(&config, &name)).await?;
        }
        register::enrol(&self.core().await?, &relay, request.join_token).await?;
        let core = self.core().await?;
        register::publish(&core).await;
        Ok(register::view(&core, false)?)
    }

    /// Makes the home of a restored identity, then tells relay and peers.
    pub(super) async fn restore(&self, plan: RestorePlan) -> Result<Restored, RecoveryError> {
        let config = self.config.clone();
        tokio::task::spawn_blocking(move || restore::write_down(&config, &plan))
            .await
            .unwrap_or_else(|_| Err(Trouble::Internal("a thread ended in a fault").into()))?;
        self.forget().await;
        restore::announce(self, Mailbox::Unknown).await
    }

    /// Gives the agent a new device, then tells relay and peers.
    pub(super) async fn rotate(&self, words: Option<Entropy>) -> Result<Restored, RecoveryError> {
        let core = self.core().await?;
        // What arrived for the old device is read by it.
        drop(run::pull(&core).await);
        rotate::rotate(&core, words).await?;
        self.forget().await;
        restore::announce(self, Mailbox::Known).await
    }

    /// Marks what was given to a face before: it asks for the next thing, so it has shown it.
    pub(super) async fn catch_up(&self, core: &Arc<Core>) {
        drop(mail::inbox::mark_shown(core).await);
    }

    /// A moment later, marks what a face was given and sends receipts.
    pub(super) fn settle_soon(&self, core: Arc<Core>) {
        self.background.spawn(async move {
            tokio::time::sleep(SHOWING).await;
            run::settle(&core).await;
        });
    }

    /// Does now what is left, within a time.
    pub(super) async fn settle(&self, at_most: Duration) {
        let Some(core) = self.core.lock().await.clone() else { return };
        if core.me.relay.is_some() {
            drop(tokio::time::timeout(at_most, run::settle(&core)).await);
        }
    }

    /// Runs as soon as there is a registered identity.
    pub(super) async fn run(&self, cancel: CancellationToken) {
        while !cancel.is_cancelled() {
            if let Ok(core) = self.ready().await {
                run::forever(&core, &self.config.home, &cancel).await;
                if core.store.superseded().is_cancelled() {
                    return;
                }
                continue;
            }
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(LOOK_UP) => {}
            }
        }
    }

    /// The opened agent, without bothering the vault of a home that has none.
    async fn ready(&self) -> Result<Arc<Core>, Trouble> {
        if !self.config.home.marker().exists() {
            return Err(Trouble::NoIdentity);
        }
        let core = self.core().await?;
        core.net()?;
        Ok(core)
    }

    /// Unread mail, and what another session read alone; nothing when it cannot be known.
    pub(super) async fn mail_waiting(&self) -> (u64, u64) {
        let Some(core) = self.core.lock().await.clone() else { return (0, 0) };
        session::waiting(&core).await.unwrap_or((0, 0))
    }

    /// The unread mail; nothing when it cannot be known.
    pub(super) async fn mail_news(&self) -> Option<MailNews> {
        let core = self.core.lock().await.clone()?;
        session::news(&core).await.ok()
    }
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Trouble::Internal("a thread ended in a fault")))
}
