//! One call of a tool: who asks, what the client can show its owner, and the owner's answer if it brings one.

use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    ElicitResult, ElicitationCapability, InputResponses, JsonObject, ProgressNotificationParam, ProtocolVersion,
};
use rmcp::service::RequestContext;
use sha2::{Digest as _, Sha256};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use super::reply::Failure;
use super::server::Server;
use crate::agent::{Agent, Policy, Transfer};

/// The name under which a question to the owner stands in a result, and its answer in the retry.
pub(super) const OWNER: &str = "owner";

/// How often a client hears that a call is alive.
const BEAT: Duration = Duration::from_secs(5);

/// How the client can put a question to its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asking {
    /// A form that the client shows, with this text.
    Form(String),
    /// A link that the client opens.
    Link,
    /// Not at all.
    Nothing,
}

/// A call under way.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) server: &'a Server,
    pub(super) context: RequestContext<RoleServer>,
    /// Binds an answer to this tool and these arguments.
    pub(super) fingerprint: Vec<u8>,
    /// What the client sends back beside an answer.
    pub(super) state: Option<String>,
    /// The owner's answer to the question of an earlier round.
    pub(super) answer: Option<ElicitResult>,
}

impl<'a> Call<'a> {
    pub(super) fn new(
        server: &'a Server,
        context: RequestContext<RoleServer>,
        tool: &str,
        arguments: &JsonObject,
        state: Option<String>,
        responses: Option<InputResponses>,
    ) -> Self {
        let answer = responses.and_then(|mut responses| responses.remove(OWNER));
        Self {
            server,
            context,
            fingerprint: fingerprint(tool, arguments),
            state,
            answer: answer.and_then(|answer| serde_json::from_value(answer).ok()),
        }
    }

    /// The agent, or why it cannot be had.
    pub(super) async fn agent(&self) -> Result<&'a Agent, Failure> {
        self.server.agent().await
    }

    /// Tells the client every few seconds that the call is alive and what was last said of it; never returns.
    pub(super) async fn progress(&self, mut said: UnboundedReceiver<String>, total: Option<Duration>) {
        let (started, mut beat) = (Instant::now(), tokio::time::interval(BEAT));
        let mut last = "working".to_owned();
        let mut is_open = true;
        loop {
            tokio::select! {
                word = said.recv(), if is_open => match word {
                    Some(word) => last = word,
                    None => is_open = false,
                },
                _ = beat.tick() => {}
            }
            self.tell(started.elapsed().as_secs_f64(), total.map(|total| total.as_secs_f64()), &last).await;
        }
    }

    /// Does what takes time, while the client hears what is said of it.
    pub(super) async fn during<T, E>(
        &self,
        said: UnboundedReceiver<String>,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        tokio::select! {
            done = work => Ok(done?),
            () = self.progress(said, None) => Err(Failure::new("cancelled", "the call ended", "Call again.")),
        }
    }

    async fn tell(&self, progress: f64, total: Option<f64>, word: &str) {
        let Some(token) = self.context.meta.get_progress_token() else { return };
        let mut said = ProgressNotificationParam::new(token, progress).with_message(word.to_owned());
        said.total = total;
        if let Err(error) = self.context.peer.notify_progress(said).await {
            tracing::debug!(%error, "the client could not be told of progress");
        }
    }

    /// Whether this request belongs to the era without requests from the server, from 2026-07-28 on.
    pub(super) fn is_stateless(&self) -> bool {
        let version = self.context.protocol_version();
        version.is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
    }

    /// How this client can ask its owner; `whole` is everything that the approval covers, if a form has room for it.
    pub(super) fn asking(&self, policy: Policy, whole: Option<String>) -> Asking {
        let capabilities = self.context.client_capabilities();
        match capabilities.and_then(|capabilities| capabilities.elicitation) {
            Some(offered) => asking(&offered, policy, whole),
            None => Asking::Nothing,
        }
    }
}

/// A form where both are offered, and where neither is named; but none with a PIN, since a program may fill it in, and
/// none that would take a yes for what it does not show.
fn asking(offered: &ElicitationCapability, policy: Policy, whole: Option<String>) -> Asking {
    let whole = whole.filter(|_| policy != Policy::Pin);
    match (whole, &offered.form, &offered.url) {
        (_, None, Some(_)) | (None, _, Some(_)) => Asking::Link,
        (Some(whole), _, _) => Asking::Form(whole),
        (None, _, None) => Asking::Nothing,
    }
}

/// Who tells of files on their way, and who hears it.
pub(super) fn transfers() -> (impl Fn(Transfer) + Send + Sync, UnboundedReceiver<String>) {
    let (said, hear) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |Transfer { place, done, size }| {
        said.send(format!("file {place}: {}%", done * 100 / size.max(1))).ok();
    };
    (tell, hear)
}

/// SHA-256 over the tool's name and its arguments, whose keys are in order.
fn fingerprint(tool: &str, arguments: &JsonObject) -> Vec<u8> {
    let arguments = serde_json::to_vec(arguments).unwrap_or_default();
    Sha256::new().chain_update(tool).chain_update([0]).chain_update(arguments).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use rmcp::model::{FormElicitationCapability, UrlElicitationCapability};

    use super::*;

    #[test]
    fn a_form_is_offered_only_where_it_shows_everything_and_may_count() {
        let form = ElicitationCapability::new().with_form(FormElicitationCapability::default());
        let link = ElicitationCapability::new().with_url(UrlElicitationCapability::default());
        let both = form.clone().with_url(UrlElicitationCapability::default());
        let whole = || Some("all of it".to_owned());
        let shown = || Asking::Form("all of it".to_owned());
        for (offered, policy, whole, expected) in [
            (&form, Policy::Confirm, whole(), shown()),
            (&both, Policy::Confirm, whole(), shown()),
            (&link, Policy::Confirm, whole(), Asking::Link),
            (&ElicitationCapability::new(), Policy::Confirm, whole(), shown()),
            (&form, Policy::Confirm, None, Asking::Nothing),
            (&both, Policy::Confirm, None, Asking::Link),
            (&ElicitationCapability::new(), Policy::Confirm, None, Asking::Nothing),
            (&form, Policy::Pin, whole(), Asking::Nothing),
            (&both, Policy::Pin, whole(), Asking::Link),
        ] {
            assert_eq!(asking(offered, policy, whole), expected, "{offered:?} {policy:?}");
        }
    }
}
