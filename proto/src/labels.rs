//! Domain separation: every label of suite 1, in one table.
//!
//! A label says what a hash, a derivation or a signature is for, so that bytes made for one purpose mean nothing to another.
//! Labels are ASCII `a2a/1/<part>/<use>`; they enter their input length-prefixed ([`crate::codec::Writer::label`]). A test
//! holds that all are distinct and that none begins another.

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: &str = $text;)*
        /// Every label, for the test that keeps them apart.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

labels! {
    /// Checksum inside an agent id.
    ID_CHECKSUM = "a2a/1/id/checksum";
    /// Safety words of an agent id.
    ID_WORDS = "a2a/1/id/words";

    /// Extraction from the owner's entropy.
    SEED_EXTRACT = "a2a/1/seed/extract";
    /// The root key, from the owner's entropy.
    SEED_ROOT = "a2a/1/seed/root";
    /// The backup key, from the owner's entropy.
    SEED_BACKUP = "a2a/1/seed/backup";

    /// Root signs a device.
    SIG_CERTIFICATE = "a2a/1/sig/cert";
    /// Device signs the card.
    SIG_CARD = "a2a/1/sig/card";
    /// Device signs the prekey bundle.
    SIG_BUNDLE = "a2a/1/sig/bundle";
    /// Device signs a one-time pair.
    SIG_ONE_TIME = "a2a/1/sig/opk";
    /// Device signs a handshake's transcript.
    SIG_HANDSHAKE = "a2a/1/sig/hs";
    /// Device signs a message.
    SIG_MESSAGE = "a2a/1/sig/msg";
    /// Device asks its relay for a session token.
    SIG_SESSION = "a2a/1/sig/session";
    /// Device registers at a relay.
    SIG_REGISTER = "a2a/1/sig/register";

    /// First transcript hash of a handshake.
    HS_T0 = "a2a/1/hs/t0";
    /// First key of a handshake.
    HS_K1 = "a2a/1/hs/k1";
    /// The identity box of a handshake.
    HS_BOX = "a2a/1/hs/box";
    /// Second transcript hash of a handshake.
    HS_T1 = "a2a/1/hs/t1";
    /// Output keys of a handshake.
    HS_KEYS = "a2a/1/hs/keys";

    /// Root key step of the ratchet.
    DR_ROOT = "a2a/1/dr/root";
    /// Header encryption.
    DR_HEADER = "a2a/1/dr/hdr";
    /// Associated data of a body.
    DR_AD = "a2a/1/dr/ad";
    /// Encryption key of a body.
    DR_ENCRYPT = "a2a/1/dr/enc";
    /// Commitment of a body.
    DR_COMMIT = "a2a/1/dr/com";

    /// Extraction from an invite's secret.
    INVITE_EXTRACT = "a2a/1/invite/extract";
    /// What an invite's holder shows the relay to fetch the one-time pair.
    INVITE_TOKEN = "a2a/1/invite/token";
    /// What an invite's holder mixes into the handshake; the relay never has it.
    INVITE_PSK = "a2a/1/invite/psk";
    /// Checksum at the end of an invite link.
    INVITE_CHECKSUM = "a2a/1/invite/checksum";

    /// The relay derives a lane's key.
    LANE_KEY = "a2a/1/lane/key";
    /// A lane's holder proves the key over one request.
    LANE_REQUEST = "a2a/1/lane/request";

    /// The work behind a knock.
    KNOCK_WORK = "a2a/1/knock/work";

    /// The key of one chunk of an attachment.
    ATTACHMENT_KEY = "a2a/1/attachment/key";
    /// What the relay calls one chunk.
    ATTACHMENT_BLOB = "a2a/1/attachment/blob";
    /// Associated data of one chunk.
    ATTACHMENT_CHUNK = "a2a/1/attachment/chunk";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_begins_another() {
        for (at, label) in ALL.iter().enumerate() {
            for (other_at, other) in ALL.iter().enumerate() {
                assert!(at == other_at || !other.starts_with(label), "{label} begins {other}");
            }
        }
    }

    #[test]
    fn every_label_has_the_one_shape() {
        for label in ALL {
            let parts: Vec<&str> = label.split('/').collect();
            assert_eq!(parts.len(), 4, "{label}");
            assert_eq!(&parts[..2], ["a2a", "1"], "{label}");
            assert!(label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'/'), "{label}");
        }
    }
}
