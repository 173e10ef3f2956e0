//! The agent of this process, opened at the first need and again after a failure.

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::reply::Failure;
use crate::agent::{Agent, AgentConfig};
use crate::desktop;

/// Opens the agent once it can be opened: a locked keychain or an unwritable folder is told to the model as an
/// error of the call, and the next call tries again.
#[derive(Debug)]
pub(super) struct LazyAgent {
    config: AgentConfig,
    opened: OnceCell<Agent>,
    stop: CancellationToken,
    background: TaskTracker,
}

impl LazyAgent {
    /// An agent whose background work ends with `stop`.
    pub(super) fn new(config: AgentConfig, stop: CancellationToken) -> Self {
        Self { config, opened: OnceCell::new(), stop, background: TaskTracker::new() }
    }

    /// The agent, collecting and sending in the background from the first time on.
    pub(super) async fn open(&self) -> Result<&Agent, Failure> {
        let open = async || {
            let agent = Agent::open(self.config.clone()).await?;
            let (background, stop) = (agent.clone(), self.stop.clone());
            let (owner, home, over) = (agent.clone(), self.config.home.clone(), self.stop.clone());
            self.background.spawn(async move { background.run(stop).await });
            self.background
                .spawn(async move { over.run_until_cancelled(desktop::tell(&owner, &home)).await.map(drop) });
            Ok(agent)
        };
        self.opened.get_or_try_init(open).await
    }

    /// How many messages wait, and how many another session read; none as long as the agent is not open.
    pub(super) async fn unread(&self) -> (u64, u64) {
        match self.opened.get() {
            Some(agent) => agent.session_mail().await,
            None => (0, 0),
        }
    }

    /// Waits until the background work has ended after its stop.
    pub(super) async fn stopped(&self) {
        self.background.close();
        self.background.wait().await;
    }
}
