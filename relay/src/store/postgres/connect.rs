//! Connections to Postgres: how they are made, kept, lent out, and thrown away.

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::fault::Fault;
use crate::store::PostgresUrl;

/// How long an act waits for a free connection before it says that the store is away.
const WAIT_FOR_CONNECTION: Duration = Duration::from_secs(2);
/// How long a host may take to let us in.
const CONNECT: Duration = Duration::from_secs(3);
/// How long an act may take in all. Shorter than a request may take, so that the client hears 503 and asks again.
pub(super) const WHOLE_ACT: Duration = Duration::from_secs(8);

/// What every connection begins with. `synchronous_commit` stays as the operator chose it, only never off: a commit
/// that has returned is on disk, and at the synchronous standby where there is one. (A statement's time is not
/// counted while its commit waits for a standby; cut short there, it would count as done.)
const SESSION: &str = "
    SELECT set_config('synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END,
        false);
    SET statement_timeout = '7s';
    SET lock_timeout = '4s';
    SET idle_in_transaction_session_timeout = '10s';";

/// The file of certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum TlsError {
    #[error("the certificates of sslrootcert cannot be read: {0}")]
    Certificates(rustls::pki_types::pem::Error),
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
}

/// What a connection is made from.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) config: tokio_postgres::Config,
    pub(super) tls: MakeRustlsConnect,
}

impl Connector {
    pub(super) fn new(url: &PostgresUrl) -> Result<Self, TlsError> {
        let mut config = url.config.clone();
        // Of several hosts the one that takes writes: after a failover that is another one.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        config.connect_timeout(CONNECT).application_name("a2a-relay");
        config.keepalives_idle(Duration::from_secs(10)).keepalives_interval(Duration::from_secs(5));
        config.keepalives_retries(3).tcp_user_timeout(Duration::from_secs(20));
        Ok(Self { config, tls: MakeRustlsConnect::new(tls(url.root_certificates.as_deref())?) })
    }

    pub(super) fn pool(&self, connections: usize) -> Result<Connections, deadpool_postgres::BuildError> {
        let kept = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(self.config.clone(), self.tls.clone(), kept);
        let begin = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
            Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
        });
        let pool = Pool::builder(manager)
            .max_size(connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(WAIT_FOR_CONNECTION))
            .create_timeout(Some(CONNECT * 2))
            .recycle_timeout(Some(CONNECT))
            .post_create(begin)
            .build()?;
        Ok(Connections { pool })
    }
}

fn tls(root_certificates: Option<&Path>) -> Result<rustls::ClientConfig, TlsError> {
    let mut roots = rustls::RootCertStore::empty();
    match root_certificates {
        Some(path) => {
            let certificates = CertificateDer::pem_file_iter(path).map_err(TlsError::Certificates)?;
            for certificate in certificates {
                roots.add(certificate.map_err(TlsError::Certificates)?)?;
            }
        }
        // Which of the system's certificates are of use shows when the server shows its own.
        None => drop(roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The connections of one relay.
#[derive(Clone)]
pub(super) struct Connections {
    pool: Pool,
}

impl Connections {
    /// Lends a connection out.
    pub(super) async fn lend(&self) -> Result<Lent, Fault> {
        Ok(Lent { connection: Some(self.pool.get().await?) })
    }
}

/// A connection for one act. Only one whose act came to its end goes back; any other is closed, and with it whatever
/// transaction it was in: what nobody waits for any more must not stand in the way of the next act.
pub(super) struct Lent {
    connection: Option<Object>,
}

impl Lent {
    /// Gives the connection back if the act went well.
    pub(super) fn settle<T>(
        mut self,
        outcome: Result<Result<T, Fault>, tokio::time::error::Elapsed>,
    ) -> Result<T, Fault> {
        let outcome = outcome.unwrap_or(Err(Fault::TooSlow));
        if outcome.is_ok() {
            self.connection.take();
        }
        outcome
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}

#[expect(clippy::expect_used, reason = "it is taken only by who consumes the loan")]
impl Deref for Lent {
    type Target = Object;

    fn deref(&self) -> &Object {
        self.connection.as_ref().expect("a loan has its connection")
    }
}

#[expect(clippy::expect_used, reason = "it is taken only by who consumes the loan")]
impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Object {
        self.connection.as_mut().expect("a loan has its connection")
    }
}
