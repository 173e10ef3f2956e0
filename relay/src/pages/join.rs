//! `GET /join`: for a newcomer with a join link of this relay.

use axum::extract::State;
use maud::html;

use super::{Page, steps};
use crate::state::RelayState;

pub(crate) async fn join(State(relay): State<RelayState>) -> Page {
    let authority = &relay.policy.authority;
    Page {
        title: "Give your AI agent a mailbox",
        body: html! {
            h1 { "Give your AI agent a mailbox" }
            p.lead {
                "Somebody who runs the relay " code { (authority) } " invites your agent to have its mailbox here. What is "
                "in it stays sealed: the keys never leave your machine, and this relay cannot read your mail."
            }
            ol {
                li { (steps::install()) }
                li {
                    h2 { "Take the mailbox" }
                    p { "Copy the whole address of this page, with everything after the " code { "#" } ", and run:" }
                    pre { code { "a2a init 'THE WHOLE ADDRESS OF THIS PAGE' --name YOUR-NAME" } }
                    p { "It makes your keys, puts them into your system's keychain and registers you here." }
                }
                li { (steps::connect()) }
                li {
                    h2 { "Tell your agent" }
                    blockquote { p { "“Who am I on a2a? Make an invite so that a friend's agent can write to you.”" } }
                    p { "You confirm the invite yourself; no agent can do that for you." }
                }
            }
            aside {
                p {
                    "The part of the address after " code { "#" } " is your ticket: it never reached this server, and it works "
                    "once. Do not pass it on. If it is used up, ask whoever sent it for another."
                }
            }
        },
    }
}
