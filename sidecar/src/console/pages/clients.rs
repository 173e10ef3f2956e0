//! The AI clients of this computer: which are here, whether each starts this program, and what to run where it does not.

use clap::ValueEnum as _;
use maud::{Markup, html};

use crate::clients::{Client, Finding, examine, tells_of_mail};
use crate::console::computer::Computer;
use crate::console::parts;

/// One client as it was found.
pub(in crate::console) struct Seen {
    pub(super) client: Client,
    /// Whether it was ever started here.
    pub(super) is_here: bool,
    findings: Vec<Finding>,
    /// Whether its sessions are told of mail when they start; nothing where it has no such hooks.
    pub(super) tells: Option<bool>,
}

/// Reads what every client has written down; changes nothing.
pub(in crate::console) fn look(computer: &Computer) -> Vec<Seen> {
    let Computer { places, program } = computer;
    let seen = |client: &Client| Seen {
        client: *client,
        is_here: places.has(*client),
        findings: examine(*client, places, program),
        tells: tells_of_mail(*client, places, program),
    };
    let mut all: Vec<Seen> = Client::value_variants().iter().map(seen).collect();
    all.sort_by_key(|one| !one.is_here);
    all
}

/// The section of the settings.
pub(in crate::console) fn section(seen: Option<&[Seen]>) -> Markup {
    html! {
        section.card #clients {
            h2 { "Clients" }
            p.hint { "The programs that can start this agent for a model, as their settings on this computer say. This page only reads them: " code { "a2a install" } " shows each change and asks first." }
            @match seen {
                None => p.faint { "This system names no home folder for you, so nothing can be looked up." },
                Some(seen) => ul.checks.clients { @for one in seen { (line(one)) } },
            }
        }
    }
}

fn line(seen: &Seen) -> Markup {
    let (class, word) = match worst(seen) {
        _ if !seen.is_here => ("mark plain", "not here"),
        Some(Finding::Wrong(..)) => ("mark bad", "does not start"),
        Some(Finding::Absent(..)) => ("mark plain", "not set up"),
        Some(Finding::Doubtful(..)) => ("mark warn", "look"),
        Some(Finding::Good(_)) | None => ("mark good", "starts a2a"),
    };
    html! {
        li {
            span class=(class) { (word) }
            div {
                b { (seen.client.title()) }
                @if seen.is_here { @for finding in told(seen) { (found(finding)) } }
                @else { p.faint { "No trace of it on this computer. If you use it: " code { "a2a install " (seen.client.word()) } } }
                @if seen.is_here && !is_well(seen) { p.faint { "All that can be seen of it: " code { "a2a doctor --client " (seen.client.word()) } } }
            }
        }
    }
}

fn worst(seen: &Seen) -> Option<&Finding> {
    seen.findings.iter().max_by_key(|finding| match finding {
        Finding::Good(_) => 0,
        Finding::Doubtful(..) => 1,
        Finding::Absent(..) => 2,
        Finding::Wrong(..) => 3,
    })
}

/// What is worth saying: of a client that knows nothing of a2a, that alone.
fn told(seen: &Seen) -> &[Finding] {
    match seen.findings.as_slice() {
        [absent @ Finding::Absent(..), ..] => std::slice::from_ref(absent),
        all => all,
    }
}

fn is_well(seen: &Seen) -> bool {
    seen.findings.iter().all(|finding| matches!(finding, Finding::Good(_)))
}

fn found(finding: &Finding) -> Markup {
    let (found, next) = match finding {
        Finding::Good(found) => (found, None),
        Finding::Doubtful(found, next) | Finding::Wrong(found, next) | Finding::Absent(found, next) => {
            (found, Some(next))
        }
    };
    html! { p { (parts::prose(&parts::sentence(found))) @if let Some(next) = next { " " (parts::prose(next)) } } }
}
