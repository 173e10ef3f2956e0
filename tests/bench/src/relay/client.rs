//! A connection that sends prepared bytes and reads one answer for each: as little work as a client can do.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How a server's answers are framed.
#[derive(Clone, Copy)]
pub(super) enum Speaks {
    Http,
    Redis,
}

/// One connection.
pub(super) struct Connection {
    stream: TcpStream,
    speaks: Speaks,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr, speaks: Speaks) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, speaks, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a request in two parts and reads its answer, which must be a good one.
    pub(super) async fn exchange(&mut self, head: &[u8], body: &[u8]) -> Result<&[u8]> {
        let mut whole = Vec::with_capacity(head.len() + body.len());
        whole.extend_from_slice(head);
        whole.extend_from_slice(body);
        self.stream.write_all(&whole).await?;
        self.answer().await
    }

    /// Sends without waiting for the answer.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(bytes).await?)
    }

    /// Turns the connection into a WebSocket: from then on it holds frames.
    pub(super) async fn upgrade(&mut self, request: &[u8]) -> Result<()> {
        self.send(request).await?;
        self.buffer.clear();
        while !self.buffer.ends_with(b"\r\n\r\n") {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
        }
        ensure!(self.buffer.starts_with(b"HTTP/1.1 101"), "the server opened no stream");
        Ok(())
    }

    /// What one frame holds, of a server and of at most 64 KiB.
    pub(super) async fn frame(&mut self) -> Result<&[u8]> {
        let head = [self.stream.read_u8().await?, self.stream.read_u8().await?];
        let length = match head[1] {
            126 => usize::from(self.stream.read_u16().await?),
            short @ 0..126 => usize::from(short),
            _ => bail!("a frame of another kind"),
        };
        self.buffer.resize(length, 0);
        self.stream.read_exact(&mut self.buffer).await?;
        Ok(&self.buffer)
    }

    /// Reads one answer; gives its body.
    pub(super) async fn answer(&mut self) -> Result<&[u8]> {
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server closed the connection");
            let body = match self.speaks {
                Speaks::Http => http_body(&self.buffer)?,
                Speaks::Redis => redis_body(&self.buffer)?,
            };
            if let Some(range) = body {
                return Ok(&self.buffer[range]);
            }
        }
    }

    /// Whether an answer comes within `patience`.
    pub(super) async fn is_silent(&mut self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.answer()).await.is_err()
    }
}

type Found = Option<std::ops::Range<usize>>;

fn http_body(bytes: &[u8]) -> Result<Found> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(&bytes[..end])?;
    ensure!(head.starts_with("HTTP/1.1 2"), "a bad answer: {}", head.lines().next().unwrap_or_default());
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let whole = end + 4..end + 4 + length.unwrap_or(0);
    Ok((bytes.len() >= whole.end).then_some(whole))
}

fn redis_body(bytes: &[u8]) -> Result<Found> {
    let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") else { return Ok(None) };
    match bytes.first() {
        Some(b'$') => {
            let length: usize = std::str::from_utf8(&bytes[1..end])?.parse()?;
            let whole = end + 2..end + 2 + length;
            Ok((bytes.len() >= whole.end + 2).then_some(whole))
        }
        Some(b'+' | b':') => Ok(Some(1..end)),
        _ => bail!("a bad answer: {:?}", std::str::from_utf8(&bytes[..end]).context("no text")?),
    }
}
