//! Looks names up once, checks every answer, and hands out exactly the addresses that were checked.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::{Forbidden, is_public};

/// Of a name's addresses, so many are tried.
const MOST_ADDRESSES: usize = 8;
/// A look-up takes at most this long.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What a look-up gives once it is done.
pub type Found<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Looks up a name's addresses; the system does it, or a test.
pub trait Lookup: Send + Sync + 'static {
    /// The addresses of `name`.
    fn look_up<'a>(&'a self, name: &'a str) -> Found<'a, io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn look_up<'a>(&'a self, name: &'a str) -> Found<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// A resolver for an HTTP client: the client connects to the addresses that were checked, and to no others.
///
/// Clients do not ask it about literal addresses: check those with [`crate::check_host`] first.
#[derive(Clone)]
pub struct PinningResolver {
    lookup: Arc<dyn Lookup>,
}

impl PinningResolver {
    /// A resolver that asks `lookup`.
    pub fn new(lookup: Arc<dyn Lookup>) -> Self {
        Self { lookup }
    }
}

impl Resolve for PinningResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let pinned = resolve(&*resolver.lookup, name.as_str()).await?;
            // The client puts the URL's port in the place of 0.
            let addresses: Addrs = Box::new(pinned.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

impl std::fmt::Debug for PinningResolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PinningResolver").finish_non_exhaustive()
    }
}

/// The addresses of a name, if every one of them is public: one that is not condemns the name, because whoever mixes
/// them wants the other one to be called. The error is a [`Forbidden`], or the look-up's own.
pub async fn resolve(lookup: &dyn Lookup, name: &str) -> Result<Vec<IpAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let found = look_up(lookup, name).await?;
    if !found.iter().copied().all(is_public) {
        return Err(Forbidden::NotPublic.into());
    }
    Ok(found.into_iter().take(MOST_ADDRESSES).collect())
}

async fn look_up(lookup: &dyn Lookup, name: &str) -> io::Result<Vec<IpAddr>> {
    let found = tokio::time::timeout(TIMEOUT, lookup.look_up(name)).await;
    let found = found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    if found.is_empty() { Err(io::Error::from(io::ErrorKind::NotFound)) } else { Ok(found) }
}
