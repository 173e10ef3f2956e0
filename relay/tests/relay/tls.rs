//! TLS from two files, without a proxy.

use std::path::Path;

use reqwest::{Certificate, Client, StatusCode, Version};

use crate::process::{Process, run};

/// A certificate for `localhost` and its key, as an operator would put them down.
fn certify(folder: &Path) -> (String, String, Certificate) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let trusted = Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    (certificate.to_str().unwrap().to_owned(), key.to_str().unwrap().to_owned(), trusted)
}

#[tokio::test]
async fn it_serves_tls_from_two_files() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key, trusted) = certify(folder.path());
    let relay = Process::start(folder.path(), &["--tls-cert", &certificate, "--tls-key", &key]);
    let port = relay.url.rsplit(':').next().unwrap();
    let client = Client::builder().no_proxy().tls_certs_only([trusted]).build().unwrap();
    let url = format!("https://localhost:{port}/.well-known/a2a-relay");
    let answer = client.get(&url).send().await.unwrap();
    assert_eq!((answer.status(), answer.version()), (StatusCode::OK, Version::HTTP_2));
    // Neither in the clear, nor with a stranger's trust.
    assert!(relay.client.get(url.replace("https", "http")).send().await.is_err());
    assert!(relay.client.get(&url).send().await.is_err());
}

#[test]
fn a_key_that_belongs_to_another_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (certificate, ..) = certify(folder.path());
    let (_, key, _) = certify(other.path());
    let started =
        run(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key]);
    let words = String::from_utf8(started.stderr).unwrap();
    assert!(!started.status.success() && words.contains("do not work together"), "{words}");
    let half = run(folder.path(), &["serve", "--tls-cert", &certificate]);
    assert!(String::from_utf8_lossy(&half.stderr).contains("--tls-key"));
}
