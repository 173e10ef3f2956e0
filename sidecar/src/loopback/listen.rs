//! A port on the loopback interface.

use std::net::Ipv4Addr;

use tokio::net::TcpListener;

/// Listens on 127.0.0.1 only; port 0 takes any that is free. Returns the port too.
pub(crate) async fn listen(port: u16) -> std::io::Result<(TcpListener, u16)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}
