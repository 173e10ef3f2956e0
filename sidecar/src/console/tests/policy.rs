//! What every answer carries, and that no page holds anything that runs.

use super::World;
use super::inert::assert_inert;

#[tokio::test]
async fn every_answer_carries_the_strict_policy() {
    let world = World::new().await;
    let session = world.enter().await;
    let used = world.fresh();
    world.request("GET", &used, "", "").await;
    let answers = [
        session.get("inbox").await,
        session.get("nothing").await,
        world.request("GET", "/", "", "").await,
        world.request("GET", &used, "", "").await,
        world.request("GET", &world.fresh(), "", "").await,
    ];
    for reply in answers {
        let policy = reply.header("content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        for loose in ["unsafe", "data:", "http:", "https:", "*"] {
            assert!(!policy.contains(loose), "{policy}");
        }
        assert_eq!(reply.header("cache-control").unwrap(), "no-store");
        assert_eq!(reply.header("x-frame-options").unwrap(), "DENY");
        assert_eq!(reply.header("referrer-policy").unwrap(), "same-origin");
        assert_eq!(reply.header("x-content-type-options").unwrap(), "nosniff");
        assert_eq!(reply.header("cross-origin-opener-policy").unwrap(), "same-origin");
        assert_eq!(reply.header("cross-origin-resource-policy").unwrap(), "same-origin");
        assert!(reply.header("access-control-allow-origin").is_none());
        assert_inert(&reply.body);
    }
}

#[tokio::test]
async fn files_are_named_after_their_content_and_kept() {
    let world = World::new().await;
    let session = world.enter().await;
    let page = session.get("inbox").await.body;
    for (attribute, kind) in
        [("script src=\"", "text/javascript; charset=utf-8"), ("stylesheet\" href=\"", "text/css; charset=utf-8")]
    {
        let path = page.split(attribute).nth(1).unwrap().split('"').next().unwrap();
        let file = world.request("GET", path, "", "").await;
        assert_eq!(file.status, 200);
        assert_eq!(file.header("content-type").unwrap(), kind);
        assert_eq!(file.header("cache-control").unwrap(), "public, max-age=31536000, immutable");
        assert!(!file.body.contains("http"), "a file of ours names no other server");
        let renamed = path.replace('-', "-0");
        assert_eq!(world.request("GET", &renamed, "", "").await.status, 404);
    }
}

#[tokio::test]
async fn without_an_agent_every_page_says_what_to_do() {
    let world = World::new().await;
    let session = world.enter().await;
    for page in ["inbox", "compose", "network", "authorizations", "settings"] {
        let reply = session.get(page).await;
        assert_eq!(reply.status, 409, "{page}");
        assert!(reply.body.contains("a2a init"), "{page}: {}", reply.body);
        assert!(!reply.body.contains("a2a_register"), "a person is told no tools");
    }
}
