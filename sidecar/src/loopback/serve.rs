//! Serves an app on the loopback interface: to nobody of another user, to so many at once, and to none that stays silent.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::seats::{Seat, Seats};
use super::whose;

/// What every server here allows: a browser has six connections to it, a client a few.
const USUAL: Bounds = Bounds { most: 64, patience: Duration::from_secs(10) };
/// How long a system that has no descriptors left is given to get some back.
const REST: Duration = Duration::from_secs(1);

/// What connections may cost.
#[derive(Clone, Copy)]
struct Bounds {
    /// So many at once: each costs this process a descriptor, which its store and its relay need too.
    most: usize,
    /// How long the head of a request may take, the first and each later one. An answer may take as long as it likes.
    patience: Duration,
}

/// Serves until told to stop, and then until what was asked for before is answered.
///
/// Whoever drops it instead stops it too; answers under way are finished without it.
pub(crate) async fn serve(listener: TcpListener, app: Router, stop: CancellationToken) {
    serve_within(USUAL, listener, app, stop).await;
}

async fn serve_within(bounds: Bounds, listener: TcpListener, app: Router, stop: CancellationToken) {
    let stop = stop.child_token();
    let _dropped = stop.clone().drop_guard();
    let (seats, connections) = (Seats::new(bounds.most), TaskTracker::new());
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, client)) => {
                // Before it has a place: another user's program takes none from ours.
                if whose::is_shut_out(&stream, client).await {
                    tell_once();
                } else if let Some(seat) = seats.take() {
                    let guest = Guest { stream, seat, patience: bounds.patience };
                    connections.spawn(guest.attend(app.clone(), stop.clone()));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// One connection.
struct Guest {
    stream: TcpStream,
    seat: Arc<Seat>,
    patience: Duration,
}

impl Guest {
    /// Answers it, from its first request to its end.
    async fn attend(self, app: Router, stop: CancellationToken) {
        let Self { stream, seat, patience } = self;
        let app = TowerToHyperService::new(app);
        let asked = Arc::clone(&seat);
        let service = service_fn(move |request| {
            asked.asks();
            app.call(request)
        });
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(patience);
        let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            _ended = connection.as_mut() => return,
            () = seat.given_away() => return,
            () = stop.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        let _ended = connection.await;
    }
}

/// Who opens a page as another user than the agent's finds the reason here; who tries again and again fills no log.
fn tell_once() {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !TOLD.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            "another user's program was turned away: what listens here is for the user that runs a2a, and for root"
        );
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use futures_util::stream;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::loopback::listen;
    use crate::loopback::testing::send;
    #[cfg(target_os = "linux")]
    use crate::loopback::testing::send_as_nobody;

    const SOON: Duration = Duration::from_millis(50);
    const NEVER: Duration = Duration::from_secs(3600);
    const DEADLINE: Duration = Duration::from_secs(60);

    /// A server with one page, and one that takes its time.
    struct World {
        authority: String,
        stop: CancellationToken,
        served: tokio::task::JoinHandle<()>,
    }

    impl World {
        async fn within(bounds: Bounds) -> Self {
            let (listener, port) = listen(0).await.unwrap();
            let app = Router::new().route("/", get(async || "here")).route("/slow", get(async || slow()));
            let stop = CancellationToken::new();
            let served = tokio::spawn(serve_within(bounds, listener, app, stop.clone()));
            Self { authority: format!("127.0.0.1:{port}"), stop, served }
        }

        async fn connect(&self) -> TcpStream {
            TcpStream::connect(&self.authority).await.unwrap()
        }

        async fn get(&self, path: &str) -> String {
            send(&self.authority, &format!("GET {path} HTTP/1.1\r\nhost: x\r\n"), "").await.body
        }
    }

    impl Drop for World {
        fn drop(&mut self) {
            self.served.abort();
        }
    }

    /// Says something at once, and something long after anybody's patience is over.
    fn slow() -> Body {
        let words = ["at once, ", "and later"].into_iter().enumerate();
        Body::from_stream(stream::unfold(words, async |mut words| {
            let (at, word) = words.next()?;
            if at > 0 {
                tokio::time::sleep(SOON * 6).await;
            }
            Some((Ok::<_, std::convert::Infallible>(word), words))
        }))
    }

    /// Waits until the server ended it: nothing more comes.
    async fn ended(mut stream: TcpStream) {
        let mut rest = Vec::new();
        let end = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut rest));
        drop(end.await.expect("the server keeps it"));
    }

    #[tokio::test]
    async fn two_hundred_that_say_nothing_keep_nobody_out() {
        let world = World::within(Bounds { patience: NEVER, ..USUAL }).await;
        let mut silent = Vec::new();
        for _ in 0..200 {
            silent.push(world.connect().await);
        }
        assert_eq!(world.get("/").await, "here");
        for oldest in silent.drain(..200 + 1 - USUAL.most) {
            ended(oldest).await;
        }
    }

    #[tokio::test]
    async fn who_says_nothing_or_half_a_request_is_not_waited_for() {
        let world = World::within(Bounds { patience: SOON, ..USUAL }).await;
        for words in ["", "GET / HTTP/1.1\r\nhost: x\r\n", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
            let mut stream = world.connect().await;
            stream.write_all(words.as_bytes()).await.unwrap();
            ended(stream).await;
        }
    }

    #[tokio::test]
    async fn an_answer_may_take_longer_than_a_request() {
        let world = World::within(Bounds { patience: SOON, ..USUAL }).await;
        assert!(world.get("/slow").await.contains("and later"));
    }

    #[tokio::test]
    async fn more_than_so_many_that_ask_are_turned_away() {
        let world = World::within(Bounds { most: 2, patience: NEVER }).await;
        let mut asking = Vec::new();
        for _ in 0..2 {
            let mut stream = world.connect().await;
            stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
            assert_ne!(stream.read(&mut [0; 512]).await.unwrap(), 0);
            asking.push(stream);
        }
        ended(world.connect().await).await;
        drop(asking);
    }

    /// Who is shut out takes no place: it cannot have the owner's browser give way.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn another_user_takes_no_place_from_ours() {
        let world = World::within(Bounds { most: 2, patience: NEVER }).await;
        let mut ours = world.connect().await;
        for _ in 0..3 {
            let Some(heard) = send_as_nobody(&world.authority, "GET / HTTP/1.1\r\nhost: x\r\n").await else { return };
            assert_eq!(heard, "");
        }
        ours.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert_ne!(ours.read(&mut [0; 512]).await.unwrap(), 0, "it had to give way");
    }

    #[tokio::test]
    async fn its_end_waits_for_answers_and_not_for_silence() {
        let mut world = World::within(Bounds { patience: NEVER, ..USUAL }).await;
        let silent = world.connect().await;
        let mut slow = world.connect().await;
        slow.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = [0; 512];
        assert_ne!(slow.read(&mut answer).await.unwrap(), 0);
        world.stop.cancel();
        let mut rest = String::new();
        slow.read_to_string(&mut rest).await.unwrap();
        assert!(rest.contains("and later"), "{rest}");
        ended(silent).await;
        (&mut world.served).await.unwrap();
    }
}
