//! "Mark as read" marks what the page shows, and says what the sender is told.

use super::inert::{agent_id, assert_inert, hostile_message};
use super::room;
use crate::agent::{Direction, InboxMessage, ThreadPage};
use crate::console::pages::inbox;

fn message(direction: Direction, unread: bool) -> InboxMessage {
    InboxMessage { unread, ..hostile_message("x", direction, None) }
}

#[tokio::test]
async fn the_form_names_what_is_new_on_its_page_and_nothing_else() {
    let (_folder, room) = room().await;
    let messages = vec![
        message(Direction::Received, true),
        message(Direction::Received, false),
        message(Direction::Sent, true),
        message(Direction::Received, true),
    ];
    let new = [messages[0].message_id, messages[3].message_id].map(|id| id.to_string());
    let page = ThreadPage { peer: "bob".to_owned(), agent_id: agent_id(), messages, next_cursor: None };
    let html = inbox::mark_form(&room, &page, true, Some("4.0.7.9")).into_string();
    assert_eq!(html.matches("name=\"shown\"").count(), 2, "{html}");
    assert!(new.iter().all(|id| html.contains(&format!("name=\"shown\" value=\"{id}\""))), "{html}");
    assert!(html.contains("name=\"before\" value=\"4.0.7.9\"") && html.contains("bob gets a signed receipt"), "{html}");
    assert!(html.starts_with("<details"), "one press does nothing: {html}");
    let untold = inbox::mark_form(&room, &page, false, None).into_string();
    assert!(
        untold.contains("bob is not told") && !untold.contains("receipt") && !untold.contains("before"),
        "{untold}"
    );
    assert_inert(&inbox::mark_form(&room, &page, true, Some("\"><script>")).into_string());

    let read = vec![message(Direction::Received, false)];
    let page = ThreadPage { messages: read, ..page };
    assert!(inbox::mark_form(&room, &page, true, None).into_string().is_empty());
}
