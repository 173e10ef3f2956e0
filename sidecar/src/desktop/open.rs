//! What a notification's button opens: the page of the act that waits longest, else the console.

use tokio::task::JoinHandle;

use crate::agent::Agent;
use crate::approval::Page;
use crate::console::{Console, Links};
use crate::loopback::open_in_browser;

/// The pages of this process.
#[derive(Default)]
pub(super) struct Pages {
    console: Option<(Links, JoinHandle<()>)>,
}

impl Pages {
    /// Opens the one that is needed now, in the owner's browser.
    pub(super) async fn open(&mut self, agent: &Agent) {
        let link = match act(agent).await {
            Some(link) => Some(link),
            None => self.console(agent).await,
        };
        match link {
            Some(link) if open_in_browser(&link).await => {}
            _ => tracing::warn!("no page could be opened: run `a2a approve` or `a2a console` in a terminal"),
        }
    }

    /// A fresh link into the console, which is served until the owner closes it or looks at it no more, or this process ends.
    async fn console(&mut self, agent: &Agent) -> Option<String> {
        if let Some((links, served)) = &self.console
            && !served.is_finished()
        {
            return links.fresh().ok();
        }
        // This computer's clients are shown by the console that its owner started.
        let console = Console::open(agent.clone(), None, 0).await.ok()?;
        let links = console.links();
        let link = links.fresh().ok();
        let served = tokio::spawn(console.serve_while_watched());
        self.console = Some((links, served));
        link
    }
}

/// The link to the page of an act that waits.
async fn act(agent: &Agent) -> Option<String> {
    let acts = agent.pending().await.ok()?;
    let page = Page::open(agent.clone(), &acts.first()?.id).await.ok()?;
    Some(page.url().to_owned())
}
