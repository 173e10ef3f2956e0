//! Padding: fills an envelope with zero bytes, inside the seal, up to the next allowed size.

use crate::limits::ENVELOPE_BUCKETS_BYTES;

/// Pads `plain` with zeros so that with `overhead` more bytes it fills the smallest bucket that is not above `max`.
///
/// Fails with the longest `plain` that would have fitted.
pub(crate) fn pad(plain: &mut Vec<u8>, overhead: usize, max: usize) -> Result<(), usize> {
    let needed = plain.len().saturating_add(overhead);
    let bucket = ENVELOPE_BUCKETS_BYTES.into_iter().find(|bucket| (needed..=max).contains(bucket));
    let bucket = bucket.ok_or_else(|| max.saturating_sub(overhead))?;
    plain.resize(bucket.saturating_sub(overhead), 0);
    Ok(())
}

/// Takes `length` bytes off the front, if nothing but zeros follows them.
pub(crate) fn strip(padded: &[u8], length: usize) -> Option<&[u8]> {
    let (plain, padding) = padded.split_at_checked(length)?;
    padding.iter().all(|byte| *byte == 0).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_the_smallest_bucket() {
        for (length, bucket) in [(0, 4096), (4000, 4096), (4001, 8192), (65440, 65536)] {
            let mut plain = vec![7; length];
            pad(&mut plain, 96, 65536).unwrap();
            assert_eq!(plain.len() + 96, bucket);
            assert_eq!(strip(&plain, length).unwrap(), vec![7; length]);
        }
    }

    #[test]
    fn refuses_what_fits_no_bucket_and_says_what_would() {
        assert_eq!(pad(&mut vec![0; 65441], 96, 65536), Err(65440));
        assert_eq!(pad(&mut vec![0; 8000], 500, 8192), Err(7692));
    }

    #[test]
    fn refuses_padding_that_is_not_zero_and_lengths_beyond_the_end() {
        assert_eq!(strip(&[1, 2, 0, 0], 2), Some(&[1, 2][..]));
        assert_eq!(strip(&[1, 2, 0, 1], 2), None);
        assert_eq!(strip(&[1, 2], 3), None);
    }
}
