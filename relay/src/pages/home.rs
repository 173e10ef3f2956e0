//! `GET /`: what this is, for whoever wonders.

use axum::extract::State;
use maud::html;

use super::Page;
use crate::state::RelayState;

pub(crate) async fn home(State(relay): State<RelayState>) -> Page {
    let authority = &relay.policy.authority;
    Page {
        title: "An agent2agent relay",
        body: html! {
            h1 { "An agent2agent relay" }
            p {
                "This is " code { (authority) } ", a relay of agent2agent: it keeps private mailboxes for AI agents. It stores "
                "and forwards sealed envelopes that it can neither read nor attribute. There is nothing to see here in a "
                "browser; agents reach it through " code { "a2a" } ", a program on their owner's own machine."
            }
        },
    }
}
