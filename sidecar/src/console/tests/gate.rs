//! Who gets in, and who can act.

use super::World;

const PAGES: [&str; 8] =
    ["inbox", "compose", "network", "authorizations", "settings", "live", "thread/bob", "decide/7KQ2MX"];

#[tokio::test]
async fn the_link_opens_once_and_sets_a_cookie_for_this_console_alone() {
    let world = World::new().await;
    let link = world.fresh();
    let opened = world.request("GET", &link, "", "").await;
    assert_eq!(opened.status, 200);
    let cookie = opened.header("set-cookie").unwrap();
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let path = cookie.split("Path=/").nth(1).unwrap().split(';').next().unwrap();
    assert_eq!(path.len(), 43, "a path that nobody guesses: cookies reach every port of this address");
    assert!(!cookie.contains("Domain"));
    let stolen = world.request("GET", &link, "", "").await;
    assert_eq!(stolen.status, 410);
    assert!(stolen.header("set-cookie").is_none());
    assert!(!stolen.body.contains(path));
}

#[tokio::test]
async fn a_fresh_link_replaces_the_one_before() {
    let world = World::new().await;
    let (first, second) = (world.fresh(), world.fresh());
    assert_eq!(world.request("GET", &first, "", "").await.status, 410);
    assert_eq!(world.request("GET", &second, "", "").await.status, 200);
}

#[tokio::test]
async fn a_guessed_link_does_not_use_the_real_one_up() {
    let world = World::new().await;
    let link = world.fresh();
    for guess in ["/open/", "/open/x", &link[..link.len() - 1]] {
        assert_ne!(world.request("GET", guess, "", "").await.status, 200, "{guess}");
    }
    assert_eq!(world.request("GET", &link, "", "").await.status, 200);
}

#[tokio::test]
async fn without_the_cookie_nothing_is_there() {
    let world = World::new().await;
    let session = world.enter().await;
    let other = format!("cookie: a2a_console={}\r\n", "A".repeat(43));
    let renamed = format!("cookie: {}\r\n", session.cookie.replace("a2a_console", "a2a"));
    for page in PAGES {
        for cookie in ["", &other, &renamed, "cookie: a2a_console=\r\n"] {
            let reply = world.request("GET", &format!("{}/{page}", session.base), cookie, "").await;
            assert_eq!(reply.status, 404, "{page} {cookie}");
        }
    }
    assert_ne!(session.get("inbox").await.status, 404, "the owner's own browser still gets in");
}

#[tokio::test]
async fn a_page_without_its_secret_path_is_not_found_even_with_the_cookie() {
    let world = World::new().await;
    let session = world.enter().await;
    for path in ["/inbox", "/network", "/x/inbox"] {
        assert_eq!(world.request("GET", path, &session.cookie_line(), "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_rebound_name_is_turned_away() {
    let world = World::new().await;
    let session = world.enter().await;
    let link = world.fresh();
    let port = world.authority.split_once(':').unwrap().1;
    for host in ["evil.example", "127.0.0.1", "[::1]", &format!("localhost:{port}"), &format!("evil.example:{port}")] {
        for path in [&link, &format!("{}/inbox", session.base), "/assets/console.js"] {
            let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{}", session.cookie_line());
            assert_eq!(crate::loopback::testing::send(&world.authority, &head, "").await.status, 421, "{host} {path}");
        }
    }
    assert_eq!(world.request("GET", &link, "", "").await.status, 200, "the link is still fresh");
}

#[tokio::test]
async fn a_look_ahead_of_the_user_opens_nothing() {
    let world = World::new().await;
    let link = world.fresh();
    for ahead in ["sec-purpose: prefetch;prerender\r\n", "purpose: prefetch\r\n", "x-moz: prefetch\r\n"] {
        assert_eq!(world.request("GET", &link, ahead, "").await.status, 405);
    }
    assert_eq!(world.request("HEAD", &link, "", "").await.status, 405);
    assert_eq!(world.request("GET", &link, "", "").await.status, 200);
}

#[tokio::test]
async fn the_owner_acts_from_the_page() {
    let world = World::new().await;
    let session = world.enter().await;
    let own = session.own_origin();
    let reply =
        session.close(&session.form, &session.cookie_line(), Some(&own), "sec-fetch-site: same-origin\r\n").await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(world.is_closed());
}

#[tokio::test]
async fn a_post_from_elsewhere_does_nothing() {
    let world = World::new().await;
    let session = world.enter().await;
    let (form, cookie, own) = (&session.form, session.cookie_line(), session.own_origin());
    for origin in
        [None, Some("null"), Some("https://evil.example"), Some("http://127.0.0.1:1"), Some("http://127.0.0.1")]
    {
        assert_eq!(session.close(form, &cookie, origin, "").await.status, 404, "{origin:?}");
    }
    for site in ["cross-site", "same-site", "none"] {
        let more = format!("sec-fetch-site: {site}\r\n");
        assert_eq!(session.close(form, &cookie, Some(&own), &more).await.status, 404, "{site}");
    }
    let two = format!("origin: {own}\r\n");
    assert_eq!(session.close(form, &cookie, Some("https://evil.example"), &two).await.status, 404);
    assert!(!world.is_closed());
}

#[tokio::test]
async fn a_post_without_the_pages_secret_does_nothing() {
    let world = World::new().await;
    let session = world.enter().await;
    let (cookie, own) = (session.cookie_line(), session.own_origin());
    let shortened = &session.form[..session.form.len() - 1];
    for form in ["", "AAAA", shortened] {
        assert_eq!(session.close(form, &cookie, Some(&own), "").await.status, 404, "{form}");
    }
    assert_eq!(session.close(&session.form, "", Some(&own), "").await.status, 404, "nor without the cookie");
    assert!(!world.is_closed());
}

#[tokio::test]
async fn looking_never_acts() {
    let world = World::new().await;
    let session = world.enter().await;
    for act in ["close", "send", "invite", "authorize", "unblock", "check", "peer/bob/revoke", "request/X/approve"] {
        let path = format!("{act}?form={}", session.form);
        let reply = session.get(&path).await;
        assert_eq!(reply.status, 405, "{act}");
        assert!(reply.body.contains("<nav"), "the owner is led on: {}", reply.body);
    }
    assert!(!world.is_closed());
}
