//! Bytes that a face hands over as they come, copied into a file of ours: never held in memory, never more than a limit.

use std::fs::File;
use std::io::Seek as _;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

/// So much is held at a time.
const PIECE_BYTES: usize = 128 * 1024;

/// Why the bytes did not all come.
#[derive(Debug)]
pub(super) enum Broken {
    /// There are more than the limit.
    TooLarge,
    /// They stopped coming.
    Source(std::io::Error),
    /// They cannot be written.
    Disk(std::io::Error),
}

/// Copies to the end, at most `most` bytes; returns the file at its beginning, and how long it is.
pub(super) async fn copy(mut bytes: impl AsyncRead + Unpin, file: File, most: u64) -> Result<(File, u64), Broken> {
    let mut file = tokio::fs::File::from_std(file);
    let (mut piece, mut size) = (vec![0; PIECE_BYTES], 0u64);
    loop {
        let read = bytes.read(&mut piece).await.map_err(Broken::Source)?;
        if read == 0 {
            break;
        }
        size += read as u64;
        if size > most {
            return Err(Broken::TooLarge);
        }
        file.write_all(&piece[..read]).await.map_err(Broken::Disk)?;
    }
    file.flush().await.map_err(Broken::Disk)?;
    let mut file = file.into_std().await;
    file.rewind().map_err(Broken::Disk)?;
    Ok((file, size))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[tokio::test]
    async fn everything_is_copied_up_to_the_limit_and_nothing_beyond() {
        let bytes: Vec<u8> = (0..300_000u32).map(|number| (number % 251) as u8).collect();
        let (mut file, size) = copy(&bytes[..], tempfile::tempfile().unwrap(), 300_000).await.unwrap();
        let mut copied = Vec::new();
        file.read_to_end(&mut copied).unwrap();
        assert_eq!((size, copied == bytes), (300_000, true));
        let refused = copy(&bytes[..], tempfile::tempfile().unwrap(), 299_999).await;
        assert!(matches!(refused, Err(Broken::TooLarge)), "{refused:?}");
    }
}
