//! What the sender takes, said to one peer: as on a card, but sealed, so that no relay knows of it.

use super::ContentError;
use crate::card::{Capability, read_capabilities, write_capabilities};
use crate::codec::{DecodeError, Reader, Writer};
use crate::limits::MAX_BODY_BYTES;

pub(super) fn write(writer: &mut Writer, capabilities: &[Capability]) {
    write_capabilities(writer, capabilities);
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Vec<Capability>, DecodeError> {
    let before = reader.remaining();
    let capabilities = read_capabilities(reader)?;
    if before - reader.remaining() > MAX_BODY_BYTES {
        return Err(DecodeError::TooLong);
    }
    Ok(capabilities)
}

/// Whether a peer will read them: each as on a card, all together no longer than the longest text.
pub(super) fn check(capabilities: &[Capability]) -> Result<(), ContentError> {
    let mut writer = Writer::new();
    write(&mut writer, capabilities);
    if writer.as_slice().len() > MAX_BODY_BYTES {
        return Err(ContentError::TooLong { limit: MAX_BODY_BYTES });
    }
    Ok(read(&mut Reader::new(writer.as_slice())).map(drop)?)
}
