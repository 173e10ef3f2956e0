//! Every act of the console, as the routes list them: none is done for whoever is not the owner's own page.

use super::{Session, World};
use crate::console::form::SECRET;
use crate::console::routes::MAX_FORM_BYTES;

/// Acts whose form may carry files.
const WITH_FILES: [&str; 3] = ["compose", "send", "rehearse/backup"];

/// The paths of all acts, read where they are served, so that none is forgotten here.
fn acts() -> Vec<String> {
    let source = include_str!("../routes.rs");
    let routes = source.split(".route(\"/").skip(1).filter_map(|route| route.split_once('"'));
    let acts = routes.filter(|(_, rest)| rest.split(".route(").next().is_some_and(|line| line.contains("post(")));
    acts.map(|(path, _)| path.replace("{peer}", "bob").replace("{id}", "7KQ2MX")).collect()
}

/// The form of an act, as a browser sends it, with this secret first.
fn form(act: &str, secret: &str, more: &[(&str, &str)]) -> (String, String) {
    let fields = [&[(SECRET, secret)][..], more].concat();
    if !WITH_FILES.contains(&act) {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        return ("application/x-www-form-urlencoded".to_owned(), body);
    }
    multipart(&fields, &[("plan.txt", "the plan")])
}

/// A form with files, in this order.
fn multipart(fields: &[(&str, &str)], files: &[(&str, &str)]) -> (String, String) {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--cut\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    for (name, text) in files {
        body +=
            &format!("--cut\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n{text}\r\n");
    }
    ("multipart/form-data; boundary=cut".to_owned(), body + "--cut--\r\n")
}

impl Session<'_> {
    /// Posts a form with these header lines; the answer's status.
    async fn act(&self, act: &str, headers: &str, (kind, body): &(String, String)) -> u16 {
        let path = format!("{}/{act}", self.base);
        let head = format!("{headers}content-type: {kind}\r\n");
        self.world.request("POST", &path, &head, body).await.status
    }

    fn own_headers(&self) -> String {
        format!("{}origin: {}\r\nsec-fetch-site: same-origin\r\n", self.cookie_line(), self.own_origin())
    }
}

#[tokio::test]
async fn the_list_of_acts_is_whole() {
    let acts = acts();
    for known in ["send", "peer/bob/revoke", "peer/bob/limits", "decide/7KQ2MX", "rehearse/words", "rehearse/backup"] {
        assert!(acts.iter().any(|act| act == known), "{known} is not in {acts:?}");
    }
    assert!(acts.len() >= 20 && !acts.iter().any(|act| act == "inbox"), "{acts:?}");
}

#[tokio::test]
async fn no_act_is_done_for_anybody_else() {
    let world = World::new().await;
    let session = world.enter().await;
    let (own, cookie) = (session.own_origin(), session.cookie_line());
    for act in acts() {
        let right = form(&act, &session.form, &[]);
        for secret in ["", "AAAA", &session.form[1..]] {
            assert_eq!(
                session.act(&act, &session.own_headers(), &form(&act, secret, &[])).await,
                404,
                "{act} {secret}"
            );
        }
        for headers in [
            cookie.clone(),
            format!("{cookie}origin: null\r\n"),
            format!("{cookie}origin: https://evil.example\r\n"),
            format!("{cookie}origin: {own}\r\nsec-fetch-site: cross-site\r\n"),
            format!("origin: {own}\r\n"),
        ] {
            assert_eq!(session.act(&act, &headers, &right).await, 404, "{act} {headers}");
        }
        let head = format!("POST {}/{act} HTTP/1.1\r\nhost: evil.example\r\n{}", session.base, session.own_headers());
        let rebound = crate::loopback::testing::send(&world.authority, &head, "").await;
        assert_eq!(rebound.status, 421, "{act}");
    }
    assert!(!world.is_closed());
}

#[tokio::test]
async fn every_act_answers_the_owners_own_page_with_the_strict_headers() {
    let world = World::new().await;
    let session = world.enter().await;
    for act in acts().iter().filter(|act| *act != "close") {
        let (kind, body) = form(act, &session.form, &[]);
        let head = format!("{}content-type: {kind}\r\n", session.own_headers());
        let reply = world.request("POST", &format!("{}/{act}", session.base), &head, &body).await;
        assert!(![404, 405, 413, 415, 500].contains(&reply.status), "{act}: {}", reply.status);
        assert!(reply.header("content-security-policy").unwrap().contains("default-src 'none'"), "{act}");
        assert_eq!(reply.header("cache-control").unwrap(), "no-store", "{act}");
        assert_eq!(reply.header("x-frame-options").unwrap(), "DENY", "{act}");
    }
}

#[tokio::test]
async fn no_act_takes_more_than_a_form() {
    let world = World::new().await;
    let session = world.enter().await;
    let large = "x".repeat(MAX_FORM_BYTES + 1);
    for act in acts() {
        let status = session.act(&act, &session.own_headers(), &form(&act, &session.form, &[("body", &large)])).await;
        assert_eq!(status, 413, "{act}");
    }
    assert!(!world.is_closed());
}

#[tokio::test]
async fn of_a_form_with_files_nothing_counts_before_the_secret() {
    let world = World::new().await;
    let session = world.enter().await;
    for act in WITH_FILES {
        let after = multipart(&[("body", "x"), (SECRET, &session.form)], &[]);
        assert_eq!(session.act(act, &session.own_headers(), &after).await, 404, "{act}");
        let (kind, body) = form(act, &session.form, &[]);
        for other in
            ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "multipart/mixed; boundary=cut"]
        {
            assert_eq!(
                session.act(act, &session.own_headers(), &(other.to_owned(), body.clone())).await,
                404,
                "{act} {other}"
            );
        }
        let cut_short = (kind, body[..body.len() - 12].to_owned());
        let status = session.act(act, &session.own_headers(), &cut_short).await;
        assert!(status == 409 || status == 422, "{act}: what ends early is told: {status}");
    }
}
