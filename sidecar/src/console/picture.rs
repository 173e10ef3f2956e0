//! The pairs as a picture: this agent in the middle, a line to everybody it deals with.

use maud::{Markup, html};

use super::room::Room;
use crate::agent::{PairState, PeerList};
use crate::words;

const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 310.0;
/// More would not be told apart.
const MOST: usize = 16;
/// Longer names are cut.
const NAME: usize = 14;

/// Somebody in the picture.
struct Node {
    name: String,
    below: String,
    kind: &'static str,
    path: String,
}

/// The picture; the list beside it says the same in words.
pub(super) fn network(room: &Room, peers: &PeerList) -> Markup {
    let nodes = nodes(room, peers);
    let shown = &nodes[..nodes.len().min(MOST)];
    let said = format!(
        "{} around this agent; the list below says the same in words",
        words::count(shown.len() as u64, "agent")
    );
    html! {
        figure.picture {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="group" aria-label=(said) {
                @for (at, node) in shown.iter().enumerate() {
                    @let (x, y) = place(at, shown.len());
                    line class={ "link " (node.kind) } x1=(WIDTH / 2.0) y1=(HEIGHT / 2.0) x2=(x) y2=(y) {}
                }
                circle.me cx=(WIDTH / 2.0) cy=(HEIGHT / 2.0) r="26" {}
                text.me x=(WIDTH / 2.0) y=(HEIGHT / 2.0 + 5.0) { "you" }
                @for (at, node) in shown.iter().enumerate() { (drawn(node, place(at, shown.len()))) }
            }
            @if nodes.len() > MOST { figcaption.faint { (nodes.len() - MOST) " more stand in the list below." } }
        }
    }
}

fn drawn(node: &Node, (x, y): (f64, f64)) -> Markup {
    // the words stand on the side that no line crosses
    let (name, below) = if y < HEIGHT / 2.0 - 20.0 { (y - 41.0, y - 26.0) } else { (y + 35.0, y + 50.0) };
    html! {
        a href=(node.path) {
            circle class={ "node " (node.kind) } cx=(x) cy=(y) r="20" {}
            text.initial aria-hidden="true" x=(x) y=(y + 5.0) { (initial(node)) }
            text.name x=(x) y=(name) { (cut(&node.name)) }
            text.below x=(x) y=(below) { (node.below) }
        }
    }
}

/// On an ellipse, the first above.
fn place(at: usize, of: usize) -> (f64, f64) {
    let turn = std::f64::consts::TAU * (at as f64) / (of.max(1) as f64)
        + if of == 2 { 0.0 } else { -std::f64::consts::FRAC_PI_2 };
    let round = |number: f64| (number * 10.0).round() / 10.0;
    (round(WIDTH / 2.0 + turn.cos() * 160.0), round(HEIGHT / 2.0 + turn.sin() * 92.0))
}

fn nodes(room: &Room, peers: &PeerList) -> Vec<Node> {
    let now = room.now();
    let pairs = peers.pairs.iter().map(|pair| Node {
        name: pair.petname.clone(),
        below: pair.last_contact.map_or_else(|| "no mail yet".to_owned(), |at| words::ago(at, now)),
        kind: match pair.state {
            PairState::Paired => "paired",
            PairState::Refused | PairState::Revoked => "ended",
        },
        path: room.at(&format!("peer/{}", pair.agent_id)),
    });
    let asked = peers.waiting.iter().map(|asked| Node {
        name: asked.petname.clone(),
        below: "asked, no answer".to_owned(),
        kind: "asked",
        path: "#waiting-for".to_owned(),
    });
    let strangers = peers.requests.iter().map(|request| Node {
        name: request.safety_words.first().cloned().unwrap_or_default(),
        below: "asks to pair".to_owned(),
        kind: "stranger",
        path: format!("#request-{}", request.request_id),
    });
    pairs.chain(asked).chain(strangers).collect()
}

fn initial(node: &Node) -> String {
    if node.kind == "stranger" {
        return "?".to_owned();
    }
    node.name.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default()
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}
