//! Postgres over TLS: the server's certificate is checked against the operator's own authority and for its name.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::StatusCode;

use crate::postgres::{Server, client};
use crate::process::{Process, free_address, run};
use crate::support::*;

/// A certificate authority as an operator makes one.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    fn make() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(parameters, key), certificate }
    }

    /// A certificate for `name` and its key, as `server.crt` and `server.key` in the folder.
    fn certify(&self, name: &str, folder: &Path) {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(folder.join("server.crt"), certificate.pem()).unwrap();
        std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    }

    /// The certificate in a file, for `sslrootcert`.
    fn write(&self, path: &Path) -> String {
        std::fs::write(path, &self.certificate).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn store(server: &Server, host: &str, root: &str) -> String {
    format!("postgres://a2a@{host}:{}/postgres?sslmode=verify-full&sslrootcert={root}", server.port)
}

#[tokio::test]
async fn a_database_is_believed_only_with_a_certificate_of_the_operators_authority_and_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, stranger) = (Authority::make(), Authority::make());
    authority.certify("localhost", folder.path());
    let Some(server) = Server::start_with_tls(folder.path()) else { return };
    let trusted = authority.write(&folder.path().join("ca.pem"));
    let wrong = stranger.write(&folder.path().join("stranger.pem"));

    // Another authority, and a name that the certificate does not carry: refused, in words.
    for refused in [store(&server, "localhost", &wrong), store(&server, "127.0.0.1", &trusted)] {
        let checked = run(folder.path(), &["serve", "--check", "--listen", &free_address(), "--store", &refused]);
        let words = String::from_utf8(checked.stdout).unwrap();
        assert!(!checked.status.success() && words.contains("certificate"), "{words}");
    }

    let named = store(&server, "localhost", &trusted);
    let relay = Process::start(folder.path(), &["--registration", "open", "--store", &named]);
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    assert_eq!(relay.deposited(&lane, &envelope(1)).await, StatusCode::ACCEPTED);
    // The server's own word: every connection of the relay is encrypted.
    let (encrypted, plain) = connections(&server).await;
    assert!(encrypted > 0 && plain == 0, "{encrypted} encrypted, {plain} in the clear");
}

/// How many connections of relays the server has, encrypted and in the clear.
async fn connections(server: &Server) -> (i64, i64) {
    let of_relays = "SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl)
        FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'a2a-relay'";
    let row = client(&server.url()).await.query_one(of_relays, &[]).await.unwrap();
    (row.get(0), row.get(1))
}
