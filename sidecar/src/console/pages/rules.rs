//! What the agent may write alone: the owner's rules, scope by scope, and how to change them.

use std::sync::Arc;

use a2a_proto::scope::Scope;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::authorizations;
use crate::agent::{PairState, PairView, Policy, Rule, RuleView};
use crate::console::form::{Fields, Posted};
use crate::console::parts;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::error::Words;

const RULES: [(Rule, &str); 3] =
    [(Rule::Answer, "may write alone"), (Rule::Ask, "shows you each message first"), (Rule::Never, "does not write")];

/// The rules that were set, and a form that sets one, as it was typed if that did not work.
pub(in crate::console) fn section(
    room: &Room,
    rules: &[RuleView],
    pairs: &[PairView],
    policy: Policy,
    typed: &Fields,
) -> Markup {
    let live: Vec<&PairView> = pairs.iter().filter(|pair| pair.state == PairState::Paired).collect();
    html! {
        section #rules {
            h2 { "What your agent does alone" }
            @if rules.is_empty() { p.faint { "No rules: it writes to every peer alone, up to the limits. A rule makes it ask you first, or not write at all." } }
            @else {
                ul.lines {
                    @for rule in rules {
                        li {
                            span.grow { "To " b { (rule.peer) } " about " (about(rule.scope.as_ref())) ", it " (words(rule.rule)) "." }
                            form method="post" action=(room.at("rule")) {
                                (parts::secret(room))
                                input type="hidden" name="peer" value=(rule.peer);
                                input type="hidden" name="about" value=(rule.scope.as_ref().map(ToString::to_string).unwrap_or_default());
                                (parts::pin(policy))
                                button.quiet name="rule" value="clear" { "Take back" }
                            }
                        }
                    }
                }
            }
            @if !live.is_empty() { (form(room, &live, policy, typed)) }
        }
    }
}

fn form(room: &Room, pairs: &[&PairView], policy: Policy, typed: &Fields) -> Markup {
    let (peer, about, chosen) = (typed.one("peer"), typed.one("about"), typed.one("rule"));
    html! {
        form.inline method="post" action=(room.at("rule")) {
            (parts::secret(room))
            label.field { span { "To" } select name="peer" { @for pair in pairs { option value=(pair.petname) selected[pair.petname == peer] { (pair.petname) } } } }
            label.field { span { "about" } input type="text" name="about" value=(about) placeholder="everything else" maxlength="64" autocomplete="off" spellcheck="false"; }
            label.field { span { "it" } select name="rule" { @for (rule, words) in RULES { option value=(rule.word()) selected[rule.word() == chosen] { (words) } } } }
            (parts::pin(policy))
            button.quiet { "Set the rule" }
        }
    }
}

fn about(scope: Option<&Scope>) -> String {
    scope.map_or_else(|| "everything else".to_owned(), ToString::to_string)
}

fn words(rule: Rule) -> &'static str {
    RULES.iter().find(|(known, _)| *known == rule).map_or("", |(_, words)| words)
}

/// `POST rule`
pub(in crate::console) async fn set(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    match changed(&room, &fields).await {
        Ok(peer) => room.go("authorizations#rules", format!("The rule for {peer} is changed.")),
        Err(words) => {
            // a rule that could not be taken back was not typed
            let typed = if fields.one("rule") == "clear" { Fields::default() } else { fields };
            let page = authorizations::failed(&room, &words, &typed).await.map(Page::refusing);
            room.show(&headers, Place::Authorizations, page).await
        }
    }
}

async fn changed(room: &Room, fields: &Fields) -> Result<String, Words> {
    let about = fields.filled("about").map(|scope| scope.to_ascii_lowercase().parse::<Scope>()).transpose();
    let about = about.map_err(|_| Words {
        what: "that cannot be a scope".to_owned(),
        next: "A scope is one word of a-z, 0-9 and -, such as code-review.".to_owned(),
    })?;
    let rule = RULES.iter().map(|(rule, _)| *rule).find(|rule| rule.word() == fields.one("rule"));
    Ok(room.agent.set_rule(fields.one("peer"), about, rule, parts::word(fields)).await?)
}
