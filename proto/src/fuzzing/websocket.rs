//! Readers of a stream of mail: WebSocket frames (RFC 6455), and what ours hold, at the owner's end and at the relay's.

use std::io::{self, Read, Write};

use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

use crate::api::Acknowledge;
#[cfg(test)]
use crate::api::mailbox::Batch;
use crate::limits::MAX_ENVELOPE_BYTES;

/// As much as one message may hold at either end while fuzzing: more than an envelope, and little enough to be reached.
const MOST_BYTES: usize = 2 * MAX_ENVELOPE_BYTES;

/// What the other end sent, and an end that takes every answer.
struct Wire<'a>(&'a [u8]);

impl Read for Wire<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whole streams, as the owner's sidecar reads what a relay pushes, and as a relay reads an owner's acknowledgements.
pub fn websocket(data: &[u8]) -> bool {
    let from_relay = messages(Role::Client, data);
    let from_owner = messages(Role::Server, data);
    let has_batch = from_relay.iter().any(|bytes| super::frame(bytes));
    let has_number = from_owner.iter().filter_map(|bytes| Acknowledge::parse(bytes).zip(Some(bytes)));
    has_number.fold(has_batch, |_, (number, bytes)| {
        assert_eq!(number.to_bytes().as_slice(), bytes, "an acknowledgement has one form");
        true
    })
}

/// The binary messages up to the first fault; the stream ends with its bytes.
fn messages(role: Role, data: &[u8]) -> Vec<Vec<u8>> {
    let bounds = WebSocketConfig::default().max_message_size(Some(MOST_BYTES)).max_frame_size(Some(MOST_BYTES));
    let mut socket = WebSocket::from_raw_socket(Wire(data), role, Some(bounds));
    let mut found = Vec::new();
    while let Ok(message) = socket.read() {
        if let Message::Binary(bytes) = message {
            assert!(bytes.len() <= MOST_BYTES, "a message is larger than its bound");
            found.push(bytes.to_vec());
        }
    }
    found
}

/// Genuine streams, to begin with: a batch in one frame and in two, a ping between, an acknowledgement under a mask.
#[cfg(test)]
pub(super) fn streams(batch: &Batch) -> Vec<Vec<u8>> {
    use tungstenite::protocol::frame::Frame;
    use tungstenite::protocol::frame::coding::{Data, OpCode};
    let written = |frame: Frame| {
        let mut bytes = Vec::new();
        frame.format(&mut bytes).map(|()| bytes).unwrap_or_default()
    };
    let bytes = batch.to_bytes();
    let (front, back) = bytes.split_at(bytes.len() / 2);
    let whole = written(Frame::message(bytes.clone(), OpCode::Data(Data::Binary), true));
    let first = written(Frame::message(front.to_vec(), OpCode::Data(Data::Binary), false));
    let ping = written(Frame::ping(b"?".to_vec()));
    let last = written(Frame::message(back.to_vec(), OpCode::Data(Data::Continue), true));
    let mut number = Frame::message(Acknowledge { through: 9 }.to_bytes().to_vec(), OpCode::Data(Data::Binary), true);
    number.header_mut().mask = Some([1, 2, 3, 4]);
    vec![whole, [first, ping, last].concat(), written(number)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_without_its_mask_is_none_to_the_relay_and_a_masked_number_none_to_the_owner() {
        let streams = streams(&Batch { acknowledged_through: 1, items: Vec::new() });
        assert!(messages(Role::Server, &streams[0]).is_empty());
        assert!(messages(Role::Client, &streams[2]).is_empty());
        assert_eq!(messages(Role::Client, &streams[0]), messages(Role::Client, &streams[1]));
    }
}
