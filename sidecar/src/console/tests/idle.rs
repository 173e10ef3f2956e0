//! How long a console lasts that no terminal holds.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{World, nobody};
use crate::console::Console;

const SOON: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_console_that_nobody_looks_at_ends() {
    let folder = tempfile::tempdir().unwrap();
    let console = Console::open(nobody(folder.path()).await, None, 0).await.unwrap();
    console.serve_while_watched_within(SOON).await;
}

#[tokio::test]
async fn a_page_that_listens_keeps_its_console() {
    let mut world = World::watched_within(SOON).await;
    let session = world.enter().await;
    let head =
        format!("GET {}/live HTTP/1.1\r\nhost: {}\r\n{}\r\n", session.base, world.authority, session.cookie_line());
    let mut page = TcpStream::connect(&world.authority).await.unwrap();
    page.write_all(head.as_bytes()).await.unwrap();
    assert_ne!(page.read(&mut [0; 4096]).await.unwrap(), 0);
    tokio::time::sleep(SOON * 3).await;
    assert!(!world.served.is_finished(), "it ended while a page listened");
    drop(page);
    (&mut world.served).await.unwrap();
}
