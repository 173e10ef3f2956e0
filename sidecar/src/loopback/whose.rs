//! Whose the program at the other end of a connection is: no other user of this computer is let in, where the system can tell.
//!
//! A one-time link stands on the command line of the browser that opens it, and Linux shows command lines to everybody. So
//! a secret in a link alone would not keep another user out who is quicker than the browser.

use std::net::SocketAddr;

use tokio::net::TcpStream;

/// Whether whoever connected may not come in: another user's program, or one that has gone and can no longer be told
/// from one.
///
/// Root may, who could read us anyway. Where the system does not tell, everybody may, and only the secrets count.
#[cfg(target_os = "linux")]
pub(super) async fn is_shut_out(stream: &TcpStream, client: SocketAddr) -> bool {
    let (Ok(SocketAddr::V4(server)), SocketAddr::V4(client)) = (stream.local_addr(), client) else { return true };
    let found = tokio::task::spawn_blocking(move || table::client(client, server)).await;
    let ours = rustix::process::geteuid().as_raw();
    !found.is_ok_and(|client| client.may_enter(ours))
}

/// Elsewhere than on Linux nobody tells.
#[cfg(not(target_os = "linux"))]
pub(super) async fn is_shut_out(_stream: &TcpStream, _client: SocketAddr) -> bool {
    false
}

/// The kernel's own table of connections.
#[cfg(target_os = "linux")]
mod table {
    use std::fs::File;
    use std::io::{BufRead, BufReader, ErrorKind};
    use std::net::SocketAddrV4;

    /// A client that talks IPv4 by an IPv6 socket stands in the second.
    const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
    /// The table comes in pieces, between which it changes: a line that is missing once may only have moved.
    const LOOKS: usize = 2;
    const ROOT: u32 = 0;

