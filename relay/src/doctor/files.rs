//! The files beside the store: the master secret, who may read what, the certificate.

use std::path::Path;

use super::Finding;
use crate::config::Serve;
use crate::secret::MasterSecret;
use crate::tls::Tls;

/// The master secret, and the modes of what only the relay's user may read.
pub(super) fn look(options: &Serve, store: &Path) -> Vec<Finding> {
    let secret = options.secret_path(store);
    vec![master_secret(&secret, store), private(&[store, &secret])]
}

fn master_secret(path: &Path, store: &Path) -> Finding {
    let about = "secret";
    if !path.exists() && !store.exists() {
        return Finding::well(about, format!("{} is drawn at the first start", path.display()));
    }
    match MasterSecret::open(path, false) {
        Ok(secret) => {
            let version = secret.current_version();
            Finding::well(about, format!("{}, version {version}; back it up apart from the store", path.display()))
        }
        Err(error) => Finding::wrong(about, error.to_string()),
    }
}

#[cfg(unix)]
fn private(paths: &[&Path]) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    let about = "files";
    let open = paths.iter().find(|path| {
        let mode = std::fs::metadata(path).map(|file| file.permissions().mode());
        mode.is_ok_and(|mode| mode & 0o077 != 0)
    });
    match open {
        Some(path) => {
            Finding::wrong(about, format!("others on this machine may read {0}: chmod 600 {0}", path.display()))
        }
        None => Finding::well(about, "store and secret are the relay's alone"),
    }
}

#[cfg(not(unix))]
fn private(_paths: &[&Path]) -> Finding {
    Finding::mind("files", "who may read them cannot be looked at on this system")
}

/// Whether the certificate and its key can be used.
pub(super) fn tls(options: &Serve) -> Finding {
    let about = "tls";
    match options.tls_files() {
        Ok(None) => Finding::well(about, "left to a proxy in front"),
        Ok(Some((certificate, key))) => match Tls::from_files(certificate, key) {
            Ok(_) => Finding::well(about, format!("{} and its key belong together", certificate.display())),
            Err(error) => Finding::wrong(about, error.to_string()),
        },
        Err(error) => Finding::wrong(about, error.to_string()),
    }
}
