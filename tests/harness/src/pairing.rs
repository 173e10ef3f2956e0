//! Two people whose agents may write to each other.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::{Owner, Session, World, eventually};

/// Alice and Bob, registered at their relays and paired by Bob's invite.
pub struct Pair {
    /// Alice, on the first relay: she accepted the invite.
    pub alice: Session,
    /// Bob, on the second relay: he made the invite.
    pub bob: Session,
}

impl World {
    /// Alice and Bob, both with owners who accept, paired with these scopes.
    pub async fn paired(&self, scopes: &[&str]) -> Result<Pair> {
        let alice = self.registered("alice", Owner::Accepts).await?;
        let bob = self.registered("bob", Owner::Accepts).await?;
        let pair = Pair { alice, bob };
        pair.pair(scopes).await?;
        Ok(pair)
    }
}

impl Pair {
    /// Pairs them by an invite of Bob's, and waits until both know.
    pub async fn pair(&self, scopes: &[&str]) -> Result<()> {
        let invite = self.bob.invite(scopes).await?;
        self.alice.call("a2a_authorize", json!({ "peer": invite })).await?;
        self.bob.knows("alice").await?;
        self.alice.knows("bob").await
    }
}

impl Session {
    /// Makes an invite with these scopes and gives its link.
    pub async fn invite(&self, scopes: &[&str]) -> Result<String> {
        let made = self.call("a2a_invite", json!({ "scopes": scopes })).await?;
        let link = made["invite"].as_str().with_context(|| format!("no invite in {made}"))?;
        Ok(link.to_owned())
    }

    /// Waits until the peer with this petname is paired.
    pub async fn knows(&self, petname: &str) -> Result<()> {
        eventually(&format!("{} to be paired with {petname}", self.home().name()), async || {
            Ok(self.peer(petname).await?.filter(|peer| peer["state"] == "paired").map(|_| ()))
        })
        .await
    }

    /// What `a2a_list_peers` says of the peer with this petname.
    pub async fn peer(&self, petname: &str) -> Result<Option<Value>> {
        self.call("a2a_check_inbox", json!({ "unread_only": true, "limit": 1, "peer": petname })).await.ok();
        let peers = self.call("a2a_list_peers", json!({})).await?;
        let pairs = peers["peers"].as_array().or(peers["pairs"].as_array()).cloned().unwrap_or_default();
        Ok(pairs.into_iter().find(|peer| peer["petname"] == petname))
    }

    /// Sends a message and gives the answer of `a2a_send_message`.
    pub async fn send(&self, to: &str, body: &str) -> Result<Value> {
        self.call("a2a_send_message", json!({ "recipient_id": to, "body": body })).await
    }

    /// Waits until a message with this body is in the inbox, read or unread, and gives it.
    pub async fn receives(&self, body: &str) -> Result<Value> {
        eventually(&format!("{} to receive {body:?}", self.home().name()), async || {
            let inbox = self.inbox().await?;
            Ok(inbox.into_iter().find(|message| says(message, body)))
        })
        .await
    }

    /// Every message of the inbox, oldest first; its pages go back in time.
    pub async fn inbox(&self) -> Result<Vec<Value>> {
        let pages = self.pages("a2a_check_inbox", json!({ "unread_only": false, "limit": 50 })).await?;
        Ok(pages.into_iter().rev().flatten().collect())
    }

    /// The whole conversation with a peer, oldest first; its pages go back in time.
    pub async fn thread(&self, peer: &str) -> Result<Vec<Value>> {
        let pages = self.pages("a2a_read_thread", json!({ "peer": peer, "limit": 50 })).await?;
        Ok(pages.into_iter().rev().flatten().collect())
    }

    /// How far our message with this id got, in the conversation with `peer`.
    pub async fn state_of(&self, peer: &str, message_id: &Value) -> Result<Value> {
        let thread = self.thread(peer).await?;
        let found = thread.into_iter().find(|message| message["message_id"] == *message_id);
        let message = found.with_context(|| format!("{message_id} is not in the thread with {peer}"))?;
        Ok(message["state"].clone())
    }

    /// Waits until our message with this id got as far as `state`.
    pub async fn sees_state(&self, peer: &str, message_id: &Value, state: &str) -> Result<()> {
        let what = format!("{message_id} to be {state} for {}", self.home().name());
        eventually(&what, async || {
            // Receipts are collected with the mail.
            self.call("a2a_check_inbox", json!({ "unread_only": true })).await?;
            let now = self.state_of(peer, message_id).await?;
            Ok((now == state || now["state"] == state).then_some(()))
        })
        .await
    }

    async fn pages(&self, tool: &str, mut query: Value) -> Result<Vec<Vec<Value>>> {
        let mut pages = Vec::new();
        loop {
            let page = self.call(tool, query.clone()).await?;
            let Some(messages) = page["messages"].as_array() else { bail!("no messages in {page}") };
            pages.push(messages.clone());
            if !page["next_cursor"].is_string() {
                return Ok(pages);
            }
            query["cursor"] = page["next_cursor"].clone();
        }
    }
}

/// What a peer wrote in a shown message, without the marks and line prefixes it is shown with; own text as it is.
pub fn written(message: &Value) -> String {
    let body = message["body"].as_str().unwrap_or_default();
    let mut lines = body.lines().skip_while(|line| !line.starts_with("<<peer-text "));
    if lines.next().is_none() {
        return body.to_owned();
    }
    let inside = lines.take_while(|line| !line.starts_with("<<end peer-text "));
    inside.map(|line| line.strip_prefix("| ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// Whether a message carries this body, inside whatever fence it is shown.
fn says(message: &Value, body: &str) -> bool {
    message["body"].as_str().is_some_and(|shown| shown.contains(body))
}
