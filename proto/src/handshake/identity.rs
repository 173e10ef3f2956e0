//! The identity box: who the initiator is and what for, sealed to the responder, always 1,024 bytes inside.
//!
//! Plaintext: certificate 181 ‖ reply lane (LP(relay) ‖ lane 16 ‖ key 32) ‖ purpose u8 ‖ counter 12 ‖ quoted u8 ‖ nonce 32 ‖
//! signature 64 ‖ zeros. Only a reset has a counter and may quote a report's nonce; absent values are zero.

use zeroize::Zeroizing;

use super::Purpose;
use crate::certificate::Certificate;
use crate::codec::{DecodeError, Reader, Writer};
use crate::counter::Counter;
use crate::id::AgentId;
use crate::keys::{DeviceKeys, SIGNATURE_SIZE};
use crate::labels;
use crate::lane::LaneOffer;
use crate::primitives::aead;

const IDENTITY_BYTES: usize = 1024;
/// The size of the sealed box in bytes.
pub(super) const SEALED_IDENTITY_BYTES: usize = IDENTITY_BYTES + aead::OVERHEAD_BYTES;

const NO_NONCE: [u8; 32] = [0; 32];

/// What the initiator says about itself.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: Certificate,
    pub(crate) reply_lane: LaneOffer,
    pub(crate) purpose: Purpose,
}

impl Identity {
    /// The box's plaintext, signed for this transcript and this responder.
    pub(crate) fn to_bytes(&self, device: &DeviceKeys, t0: &[u8; 32], responder: &AgentId) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(IDENTITY_BYTES);
        writer.fixed(self.certificate.as_bytes());
        self.write_claims(&mut writer);
        writer.fixed(&device.sign(labels::SIG_HANDSHAKE, &self.signed_bytes(t0, responder)));
        let mut bytes = writer.finish();
        // The longest parts fill 603 bytes, so this only ever adds zeros.
        bytes.resize(IDENTITY_BYTES, 0);
        Zeroizing::new(bytes)
    }

    /// Reads the box's plaintext and verifies the certificate and the signature.
    pub(crate) fn parse_verified(bytes: &[u8], t0: &[u8; 32], responder: &AgentId) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let certificate = Certificate::read_verified(&mut reader).ok()?;
        let (identity, signature) = Self::read_claims(certificate, &mut reader).ok()?;
        let padding = reader.fixed(reader.remaining()).ok()?;
        if padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        let signed = identity.signed_bytes(t0, responder);
        identity.certificate.device().verify(labels::SIG_HANDSHAKE, &signed, &signature).ok()?;
        Some(identity)
    }

    /// t0 ‖ id of the initiator ‖ id of the responder ‖ SHA-256(certificate) ‖ reply lane ‖ purpose ‖ counter ‖ quoted ‖ nonce.
    fn signed_bytes(&self, t0: &[u8; 32], responder: &AgentId) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.fixed(t0).fixed(self.certificate.id().as_bytes()).fixed(responder.as_bytes());
        writer.fixed(&self.certificate.hash());
        self.write_claims(&mut writer);
        writer.finish()
    }

    /// Everything between certificate and signature.
    fn write_claims(&self, writer: &mut Writer) {
        self.reply_lane.write(writer);
        let (code, counter, quoted) = match self.purpose {
            Purpose::Knock => (1, Counter::new(0, 0), None),
            Purpose::Invite => (2, Counter::new(0, 0), None),
            Purpose::Reset { counter, quoted } => (3, counter, quoted),
        };
        writer.u8(code);
        counter.write(writer);
        writer.u8(u8::from(quoted.is_some())).fixed(&quoted.unwrap_or(NO_NONCE));
    }

    fn read_claims(
        certificate: Certificate,
        reader: &mut Reader<'_>,
    ) -> Result<(Self, [u8; SIGNATURE_SIZE]), DecodeError> {
        let reply_lane = LaneOffer::read(reader)?;
        let purpose = read_purpose(reader)?;
        Ok((Self { certificate, reply_lane, purpose }, reader.array()?))
    }
}

fn read_purpose(reader: &mut Reader<'_>) -> Result<Purpose, DecodeError> {
    let (code, counter) = (reader.u8()?, Counter::read(reader)?);
    let quoted = match (reader.flag()?, reader.array()?) {
        (true, nonce) => Some(nonce),
        (false, NO_NONCE) => None,
        (false, _) => return Err(DecodeError::InvalidValue),
    };
    let is_bare = counter == Counter::new(0, 0) && quoted.is_none();
    match code {
        1 if is_bare => Ok(Purpose::Knock),
        2 if is_bare => Ok(Purpose::Invite),
        3 => Ok(Purpose::Reset { counter, quoted }),
        _ => Err(DecodeError::InvalidValue),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: u8, counter: Counter, quoted: Option<[u8; 32]>) -> bool {
        let mut writer = Writer::new();
        writer.u8(code);
        counter.write(&mut writer);
        writer.u8(u8::from(quoted.is_some())).fixed(&quoted.unwrap_or(NO_NONCE));
        read_purpose(&mut Reader::new(&writer.finish())).is_ok()
    }

    #[test]
    fn only_a_reset_has_a_counter_or_quotes_a_report() {
        let (none, some) = (Counter::new(0, 0), Counter::new(1, 1));
        for (code, with_claims) in [(0, false), (1, false), (2, false), (3, true), (4, false)] {
            assert_eq!(read(code, none, None), (1..=3).contains(&code), "{code}");
            assert_eq!(read(code, some, None), with_claims, "{code}: a counter");
            assert_eq!(read(code, none, Some([7; 32])), with_claims, "{code}: a report");
        }
    }
}
