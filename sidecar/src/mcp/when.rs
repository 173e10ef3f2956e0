//! Times as the model reads them: RFC 3339 in UTC.

use a2a_proto::time::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The moment to the second, such as `2026-11-24T09:30:00Z`.
pub(super) fn rfc3339(moment: Timestamp) -> String {
    i64::try_from(moment.secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_in_utc() {
        assert_eq!(rfc3339(Timestamp::from_secs(1_795_512_600)), "2026-11-24T09:30:00Z");
        assert_eq!(rfc3339(Timestamp::from_millis(u64::MAX)), "unknown");
    }
}