    /// The other end of a connection.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) enum Client {
        /// A program of this user has it.
        User(u32),
        /// No program has it any more; the kernel then calls it root's.
        Gone,
        /// It stands in no table that can be read.
        Untold,
        /// The tables could not be read just now.
        Failed,
    }

    impl Client {
        /// Whether a server of the user `ours` talks with it.
        pub(super) fn may_enter(self, ours: u32) -> bool {
            match self {
                Self::User(user) => user == ours || user == ROOT,
                Self::Untold => true,
                Self::Gone | Self::Failed => false,
            }
        }
    }

    /// Who is at the other end of the connection between these two.
    pub(super) fn client(client: SocketAddrV4, server: SocketAddrV4) -> Client {
        for path in [TABLES; LOOKS].into_iter().flatten() {
            match File::open(path) {
                Ok(table) => match find(BufReader::new(table), client, server) {
                    Client::Untold => {}
                    found => return found,
                },
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {}
                Err(_) => return Client::Failed,
            }
        }
        Client::Untold
    }

    /// Looks for the client's line; our own end has one too, the other way round.
    fn find(mut table: impl BufRead, client: SocketAddrV4, server: SocketAddrV4) -> Client {
        let (clients, servers) = (names(client), names(server));
        let mut line = String::new();
        loop {
            line.clear();
            match table.read_line(&mut line) {
                Ok(0) => return Client::Untold,
                Ok(_) => {}
                Err(_) => return Client::Failed,
            }
            let mut fields = line.split_ascii_whitespace().skip(1);
            let (from, to) = (fields.next(), fields.next());
            let fits = (0..2).any(|form| from == Some(&clients[form]) && to == Some(&servers[form]));
            if fits {
                return who(fields);
            }
        }
    }

    /// After both addresses: state, queues, timer, retransmissions, user, timeout, inode.
    fn who<'a>(mut fields: impl Iterator<Item = &'a str>) -> Client {
        match (fields.nth(4).map(str::parse), fields.nth(1).map(str::parse::<u64>)) {
            (_, Some(Ok(0))) => Client::Gone,
            (Some(Ok(user)), Some(Ok(_))) => Client::User(user),
            _ => Client::Failed,
        }
    }

    /// An address as the table of IPv4 writes it, and as that of IPv6 does: words of four bytes in this machine's order.
    fn names(address: SocketAddrV4) -> [String; 2] {
        let word = |bytes| format!("{:08X}", u32::from_ne_bytes(bytes));
        let (zero, mapped) = (word([0; 4]), word([0, 0, 0xFF, 0xFF]));
        let end = format!("{}:{:04X}", word(address.ip().octets()), address.port());
        let long = format!("{zero}{zero}{mapped}{end}");
        [end, long]
    }

    #[cfg(test)]
    mod tests {
        use std::net::{Ipv4Addr, SocketAddr};

        use super::*;

        const HEAD: &str =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
        const USER: Client = Client::User(1000);

        fn at(port: u16) -> SocketAddrV4 {
            SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)
        }

        /// What a table says of the client at port 54424 of the server at 35405.
        fn told(lines: &[&str]) -> Client {
            find(format!("{HEAD}{}\n", lines.join("\n")).as_bytes(), at(54_424), at(35_405))
        }

        const LISTENS: &str = "   1: 0100007F:8A4D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4281730 1 00000000eb0dffc1 100 0 0 10 0";
        const OUR_END: &str = "   2: 0100007F:8A4D 0100007F:D498 01 00000000:00000000 00:00000000 00000000     0        0 4281732 1 0000000028df6d26 20 0 0 10 -1";
        const THEIR_END: &str = "   5: 0100007F:D498 0100007F:8A4D 01 00000000:00000000 00:00000000 00000000  1000        0 4280901 2 000000005e65135c 20 0 0 10 -1";
        const ANOTHERS: &str = "   6: 0100007F:D4A8 0100007F:8A4D 01 00000000:00000000 00:00000000 00000000 65534        0 4280902 2 000000005e65135d 20 0 0 10 -1";
        const MAPPED: &str = "   0: 0000000000000000FFFF00000100007F:D498 0000000000000000FFFF00000100007F:8A4D 01 00000000:00000000 00:00000000 00000000  1000        0 4280900 2 00000000135399a9 20 0 0 10 -1";
        const WAITS: &str = "   7: 0100007F:D498 0100007F:8A4D 06 00000000:00000000 03:00001752 00000000     0        0 0 3 00000000e049a231";
        const LEFT: &str = "   8: 0100007F:D498 0100007F:8A4D 05 00000000:00000000 03:0000173E 00000000     0        0 0 3 00000000e049a231";

        #[test]
        #[cfg(target_endian = "little")]
        fn the_clients_own_line_says_whose_it_is() {
            assert_eq!(told(&[LISTENS, OUR_END, ANOTHERS, THEIR_END]), USER);
            assert_eq!(told(&[MAPPED]), USER, "a client may talk IPv4 by an IPv6 socket");
        }

        #[test]
        #[cfg(target_endian = "little")]
        fn who_has_gone_is_not_taken_for_root() {
            assert_eq!(told(&[LISTENS, OUR_END, WAITS]), Client::Gone);
            assert_eq!(told(&[LISTENS, OUR_END, LEFT]), Client::Gone);
        }

        #[test]
        fn neither_our_own_end_nor_another_connection_counts() {
            assert_eq!(told(&[LISTENS, OUR_END, ANOTHERS]), Client::Untold);
            assert_eq!(told(&["", "  9: 0100007F:D498", "what?"]), Client::Untold);
        }

        #[test]
        #[cfg(target_endian = "little")]
        fn a_line_that_cannot_be_read_lets_nobody_in() {
            assert_eq!(told(&[&THEIR_END[..80]]), Client::Failed);
            assert_eq!(told(&[&THEIR_END.replace("  1000 ", "  -100 ")]), Client::Failed);
        }

        #[test]
        fn ours_and_root_may_enter_and_nobody_else() {
            assert!(USER.may_enter(1000) && Client::User(ROOT).may_enter(1000) && Client::Untold.may_enter(1000));
            assert!(!Client::User(1001).may_enter(1000) && !USER.may_enter(ROOT));
            assert!(!Client::Gone.may_enter(ROOT) && !Client::Failed.may_enter(ROOT));
        }

        #[test]
        fn this_process_finds_itself() {
            let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let server = at(listener.local_addr().unwrap().port());
            let near = std::net::TcpStream::connect(server).unwrap();
            let port = near.local_addr().unwrap().port();
            let ourselves = Client::User(rustix::process::geteuid().as_raw());
            assert_eq!(client(at(port), server), ourselves);
            // A system without IPv6 has no such sockets.
            let mapped = SocketAddr::from((Ipv4Addr::LOCALHOST.to_ipv6_mapped(), server.port()));
            if let Ok(near) = std::net::TcpStream::connect(mapped) {
                assert_eq!(client(at(near.local_addr().unwrap().port()), server), ourselves);
            }
        }
    }
}
