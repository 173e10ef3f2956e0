//! What tells the owner, or the owner's model, that mail waits: which of it is on, and how to change that.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::api::{WebhookDeliveries, WebhookState};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::clients::Seen;
use crate::agent::WebhookError;
use crate::clients::has_plugin;
use crate::console::computer::Computer;
use crate::console::form::Posted;
use crate::console::parts;
use crate::console::room::Room;
use crate::console::shell::Place;
use crate::error::Words;
use crate::login_service::Standing;

/// How long the page waits for the relay.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether our relay calls a server of the owner's.
pub(in crate::console) enum Hook {
    /// It does, or would.
    Set(WebhookDeliveries),
    /// It does not.
    Unset,
    /// It could not be asked; why.
    Unknown(String),
}

/// Asks the relay about its webhook.
pub(super) async fn hook(room: &Room) -> Hook {
    match tokio::time::timeout(PATIENCE, room.agent.webhook_deliveries()).await {
        Ok(Ok(deliveries)) => Hook::Set(deliveries),
        Ok(Err(WebhookError::None)) => Hook::Unset,
        Ok(Err(error)) => Hook::Unknown(Words::from(error).what),
        Err(_) => Hook::Unknown("the relay took too long to answer".to_owned()),
    }
}

/// The service that watches, and whether Claude Code's plugin does.
pub(in crate::console) struct Watching {
    pub(in crate::console) service: Standing,
    pub(in crate::console) has_plugin: bool,
}

/// Reads it from files.
pub(in crate::console) fn watching(computer: &Computer) -> Watching {
    Watching { service: computer.login_service().standing(&computer.program), has_plugin: has_plugin(&computer.places) }
}

/// One way to be told.
struct Way {
    name: &'static str,
    mark: (&'static str, &'static str),
    told: Markup,
}

const ON: (&str, &str) = ("mark good", "on");
const OFF: (&str, &str) = ("mark plain", "off");
const LOOK: (&str, &str) = ("mark warn", "look");

/// The section of the settings.
pub(in crate::console) fn section(
    room: &Room,
    seen: Option<&[Seen]>,
    watching: Option<&Watching>,
    on_desktop: bool,
    hook: &Hook,
) -> Markup {
    let here = [seen.map(at_start), watching.map(monitor), watching.map(at_login), watching.map(program)];
    let ways = here.into_iter().flatten().chain([desktop(room, on_desktop), webhook(room, hook)]);
    html! {
        section.card #notifications {
            h2 { "Notifications" }
            p.hint { "What says that mail waits while you do not look. Each of them says only that, or hands a message to a program of yours; none of it shows a peer's words to anybody else." }
            ul.checks.clients {
                @for Way { name, mark: (class, word), told } in ways { li { span class=(class) { (word) } div { b { (name) } div { (told) } } } }
            }
        }
    }
}

fn at_start(seen: &[Seen]) -> Way {
    let here = || seen.iter().filter(|one| one.is_here);
    let told: Vec<&str> = here().filter(|one| one.tells == Some(true)).map(|one| one.client.title()).collect();
    let not: Vec<&Seen> = here().filter(|one| one.tells == Some(false)).collect();
    let told_words = html! {
        @if told.is_empty() { "No client's session is told by a hook. " }
        @else { "A starting session is told how much mail waits: " (told.join(", ")) ". " }
        @for one in &not { code { "a2a install " (one.client.word()) } " sets the hook up for " (one.client.title()) ". " }
        "Clients without hooks are asked by a2a itself to look first."
    };
    Way { name: "When a session starts", mark: if told.is_empty() { OFF } else { ON }, told: told_words }
}

fn monitor(watching: &Watching) -> Way {
    let told = match watching.has_plugin {
        true => {
            html! { "Claude Code's plugin shows one line whenever mail comes, and looks again before a session stops." }
        }
        false => {
            html! { "In Claude Code, with the plugin a2a: one line whenever mail comes (" code { "a2a monitor" } "). It is not switched on here." }
        }
    };
    Way { name: "While a session runs", mark: if watching.has_plugin { ON } else { OFF }, told }
}

