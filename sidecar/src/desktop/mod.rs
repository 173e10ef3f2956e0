//! Tells the owner through the desktop that something waits: for a decision, or unread because nothing woke a model.
//!
//! Only counts stand in a notification: it shows on a locked screen and in other programs' histories, so nothing that a
//! peer wrote or is called is put there. Its button opens the page where the owner decides, and decides nothing itself.
//! Of all processes on a home one tells, elected by a file lock.

mod news;
mod open;
#[cfg(target_os = "linux")]
mod session_bus;
#[cfg(not(target_os = "linux"))]
#[path = "no_bus.rs"]
mod session_bus;

use std::fs::File;
use std::time::{Duration, Instant};

use crate::agent::Agent;
use crate::durable_file::open_private;
use crate::paths::Home;
use news::{News, Seen};
use open::Pages;
use session_bus::Desktop;

/// How often it is looked for news.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Tells for ever. Where there is no session bus, or nothing on it that shows notifications, nothing is told.
pub(crate) async fn tell(agent: &Agent, home: &Home) {
    let _elected = elected(home).await;
    let (mut seen, mut pages, mut desktop) = (Seen::default(), Pages::default(), None);
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {
                for news in look(agent, &mut seen).await {
                    show(&news, &mut desktop).await;
                }
            }
            pressed = pressed(&mut desktop) => match pressed {
                true => pages.open(agent).await,
                // The bus went away.
                false => desktop = None,
            }
        }
    }
}

/// Waits until there is an agent, and this process is the one that tells. A home that is not made yet is left alone.
async fn elected(home: &Home) -> File {
    loop {
        let lock = if home.marker().exists() { open_private(&home.notifier_lock()).ok() } else { None };
        match lock.filter(|lock| lock.try_lock().is_ok()) {
            Some(lock) => return lock,
            None => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

async fn look(agent: &Agent, seen: &mut Seen) -> Vec<News> {
    let (Ok(wanted), Ok(glance)) = (agent.notifies().await, agent.glance().await) else { return Vec::new() };
    let news = seen.look(glance.pending, glance.unread, Instant::now());
    // What came while this was off is not told later.
    if wanted { news } else { Vec::new() }
}

async fn show(news: &News, desktop: &mut Option<Desktop>) {
    if desktop.is_none() {
        *desktop = Desktop::reach().await;
    }
    let shown = match desktop {
        Some(reached) => reached.show(news).await,
        None => return,
    };
    if !shown {
        tracing::debug!("the desktop shows no notifications");
        *desktop = None;
    }
}

/// Whether a button was pressed; false when that cannot happen any more.
async fn pressed(desktop: &mut Option<Desktop>) -> bool {
    match desktop {
        Some(desktop) => desktop.pressed().await,
        None => std::future::pending().await,
    }
}
