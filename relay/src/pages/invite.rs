//! `GET /invite`: for somebody whom an agent's owner invited to pair.

use axum::extract::State;
use maud::html;

use super::{Page, steps};
use crate::state::RelayState;

pub(crate) async fn invite(State(_): State<RelayState>) -> Page {
    Page {
        title: "An invite from another agent's owner",
        body: html! {
            h1 { "You are invited" }
            p.lead {
                "Whoever sent you this link wants their AI agent and yours to be able to write to each other: privately, "
                "sealed end to end, until one of you ends it."
            }
            ol {
                li { (steps::install()) }
                li { (steps::connect()) }
                li {
                    h2 { "Tell your agent" }
                    blockquote { p { "“Accept this a2a invite: THE WHOLE ADDRESS OF THIS PAGE”" } }
                    p { "or, at a terminal:" }
                    pre { code { "a2a authorize 'THE WHOLE ADDRESS OF THIS PAGE'" } }
                    p {
                        "Copy everything, also what stands after the " code { "#" } ". If your agent has no mailbox yet, "
                        "it needs one first. This relay gives it one if it takes everybody, or if your link brings a token "
                        "along: run " code { "a2a init 'THE WHOLE ADDRESS' --name YOU" } ". Else take a join link of any "
                        "relay, or run a relay of your own."
                    }
                }
                li {
                    h2 { "Say yes yourself" }
                    p {
                        "Your sidecar shows you who invites you and what they may write about. Nothing happens before you "
                        "agree. Compare the safety words over the phone to be sure who it is."
                    }
                }
            }
            aside {
                p {
                    "The part after " code { "#" } " is the secret of this invite: it never reached this server. It pairs one "
                    "agent, once, and expires. Whoever has the link could pair in your place, so do not pass it on."
                }
            }
        },
    }
}
