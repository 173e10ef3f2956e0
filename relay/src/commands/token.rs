//! `a2a-relay token`: join links for newcomers, made, listed and withdrawn beside a running relay.

use a2a_proto::address::RelayAuthority;
use a2a_relay::clock::Clock;
use a2a_relay::config::{PublicUrl, StoreOption, Token};
use a2a_relay::join_token::{JoinToken, name_of};
use a2a_relay::store::{self, Fact, Opened, Quotas, RegistrationToken, Serving, Store};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::output;

/// Does what was asked with the store's join links.
pub(crate) async fn token(token: Token) -> Result<()> {
    match token {
        Token::New { uses, expires, public_url, store } => {
            let Opened { store, .. } = open(&store).await?;
            let relay = match public_url {
                Some(PublicUrl(authority)) => authority,
                None => noted_url(&*store).await?,
            };
            let token = JoinToken::draw();
            store.issue_token(token.record(uses, Clock::System.now(), expires)).await?;
            output::line(&token.link(&relay));
        }
        Token::List { json, store } => list(&live(&*open(&store).await?.store).await?, json),
        Token::Revoke { name, store } => {
            let Opened { store, .. } = open(&store).await?;
            let found = only_one(&live(&*store).await?, &name)?;
            store.revoke_token(found.hash).await?;
            output::line(&format!("the join link {} lets nobody in any more", name_of(&found.hash)));
        }
    }
    Ok(())
}

async fn open(store: &StoreOption) -> Result<Opened> {
    Ok(store::open(&store.url()?, Quotas::default(), Serving::Beside).await?)
}

/// The tokens that would still let somebody in.
async fn live(store: &dyn Store) -> Result<Vec<RegistrationToken>> {
    let now = Clock::System.now();
    let mut tokens = store.tokens().await?;
    tokens.retain(|token| token.uses > 0 && token.expires_at > now);
    Ok(tokens)
}

fn list(tokens: &[RegistrationToken], as_json: bool) {
    if as_json {
        let tokens: Vec<Value> = tokens.iter().map(as_value).collect();
        return output::line(&json!({ "tokens": tokens }).to_string());
    }
    if tokens.is_empty() {
        return output::line("no join link would let anybody in; make one with: a2a-relay token new");
    }
    output::line("NAME      USES  EXPIRES");
    for token in tokens {
        output::line(&format!("{:<8}  {:>4}  {}", name_of(&token.hash), token.uses, ends(token)));
    }
}

fn as_value(token: &RegistrationToken) -> Value {
    json!({ "name": name_of(&token.hash), "uses_left": token.uses, "expires_at": ends(token) })
}

fn ends(token: &RegistrationToken) -> String {
    let end = std::time::UNIX_EPOCH + std::time::Duration::from_millis(token.expires_at.millis());
    humantime::format_rfc3339_seconds(end).to_string()
}

/// The one token that is named; two of one name would take a chance of one in four thousand million.
fn only_one(tokens: &[RegistrationToken], name: &str) -> Result<RegistrationToken> {
    let mut named = tokens.iter().filter(|token| name_of(&token.hash) == name);
    match (named.next(), named.next()) {
        (Some(token), None) => Ok(*token),
        (None, _) => bail!("no join link is named {name}; see: a2a-relay token list"),
        (Some(_), Some(_)) => bail!("two join links are named {name}; wait until one has expired"),
    }
}

async fn noted_url(store: &dyn Store) -> Result<RelayAuthority> {
    let noted = store.noted(Fact::PublicUrl).await?;
    let noted = noted.context("no relay has served from this store yet: start it first, or add --public-url URL")?;
    let PublicUrl(authority) = noted.parse()?;
    Ok(authority)
}
