//! What secret types print: their names, and nothing of what they hold.

use a2a_proto::id::InviteId;
use a2a_proto::time::Timestamp;

use crate::agent::{ActionKind, Approved, Authorize, Draft, MadeInvite, Untrusted};
use crate::store::blob::SecretBlob;

const SECRET: &str = "https://relay.example.org/invite#seven";

#[test]
fn debug_tells_no_secret() {
    let draft = Draft {
        recipient: SECRET.to_owned(),
        subject: Some(SECRET.to_owned()),
        body: SECRET.to_owned(),
        scope: None,
        reply_to: None,
        intent: None,
        payload: Some(SECRET.into()),
        hand: crate::agent::Hand::Agent,
        attachments: vec![std::path::PathBuf::from(SECRET).into()],
    };
    let made = MadeInvite {
        link: SECRET.to_owned(),
        invite_id: InviteId::from_bytes([1; 16]),
        expires_at: Timestamp::from_secs(1_800_000_000),
        scopes: vec!["message".parse().unwrap()],
    };
    let authorize =
        Authorize { peer: SECRET.to_owned(), scopes: None, text: Some(SECRET.to_owned()), ..Authorize::default() };
    let approved = Approved {
        kind: ActionKind::MakeInvite,
        summary: "Made an invite.".to_owned(),
        invite: Some(SECRET.to_owned()),
    };
    let lines = [
        format!("{:?}", SecretBlob::copy_of(SECRET.as_bytes())),
        format!("{:?}", Untrusted::new(SECRET)),
        format!("{draft:?}"),
        format!("{made:?}"),
        format!("{authorize:?}"),
        format!("{approved:?}"),
    ];
    let text = lines.join("\n");
    assert!(!text.contains("seven"));
    insta::assert_snapshot!(text, @r#"
    SecretBlob(redacted)
    Untrusted(38 bytes)
    Draft { body_bytes: 38, scope: None, reply_to: None, intent: None, attachments: 1, .. }
    MadeInvite { link: "redacted", invite_id: InviteId(AQEBAQEBAQEBAQEBAQEBAQ), expires_at: Timestamp(1800000000000), scopes: [Scope("message")] }
    Authorize { scopes: None, .. }
    Approved { kind: MakeInvite, summary: "Made an invite.", .. }
    "#);
}
