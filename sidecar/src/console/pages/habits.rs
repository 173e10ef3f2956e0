//! What the owner set for one peer beside its grant: how much the agent writes alone, and which receipts it gets.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::kept::{Form, Kept};
use super::peer;
use crate::agent::{Limits, LimitsView, PairView, Policy};
use crate::console::form::{Fields, Posted};
use crate::console::parts;
use crate::console::room::Room;
use crate::error::Words;
use crate::words;

/// How much is used, the button that begins the count anew, and the limits themselves.
pub(in crate::console) fn budget(
    room: &Room,
    pair: &PairView,
    view: &LimitsView,
    policy: Policy,
    kept: &Kept,
) -> Markup {
    let Limits { per_hour, per_day, bytes_per_day } = view.limits;
    let typed = kept.of(Form::Limits);
    let value =
        |name: &str, stands: u64| typed.map_or_else(|| stands.to_string(), |fields| fields.one(name).to_owned());
    html! {
        section.card {
            h2 { "What your agent writes while you are away" }
            p { (view.last_hour) " of " (per_hour) " messages within an hour, " (view.last_day) " of " (per_day) " within a day, " (view.bytes_last_day.div_ceil(1024)) " of " (bytes_per_day / 1024) " KiB." }
            form.stack method="post" action=(room.at(&format!("peer/{}/resume", pair.agent_id))) {
                (parts::secret(room))
                (parts::pin(policy))
                p.row { button.quiet { "Count anew" } span.hint { "At a limit its mail pauses until you were here: writing yourself and approving count too." } }
            }
            details open[typed.is_some()] {
                summary { "Change the limits …" }
                form.stack method="post" action=(room.at(&format!("peer/{}/limits", pair.agent_id))) {
                    (parts::secret(room))
                    div.inline {
                        (number("per_hour", "Messages within an hour", &value("per_hour", per_hour)))
                        (number("per_day", "Messages within a day", &value("per_day", per_day)))
                        (number("kib_per_day", "KiB of text within a day", &value("kib_per_day", bytes_per_day / 1024)))
                    }
                    (parts::pin(policy))
                    p.row { button.quiet { "Set the limits" } span.hint { "At 0 it writes nothing alone. What it may write about at all is on the page " a href=(room.at("authorizations#rules")) { "Authorizations" } "." } }
                }
            }
        }
    }
}

fn number(name: &str, label: &str, value: &str) -> Markup {
    html! { label.field { span { (label) } input type="number" name=(name) value=(value) min="0" step="1" required inputmode="numeric" autocomplete="off"; } }
}

/// Whether the peer is told that its mail was read.
pub(in crate::console) fn receipts(room: &Room, pair: &PairView) -> Markup {
    let (stands, button, told) = match pair.told_of_reading {
        true => (
            "It gets a signed receipt when its mail was shown to your agent or to you.",
            "Do not tell it any more",
            "off",
        ),
        false => ("It is not told when its mail was read.", "Tell it again", "on"),
    };
    html! {
        section.card #receipts {
            h2 { "Receipts" }
            p { (stands) " That it arrived is always confirmed: without that, mail would be sent again and again." }
            form method="post" action=(room.at(&format!("peer/{}/receipts", pair.agent_id))) {
                (parts::secret(room))
                button.quiet name="told" value=(told) { (button) }
            }
        }
    }
}

/// `POST peer/{peer}/resume`
pub(in crate::console) async fn resume(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    match room.agent.resume(&peer, parts::word(&fields)).await {
        Ok(name) => room.go(&format!("peer/{peer}"), format!("Your agent may write to {name} again.")),
        Err(error) => peer::refused(&room, &headers, &peer, &error.into(), &Kept::default()).await,
    }
}

/// `POST peer/{peer}/limits`
pub(in crate::console) async fn set_limits(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    let done = async {
        let wanted = limits(&fields)?;
        Ok::<_, Words>(room.agent.change_limits(&peer, move |_| wanted, parts::word(&fields)).await?)
    };
    match done.await {
        Ok(LimitsView { peer: name, limits: Limits { per_hour, per_day, .. }, .. }) => {
            let hour = words::count(per_hour, "message");
            let said = format!("Alone, your agent may write {hour} an hour to {name} and {per_day} a day.");
            room.go(&format!("peer/{peer}"), said)
        }
        Err(words) => peer::refused(&room, &headers, &peer, &words, &Kept::new(Form::Limits, fields)).await,
    }
}

/// The limits as they were typed.
pub(in crate::console) fn limits(fields: &Fields) -> Result<Limits, Words> {
    let number = |name: &str| {
        fields.one(name).trim().parse::<u64>().map_err(|_| Words {
            what: "a limit is a whole number".to_owned(),
            next: "Type a number such as 20 into each of the three fields.".to_owned(),
        })
    };
    Ok(Limits {
        per_hour: number("per_hour")?,
        per_day: number("per_day")?,
        bytes_per_day: number("kib_per_day")?.saturating_mul(1024),
    })
}

/// `POST peer/{peer}/receipts`
pub(in crate::console) async fn set_receipts(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    let told = fields.one("told") == "on";
    match room.agent.tell_of_reading(&peer, told).await {
        Ok(name) if told => room.go(&format!("peer/{peer}"), format!("{name} is told again when its mail was read.")),
        Ok(name) => room.go(&format!("peer/{peer}"), format!("{name} is no longer told when its mail was read.")),
        Err(error) => peer::refused(&room, &headers, &peer, &error.into(), &Kept::default()).await,
    }
}
