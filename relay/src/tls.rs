//! TLS on the relay's own listener, from two files; without them a proxy in front does it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Turns accepted connections into encrypted ones.
#[derive(Clone)]
pub struct Tls(pub(crate) TlsAcceptor);

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds something else.
    #[error("cannot read {what} from {path}: {source}")]
    File {
        /// What was looked for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: rustls::pki_types::pem::Error,
    },
    /// The two do not belong together, or are of a kind that nobody takes.
    #[error("the certificate {certificate} and its key do not work together: {source}")]
    Pair {
        /// The certificate's file.
        certificate: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
}

impl Tls {
    /// Reads a certificate chain and its private key, both PEM. They are read once: a renewed certificate counts from
    /// the next start on.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let file = |what, path: &Path| {
            let path = path.to_path_buf();
            move |source| TlsError::File { what, path, source }
        };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
        let chain = chain.map_err(file("a certificate chain", certificate))?;
        let key = PrivateKeyDer::from_pem_file(key).map_err(file("a private key", key))?;
        let pair = |source| TlsError::Pair { certificate: certificate.to_path_buf(), source };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = versions.map_err(pair)?.with_no_client_auth().with_single_cert(chain, key).map_err(pair)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}
