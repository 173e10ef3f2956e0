//! Every bound of the protocol, with its unit in the name and its reason beside it.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An envelope's whole size in bytes is one of these, so that its length tells the relay next to nothing.
pub const ENVELOPE_BUCKETS_BYTES: [usize; 5] = [4096, 8192, 16384, 32768, 65536];
/// The largest envelope in bytes, counting every outer byte.
pub const MAX_ENVELOPE_BYTES: usize = 65536;
/// The largest knock in bytes: a stranger gets one first flight and no more.
pub const MAX_KNOCK_BYTES: usize = 8192;

/// The largest blob in bytes: a sealed chunk of an attachment.
pub const MAX_BLOB_BYTES: usize = 256 * 1024;
/// An attachment of one chunk takes one of these sizes at the relay, in bytes; of several, each has the last.
pub const ATTACHMENT_BUCKETS_BYTES: [usize; 4] = [4096, 16384, 65536, MAX_BLOB_BYTES];
/// The largest attachment in bytes: filled up, it stays well below what one lane may leave at a relay.
pub const MAX_ATTACHMENT_BYTES: u64 = 128 * 1024 * 1024;
/// The most attachments of one message.
pub const MAX_ATTACHMENTS: usize = 8;
/// The longest name of an attachment in bytes, as file systems have it.
pub const MAX_FILE_NAME_BYTES: usize = 255;

/// A device certificate lives at most this long, so a lost device ends by itself.
pub const MAX_CERTIFICATE_LIFETIME: Duration = DAY.saturating_mul(400);
/// A prekey bundle lives at most this long: weeks offline must not make an agent unreachable.
pub const PREKEY_LIFETIME: Duration = DAY.saturating_mul(90);
/// A sidecar that is online publishes new prekeys this often.
pub const PREKEY_ROTATION: Duration = DAY.saturating_mul(7);
/// Private prekeys stay this long after their bundle expired, for mail under way.
pub const PREKEY_GRACE: Duration = DAY.saturating_mul(7);
/// How far ahead of our clock a bundle's `created` may lie.
pub const MAX_CLOCK_AHEAD: Duration = DAY;

/// A lane proof's time may differ from the relay's by this much.
pub const LANE_CLOCK_WINDOW: Duration = Duration::from_secs(300);
/// How many envelopes an invite's lane takes before the inviter is back.
pub const INVITE_ENVELOPES: u32 = 16;
/// How long an invite lives unless its maker says otherwise.
pub const INVITE_LIFETIME: Duration = DAY.saturating_mul(7);
/// How long a challenge of the relay can be answered.
pub const CHALLENGE_LIFETIME: Duration = Duration::from_secs(60);
/// How long an owner's session token lives.
pub const SESSION_TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How long a relay keeps an envelope that nobody collects.
pub const ENVELOPE_LIFETIME: Duration = DAY.saturating_mul(30);

/// How many messages of one chain may be missing when a later one arrives.
pub const MAX_SKIP: u32 = 256;
/// How many skipped message keys a session keeps.
pub const MAX_SKIPPED_KEYS: usize = 1000;
/// How long a skipped message key is kept.
pub const SKIPPED_KEY_LIFETIME: Duration = DAY.saturating_mul(30);
/// After how many receiving chains a skipped message key is dropped.
pub const SKIPPED_KEY_CHAINS: u32 = 5;
/// A sender pauses at this many messages without a receipt: fewer than [`MAX_SKIP`], so expiry at the relay cannot trap it.
pub const MAX_UNRECEIPTED: usize = 200;

/// The longest relay authority in bytes (a DNS name and a port).
pub const MAX_AUTHORITY_BYTES: usize = 260;
/// The longest handle in bytes.
pub const MAX_HANDLE_BYTES: usize = 32;
/// The longest scope in bytes.
pub const MAX_SCOPE_BYTES: usize = 64;
/// The most scopes in one invite or grant.
pub const MAX_SCOPES: usize = 32;

/// The longest display name in bytes.
pub const MAX_DISPLAY_NAME_BYTES: usize = 128;
/// The most capabilities on a card.
pub const MAX_CAPABILITIES: usize = 64;
/// The longest capability title in bytes.
pub const MAX_TITLE_BYTES: usize = 256;
/// The longest capability description in bytes.
pub const MAX_DESCRIPTION_BYTES: usize = 4096;
/// The longest JSON Schema of a capability in bytes.
pub const MAX_SCHEMA_BYTES: usize = 16384;
/// The largest signed card in bytes.
pub const MAX_CARD_BYTES: usize = 65536;

/// The longest challenge in bytes, as the text a relay sends.
pub const MAX_CHALLENGE_BYTES: usize = 256;
/// The most envelopes in one batch of the mailbox.
pub const MAX_BATCH_ENVELOPES: usize = 256;
/// The longest invite link in characters.
pub const MAX_INVITE_LINK_CHARS: usize = 8192;

/// The longest subject in bytes.
pub const MAX_SUBJECT_BYTES: usize = 1024;
/// The longest text of a message in bytes: with the longest subject and scope it fits the largest envelope, first flights too.
pub const MAX_BODY_BYTES: usize = 58 * 1024;
/// The longest intent in bytes.
pub const MAX_INTENT_BYTES: usize = 64;
/// The longest payload of a request in bytes, as JSON text.
pub const MAX_PAYLOAD_BYTES: usize = 32 * 1024;
/// The longest text in a hello in bytes: words to another owner, short enough for a knock.
pub const MAX_HELLO_TEXT_BYTES: usize = 1024;
/// The most receipts in one content.
pub const MAX_RECEIPTS: usize = 512;
