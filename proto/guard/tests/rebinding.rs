//! What a name leads to is looked up once, every answer is checked, and the checked addresses are the ones called.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics has failed")]

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use a2a_guard::{Forbidden, Found, Lookup, PinningResolver, resolve};
use reqwest::dns::Resolve as _;

/// Answers in turn, the last one for ever; counts how often it was asked.
struct Scripted {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: AtomicUsize,
}

impl Scripted {
    fn new(name: &str, answers: &[&[&str]]) -> Arc<Self> {
        let addresses = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let answers = answers.iter().map(addresses).rev().collect();
        Arc::new(Self { answers: Mutex::new([(name.to_owned(), answers)].into()), asked: AtomicUsize::new(0) })
    }
}

impl Lookup for Scripted {
    fn look_up<'a>(&'a self, name: &'a str) -> Found<'a, io::Result<Vec<IpAddr>>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answers = answers.get_mut(name).unwrap();
        let answer = if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn is_forbidden(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref() == Some(&Forbidden::NotPublic) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A service of this machine that must not be reached, and how often it was.
fn inner_service() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, hits) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&hits);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
    });
    (port, hits)
}

fn client(lookup: Arc<dyn Lookup>) -> reqwest::Client {
    let resolver = PinningResolver::new(lookup);
    let redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().no_proxy().redirect(redirects).dns_resolver(resolver).build().unwrap()
}

/// Answers as rebinding services give them: make-1.2.3.4-rebind-127.0.0.1, localtest.me, nip.io and the like.
#[tokio::test]
async fn one_inner_answer_condemns_a_name() {
    let condemned: [&[&str]; 12] = [
        &["127.0.0.1"],
        &["169.254.169.254"],
        &["93.184.216.34", "127.0.0.1"],
        &["127.0.0.1", "93.184.216.34"],
        &["2606:4700::1", "10.0.0.1"],
        &["93.184.216.34", "::1"],
        &["93.184.216.34", "fd00:ec2::254"],
        &["93.184.216.34", "::ffff:169.254.169.254"],
        &["64:ff9b::a9fe:a9fe"],
        &["2002:7f00:1::"],
        &["0.0.0.0"],
        &["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5", "1.1.1.6", "1.1.1.7", "1.1.1.8", "192.168.0.1"],
    ];
    for addresses in condemned {
        let lookup = Scripted::new("rebind.example.com", &[addresses]);
        let refused = resolve(&*lookup, "rebind.example.com").await.unwrap_err();
        assert!(is_forbidden(&*refused), "{addresses:?}: {refused}");
    }
    let good: &[&str] = &["93.184.216.34", "2606:4700::1"];
    let found = resolve(&*Scripted::new("example.com", &[good]), "example.com").await.unwrap();
    assert_eq!(found.len(), 2);
    let none = resolve(&*Scripted::new("example.com", &[&[]]), "example.com").await.unwrap_err();
    assert!(!is_forbidden(&*none));
}

#[tokio::test]
async fn an_http_client_never_reaches_what_is_not_public() {
    let (port, hits) = inner_service();
    let lookup = Scripted::new("rebind.example.com", &[&["127.0.0.1"]]);
    let client = client(lookup);
    let failed = client.get(format!("http://rebind.example.com:{port}/")).send().await.unwrap_err();
    assert!(is_forbidden(&failed), "{failed:?}");
    assert_eq!(hits.load(Ordering::SeqCst), 0);
}

/// Public when it is checked, inner a moment later: the client takes the addresses of the one look-up, there is no
/// second one whose answer it could call.
#[tokio::test]
async fn a_name_is_looked_up_once_for_a_call() {
    let lookup = Scripted::new("rebind.example.com", &[&["93.184.216.34", "2606:4700::1"], &["127.0.0.1"]]);
    let resolver = PinningResolver::new(Arc::clone(&lookup) as Arc<dyn Lookup>);
    let pinned: Vec<IpAddr> =
        resolver.resolve("rebind.example.com".parse().unwrap()).await.unwrap().map(|address| address.ip()).collect();
    assert_eq!(pinned, ["93.184.216.34".parse::<IpAddr>().unwrap(), "2606:4700::1".parse().unwrap()]);
    assert_eq!(lookup.asked.load(Ordering::SeqCst), 1);
    // The next call looks again, and is refused.
    let refused = resolver.resolve("rebind.example.com".parse().unwrap()).await.err().unwrap();
    assert!(is_forbidden(&*refused));
}
