//! The owner's session token: fetched when first needed, kept by this process, renewed before it ends or when refused.

use std::time::Duration;

use a2a_proto::api::SessionToken;
use a2a_proto::time::Timestamp;
use subtle::ConstantTimeEq;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use super::RelayFailure;

/// A token that the relay gave.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) bearer: Zeroizing<String>,
    pub(super) expires_at: Timestamp,
}

impl Token {
    /// The token as it came; one that cannot stand in a header is none.
    pub(super) fn parse(given: SessionToken) -> Result<Self, RelayFailure> {
        let bearer = Zeroizing::new(given.token);
        let fits = !bearer.is_empty() && bearer.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            return Err(RelayFailure::Garbage("its session token is not one"));
        }
        Ok(Self { bearer, expires_at: given.expires_at })
    }
}

/// Keeps one token. Whoever needs a new one while another is being fetched waits for that.
#[derive(Default)]
pub(super) struct Session {
    held: Mutex<Option<Token>>,
}

impl Session {
    /// The token to use at `now` (the relay's time); `sign_in` is asked for one when there is none that lasts.
    pub(super) async fn token<F>(&self, now: Timestamp, sign_in: F) -> Result<Token, RelayFailure>
    where
        F: AsyncFnOnce() -> Result<Token, RelayFailure>,
    {
        let mut held = self.held.lock().await;
        if let Some(token) = held.as_ref().filter(|token| token.expires_at > now.plus(MARGIN)) {
            return Ok(token.clone());
        }
        let token = sign_in().await?;
        *held = Some(token.clone());
        Ok(token)
    }

    /// Forgets a token that the relay refused, unless it was replaced meanwhile.
    pub(super) async fn forget(&self, refused: &Token) {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|token| token.bearer.as_bytes().ct_eq(refused.bearer.as_bytes()).into()) {
            *held = None;
        }
    }
}

const MARGIN: Duration = Duration::from_secs(30);
