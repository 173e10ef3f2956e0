//! What the owner set for a peer: limits, and what the agent may write alone.

use std::sync::Arc;

use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::{GuardError, Limits, ReadError, Rule, RuleView, Word, owner, resolve};
use crate::store::peers::{self, PeerKey, PeerState};
use crate::store::{StoreError, Tx, budget};

/// The settings of one peer as they rest.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    /// What was set instead of the usual limits.
    pub(super) limits: Option<Limits>,
    /// Rules by scope; without a scope, of every other.
    pub(super) rules: Vec<(Option<Scope>, Rule)>,
    /// When the owner was last told that mail to this peer pauses.
    pub(super) told: Option<Timestamp>,
}

impl Settings {
    /// Those of a peer; the usual ones where nothing was set.
    pub(super) fn of(tx: &Tx<'_>, peer: PeerKey) -> Result<Self, StoreError> {
        Ok(budget::settings(tx, peer)?.unwrap_or_default())
    }

    /// The rule of a scope: its own, else that of every scope, else to answer.
    pub(super) fn rule(&self, scope: &Scope) -> Rule {
        let set = |wanted: Option<&Scope>| self.rules.iter().find(|(known, _)| known.as_ref() == wanted);
        set(Some(scope)).or_else(|| set(None)).map_or(Rule::Answer, |(_, rule)| *rule)
    }
}

/// The rule for a peer's scope.
pub(in crate::agent) fn rule_of(tx: &Tx<'_>, peer: PeerKey, scope: &Scope) -> Result<Rule, StoreError> {
    Ok(Settings::of(tx, peer)?.rule(scope))
}

/// Every rule that was set, peer by peer.
pub(in crate::agent) async fn list_rules(core: &Arc<Core>) -> Result<Vec<RuleView>, ReadError> {
    core.read(|tx, _| {
        let mut list = Vec::new();
        for peer in peers::all(tx)?.into_iter().filter(|peer| peer.state == PeerState::Paired) {
            let name = peer.record.petname;
            let rules = Settings::of(tx, peer.key)?.rules;
            list.extend(rules.into_iter().map(|(scope, rule)| RuleView { peer: name.clone(), scope, rule }));
        }
        Ok(list)
    })
    .await
}

/// Sets the rule of a scope of a peer, or of all its scopes; no rule takes it back. Returns the peer's name.
pub(in crate::agent) async fn set_rule(
    core: &Arc<Core>,
    who: &str,
    scope: Option<Scope>,
    rule: Option<Rule>,
    word: Word,
) -> Result<String, GuardError> {
    let by = owner::check(core, word).await?;
    let who = who.to_owned();
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let peer = resolve::peer(tx, &who)?.ok_or(GuardError::UnknownPeer)?;
        let mut settings = Settings::of(tx, peer.key)?;
        settings.rules.retain(|(known, _)| *known != scope);
        settings.rules.extend(rule.map(|rule| (scope.clone(), rule)));
        settings.rules.sort_by_key(|(scope, _)| scope.as_ref().map(ToString::to_string));
        budget::set(tx, peer.key, &settings)?;
        let about = scope.map_or_else(|| "every scope".into(), |scope| scope.to_string());
        let said = format!("{about}: {}", rule.map_or("the usual", Rule::word));
        audit::note(tx, ctx, Note::new("rule_set").about(&peer.record.petname).saying(said).by(by))?;
        Ok(peer.record.petname)
    })
    .await
}
