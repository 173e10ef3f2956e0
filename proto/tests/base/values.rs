//! Counters and instants: the epoch counts first, and arithmetic never wraps.

use std::time::Duration;

use a2a_proto::codec::{DecodeError, Reader, Writer};
use a2a_proto::counter::Counter;
use a2a_proto::time::Timestamp;

#[test]
fn a_thiefs_largest_number_does_not_outrank_the_next_epoch() {
    assert!(Counter::new(2, 0) > Counter::new(1, u64::MAX));
    assert!(Counter::new(2, 1) > Counter::new(2, 0));
    assert_eq!(Counter::new(2, 1).next(), Counter::new(2, 2));
    assert_eq!(
        Counter::new(2, u64::MAX).next(),
        Counter::new(2, u64::MAX),
        "never into another epoch, never back to zero"
    );
}

#[test]
fn a_counter_reads_back() {
    let mut writer = Writer::new();
    Counter::new(0x0102_0304, 5).write(&mut writer);
    assert_eq!(writer.as_slice(), [1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 5]);
    assert_eq!(Counter::read(&mut Reader::new(writer.as_slice())), Ok(Counter::new(0x0102_0304, 5)));
    assert_eq!(Counter::read(&mut Reader::new(&[0; 11])), Err(DecodeError::Truncated));
}

#[test]
fn instants_saturate() {
    let last = Timestamp::from_millis(u64::MAX);
    assert_eq!(last.plus(Duration::from_secs(1)), last);
    assert_eq!(Timestamp::EPOCH.plus(Duration::MAX), last);
    assert_eq!(Timestamp::EPOCH.minus(Duration::from_secs(1)), Timestamp::EPOCH);
    assert_eq!(Timestamp::from_secs(u64::MAX), last);
    assert_eq!(Timestamp::EPOCH.since(last), Duration::ZERO);
    assert_eq!(Timestamp::from_millis(7_200_999).hours(), 2);
    assert_eq!(Timestamp::from_millis(1999).secs(), 1);
}

#[test]
fn a_reader_never_reads_past_the_end() {
    let mut reader = Reader::new(&[0, 0, 0, 5, 1]);
    assert_eq!(reader.lp(10), Err(DecodeError::Truncated));
    assert_eq!(Reader::new(&[0xff; 8]).lp(usize::MAX), Err(DecodeError::Truncated));
    assert_eq!(Reader::new(&[0, 0, 0, 2, 0xff, 0xff]).text(2), Err(DecodeError::NotText));
    assert_eq!(Reader::new(&[2]).flag(), Err(DecodeError::InvalidValue));
    assert_eq!(Reader::new(&[]).u8(), Err(DecodeError::Truncated));
    assert_eq!(Reader::new(&[1]).finish(), Err(DecodeError::TrailingBytes));
}
