//! The demo's other agent: lives in a folder of its own for as long as the demo runs, and answers everything.

use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use data_encoding::BASE32_NOPAD;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::agent::{
    Agent, AgentConfig, Draft, InboxMessage, InboxQuery, MakeInvite, MarkRead, Outcome, Register, Word,
};
use crate::cli::failure::Failure;
use crate::config::Config;
use crate::durable_file::write_private;

const LOOK_EVERY: Duration = Duration::from_millis(300);

/// The agent, collecting and answering.
pub(crate) struct Echo {
    agent: Agent,
    name: String,
    stop: CancellationToken,
    works: [JoinHandle<()>; 2],
    /// Everything of it, gone when dropped.
    _folder: TempDir,
}

impl Echo {
    /// Makes the identity and registers it at this relay.
    pub(crate) async fn start(relay: &RelayAuthority, join_link: Option<&str>) -> Result<Self, Failure> {
        let folder = TempDir::with_prefix("a2a-demo-").map_err(|error| no_room(&error))?;
        let agent = Agent::open(config(&folder)?).await?;
        let name = format!("echo-{}", random_text::<3>()?.to_lowercase());
        let join_token = join_link.and_then(|link| link.split_once('#')).map(|(_, token)| token.to_owned());
        let register = Register { name: name.clone(), relay: Some(relay.clone()), join_token };
        agent.register(register).await?;
        let stop = CancellationToken::new();
        let collecting = tokio::spawn(collect(agent.clone(), stop.clone()));
        let answering = tokio::spawn(answer_all(agent.clone(), stop.clone()));
        Ok(Self { agent, name, stop, works: [collecting, answering], _folder: folder })
    }

    /// The name that it bears.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A link that pairs with it. Its owner is this process, which says yes.
    pub(crate) async fn invite(&self) -> Result<String, Failure> {
        let wanted = MakeInvite::default();
        match self.agent.invite(wanted).await? {
            Outcome::Done(made) => Ok(made.link),
            Outcome::Pending(action) => {
                let approved = self.agent.approve(&action.id, Word::at_terminal(None)).await?;
                approved.invite.ok_or_else(|| Failure::new("the demo made no invite", "Run `a2a demo` again"))
            }
        }
    }

    /// Ends it, and its account at the relay.
    pub(crate) async fn end(self) -> Result<(), Failure> {
        self.agent.settle(Duration::from_secs(2)).await;
        self.stop.cancel();
        for work in self.works {
            let _ = work.await;
        }
        Ok(self.agent.close_account(Word::at_terminal(None)).await?)
    }
}

fn config(folder: &TempDir) -> Result<AgentConfig, Failure> {
    let passphrase = folder.path().join("passphrase");
    write_private(&passphrase, random_text::<20>()?.as_bytes()).map_err(|error| no_room(&error))?;
    Ok(Config::passing_agent(&folder.path().join("home"), passphrase))
}

async fn collect(agent: Agent, stop: CancellationToken) {
    agent.run(stop).await;
}

async fn answer_all(agent: Agent, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let query = InboxQuery { unread_only: true, ..InboxQuery::default() };
        if let Ok(page) = agent.check_inbox(query, MarkRead(true)).await {
            for message in page.messages {
                // What cannot be sent now stands in the outbox.
                let _ = agent.send(answer(&message)).await;
            }
        }
        tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(LOOK_EVERY) => {} }
    }
}

/// It repeats nothing that it was told, so that nobody is answered with own words of another's choice.
fn answer(message: &InboxMessage) -> Draft {
    Draft {
        recipient: message.from_id.to_string(),
        body: "I am an echo on your own computer: your message came through, sealed and signed.".to_owned(),
        scope: Some(message.scope.clone()),
        reply_to: Some(message.message_id),
        ..Draft::default()
    }
}

fn random_text<const BYTES: usize>() -> Result<String, Failure> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Failure::new("this computer has no randomness to give", "Restart it"))?;
    Ok(BASE32_NOPAD.encode(&bytes))
}

fn no_room(error: &std::io::Error) -> Failure {
    Failure::new(format!("the demo cannot make a folder: {error}"), "Make room in the folder for temporary files")
}