fn at_login(watching: &Watching) -> Way {
    let (mark, told) = match &watching.service {
        Standing::Absent => (
            OFF,
            html! { "Mail comes and goes only while a client or this console runs. To let the system see to it whenever you are logged in: " code { "a2a watch --install" } },
        ),
        Standing::Present { file, is_ours: true, .. } => (
            ON,
            html! { "The system starts " code { "a2a watch" } " when you log in, by " code { (file.display()) } ". To end that: " code { "a2a watch --uninstall" } },
        ),
        Standing::Present { file, is_ours: false, .. } => (
            LOOK,
            html! { code { (file.display()) } " starts another program than this one, or for another agent. To mend it: " code { "a2a watch --install" } },
        ),
        Standing::Unreadable(why) => (LOOK, html! { "The login service's file cannot be read: " (why) "." }),
    };
    Way { name: "While no client runs", mark, told }
}

fn program(watching: &Watching) -> Way {
    let hands_over = matches!(watching.service, Standing::Present { hands_over: true, .. });
    let told = match hands_over {
        true => {
            html! { "The login service hands each new message to a program of yours. To set another: " code { "a2a watch --install --exec PROGRAM" } }
        }
        false => {
            html! { "A program that is run for each new message, with the message on its standard input: " code { "a2a watch --install --exec PROGRAM" } }
        }
    };
    Way { name: "A program of yours", mark: if hands_over { ON } else { OFF }, told }
}

/// The desktop is told counts and no words, so one press of a button turns it on or off.
fn desktop(room: &Room, is_on: bool) -> Way {
    let (button, to) = if is_on { ("Turn it off", "off") } else { ("Turn it on", "on") };
    let told = html! {
        @if is_on { p { "Your desktop says, by count only, when something waits for you, while a client or " code { "a2a watch" } " runs." } }
        @else { p { "Your desktop is told nothing." } }
        form method="post" action=(room.at("notify")) { (parts::secret(room)) button.quiet name="notify" value=(to) aria-label={ (button) ": the desktop's notifications" } { (button) } }
    };
    Way { name: "On the desktop", mark: if is_on { ON } else { OFF }, told }
}

/// `POST notify`
pub(in crate::console) async fn set(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    let wanted = fields.one("notify") == "on";
    match room.agent.set_notifies(wanted).await {
        Ok(()) if wanted => room.go("settings#notifications", "The desktop says when something waits for you."),
        Ok(()) => room.go("settings#notifications", "The desktop is told nothing any more."),
        Err(error) => room.show(&headers, Place::Settings, Err(error.into())).await,
    }
}

fn webhook(room: &Room, hook: &Hook) -> Way {
    let change = html! { "To change it: " code { "a2a webhook set URL" } ", " code { "a2a webhook remove" } };
    let (mark, told) = match hook {
        Hook::Unset => {
            (OFF, html! { "Your relay can call a server of yours when mail waits: " code { "a2a webhook set URL" } })
        }
        Hook::Unknown(why) => (LOOK, html! { "Your relay knows, and could not be asked: " (parts::sentence(why)) }),
        Hook::Set(known) => match known.state {
            WebhookState::Active => {
                (ON, html! { "Your relay calls it when mail waits" (last(room, known)) ". " (change) })
            }
            WebhookState::Unverified => {
                (LOOK, html! { "It did not send the challenge back yet, so it is not called. " (change) })
            }
            WebhookState::Disabled => {
                (LOOK, html! { "It failed for a day or said that it is gone, so it is not called any more. " (change) })
            }
        },
    };
    Way { name: "A server of yours", mark, told }
}

fn last(room: &Room, known: &WebhookDeliveries) -> Markup {
    html! {
        @if let Some(call) = known.deliveries.first() {
            "; the last call " @if call.delivered { "was taken " } @else { "failed " } (parts::time(call.at, room.now()))
        }
    }
}
