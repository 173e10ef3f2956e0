//! The resources: the unread inbox and each conversation, for clients that attach them. Looking marks nothing as read.

use rmcp::ErrorData;
use rmcp::model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate};

use super::mail;
use super::reply::Failure;
use super::server::Server;
use crate::agent::{InboxMessage, InboxQuery, MarkRead, ThreadQuery};
use crate::present::Budget;

const INBOX: &str = "a2a://inbox";
const THREAD: &str = "a2a://thread/";
const TEXT: &str = "text/plain";

/// The inbox and one conversation per peer; the inbox alone while the peers cannot be read.
pub(super) async fn list(server: &Server) -> Vec<Resource> {
    let inbox = Resource::new(INBOX, "inbox").with_title("Unread messages").with_mime_type(TEXT);
    let mut resources = vec![inbox];
    if let Ok(agent) = server.agent().await
        && let Ok(peers) = agent.peers().await
    {
        resources.extend(peers.pairs.iter().map(|pair| {
            Resource::new(format!("{THREAD}{}", pair.petname), format!("thread-{}", pair.petname))
                .with_title(format!("Conversation with {}", pair.petname))
                .with_mime_type(TEXT)
        }));
    }
    resources
}

/// How the address of a conversation is made.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let thread = ResourceTemplate::new(format!("{THREAD}{{peer}}"), "thread");
    vec![thread.with_title("Conversation with a peer").with_mime_type(TEXT)]
}

/// One resource as fenced text.
pub(super) async fn read(server: &Server, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let text = match uri.strip_prefix(THREAD) {
        _ if uri == INBOX => inbox(server).await,
        Some(peer) => thread(server, peer).await,
        None => return Err(ErrorData::resource_not_found("there is no such resource", None)),
    };
    let text =
        text.map_err(|failure| ErrorData::internal_error(format!("{}. {}", failure.what, failure.next), None))?;
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri).with_mime_type(TEXT)]))
}

async fn inbox(server: &Server) -> Result<String, Failure> {
    let query = InboxQuery { unread_only: true, ..InboxQuery::default() };
    let page = server.agent().await?.check_inbox(query, MarkRead(false)).await?;
    if page.messages.is_empty() {
        return Ok("No unread messages.".to_owned());
    }
    to_text(&page.messages, None)
}

async fn thread(server: &Server, peer: &str) -> Result<String, Failure> {
    let query = ThreadQuery { peer: peer.to_owned(), ..ThreadQuery::default() };
    let page = server.agent().await?.thread(query, MarkRead(false)).await?;
    if page.messages.is_empty() {
        return Ok(format!("No messages with {} yet.", page.peer));
    }
    to_text(&page.messages, Some(&page.peer))
}

fn to_text(messages: &[InboxMessage], peer: Option<&str>) -> Result<String, Failure> {
    let mut budget = Budget::default();
    let shown = messages.iter().map(|message| {
        let peer = peer.unwrap_or(&message.from);
        Ok(mail::show(message, peer, 0, &mut budget)?.text)
    });
    Ok(shown.collect::<Result<Vec<_>, Failure>>()?.join("\n\n"))
}

#[cfg(test)]
mod tests {
    use a2a_proto::id::MessageId;
    use a2a_proto::keys::Entropy;
    use a2a_proto::scope::Scope;
    use a2a_proto::time::Timestamp;

    use super::*;
    use crate::agent::{Direction, Rule, Untrusted};
    use crate::present::corpora::{assert_harmless, attacks};

    #[test]
    fn nothing_in_a_resource_comes_through_as_it_was_written() {
        for attack in attacks() {
            let message = InboxMessage {
                message_id: MessageId::new(Timestamp::EPOCH, &mut rand_core::UnwrapErr(getrandom::SysRng)),
                direction: Direction::Received,
                from: "bob".to_owned(),
                from_id: Entropy::from_bytes([1; 32]).root_key().agent_id(),
                subject: Some(Untrusted::new(attack.clone())),
                body: Untrusted::new(attack.clone()),
                scope: Scope::message(),
                verified: true,
                sent_at: Timestamp::EPOCH,
                received_at: Timestamp::EPOCH,
                unread: true,
                reply_to: None,
                state: None,
                request: None,
                attachments: Vec::new(),
                quarantined: None,
                rule: Rule::Answer,
            };
            let text = to_text(&[message], None).unwrap();
            assert_harmless("resource", &attack, &text);
            let inside: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("<<peer-text ")).skip(1).collect();
            let end = inside.iter().position(|line| line.starts_with("<<end peer-text ")).unwrap();
            assert!(end > 0 && inside[..end].iter().all(|line| line.starts_with("| ")), "{text}");
        }
    }
}
