//! One signed call to an owner's server, through the guard.

use std::sync::Arc;
use std::time::Duration;

use a2a_guard::{CallbackUrl, Lookup, PinningResolver, Rules, SystemLookup};
use a2a_proto::time::Timestamp;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, StatusCode};
use standardwebhooks::Webhook;

use super::standing::Outcome;

const CONNECT: Duration = Duration::from_secs(3);
const WHOLE: Duration = Duration::from_secs(10);
/// So much of an answer is read.
const MOST_BYTES: usize = 4096;

/// Calls servers that owners named.
pub(crate) struct Caller {
    rules: Rules,
    guarded: Client,
    /// For servers of this machine, where the operator lets them be called.
    here: Client,
}

/// What a server is told.
pub(crate) struct Message<'a> {
    pub(crate) id: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) secret: &'a str,
    pub(crate) body: String,
}

impl Caller {
    /// `None` when TLS cannot be set up on this machine.
    pub(crate) fn new(rules: Rules) -> Option<Self> {
        Self::with_lookup(rules, Arc::new(SystemLookup))
    }

    fn with_lookup(rules: Rules, lookup: Arc<dyn Lookup>) -> Option<Self> {
        let guarded = builder().dns_resolver(PinningResolver::new(lookup)).build().ok()?;
        Some(Self { rules, guarded, here: builder().build().ok()? })
    }

    /// Whether this URL may be called at all.
    pub(crate) fn check(&self, url: &str) -> Result<CallbackUrl, a2a_guard::Forbidden> {
        CallbackUrl::parse(url, &self.rules)
    }

    /// Tells a server that mail is waiting.
    pub(crate) async fn tell(&self, url: &str, message: Message<'_>) -> Outcome {
        match self.post(url, message).await {
            Some((status, _)) if status.is_success() => Outcome::Delivered,
            Some((StatusCode::GONE, _)) => Outcome::Gone,
            _ => Outcome::Failed,
        }
    }

    /// Whether a server sends a challenge back: only who holds the secret knows that it came from this relay.
    pub(crate) async fn echoes(&self, url: &str, message: Message<'_>, challenge: &str) -> bool {
        let answer = self.post(url, message).await;
        answer.is_some_and(|(status, body)| status.is_success() && body.trim_ascii() == challenge.as_bytes())
    }

    async fn post(&self, url: &str, message: Message<'_>) -> Option<(StatusCode, Vec<u8>)> {
        let url = self.check(url).ok()?;
        let client = if url.url().scheme() == "http" { &self.here } else { &self.guarded };
        let seconds = i64::try_from(message.at.secs()).ok()?;
        let signature = Webhook::new(message.secret).ok()?.sign(message.id, seconds, message.body.as_bytes()).ok()?;
        let request = client
            .post(url.url().clone())
            .header("content-type", "application/json")
            .header("webhook-id", message.id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature)
            .body(message.body);
        let mut response = request.send().await.ok()?;
        let (status, mut body) = (response.status(), Vec::new());
        while let Some(chunk) = response.chunk().await.ok()? {
            if body.len() + chunk.len() > MOST_BYTES {
                break;
            }
            body.extend_from_slice(&chunk);
        }
        Some((status, body))
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        // A pooled connection would outlive the check of its address.
        .pool_max_idle_per_host(0)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, TcpListener};
    use std::sync::Mutex;

    use a2a_guard::Found;

    use super::*;

    /// An attacker's own DNS: a name that leads outside and inside.
    #[derive(Default)]
    struct Inside(Mutex<Vec<String>>);

    impl Lookup for Inside {
        fn look_up<'a>(&'a self, name: &'a str) -> Found<'a, std::io::Result<Vec<IpAddr>>> {
            self.0.lock().unwrap().push(name.to_owned());
            Box::pin(std::future::ready(Ok(vec!["127.0.0.1".parse().unwrap(), "93.184.216.34".parse().unwrap()])))
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called() {
        let inside = TcpListener::bind("127.0.0.1:0").unwrap();
        inside.set_nonblocking(true).unwrap();
        let port = inside.local_addr().unwrap().port();
        let (lookup, rules) = (Arc::new(Inside::default()), Rules { ports: vec![port], this_machine: false });
        let caller = Caller::with_lookup(rules, lookup.clone()).unwrap();
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let message = Message { id: "msg_1", at: Timestamp::EPOCH, secret, body: String::new() };
        let outcome = caller.tell(&format!("https://hooks.example.com:{port}/"), message).await;
        assert_eq!(outcome, Outcome::Failed);
        assert_eq!(*lookup.0.lock().unwrap(), ["hooks.example.com"]);
        assert!(inside.accept().is_err(), "the service inside was called");
    }
}
