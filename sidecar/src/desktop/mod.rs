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
    let mut pages = Pages::default();
    loop {
        if let Some((desktop, _elected)) = elect(home, Desktop::reach).await {
            tell_on(desktop, agent, &mut pages).await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Makes this process the one that tells, if there is an agent, nobody else tells and the desktop can be reached: whoever
/// cannot tell does not hold up who can. A home that is not made yet is left alone.
async fn elect<D, F: Future<Output = Option<D>>>(home: &Home, reach: impl Fn() -> F) -> Option<(D, File)> {
    // Nobody connects to the bus again and again while somebody else tells.
    drop(lock(home)?);
    let desktop = reach().await?;
    Some((desktop, lock(home)?))
}

fn lock(home: &Home) -> Option<File> {
    let file = if home.marker().exists() { open_private(&home.notifier_lock()).ok()? } else { return None };
    file.try_lock().is_ok().then_some(file)
}

/// Tells until the desktop is gone.
async fn tell_on(mut desktop: Desktop, agent: &Agent, pages: &mut Pages) {
    let mut seen = Seen::default();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {
                for news in look(agent, &mut seen).await {
                    if !desktop.show(&news).await {
                        tracing::debug!("the desktop shows no notifications");
                        return;
                    }
                }
            }
            pressed = desktop.pressed() => match pressed {
                true => pages.open(agent).await,
                false => return,
            }
        }
    }
}

async fn look(agent: &Agent, seen: &mut Seen) -> Vec<News> {
    let (Ok(wanted), Ok(glance)) = (agent.notifies().await, agent.glance().await) else { return Vec::new() };
    let news = seen.look(glance.pending, glance.unread, Instant::now());
    // What came while this was off is not told later.
    if wanted { news } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_cannot_tell_does_not_hold_up_who_can_and_only_one_tells() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("home"));
        home.prepare().unwrap();
        let reached = || async { Some(()) };
        assert!(elect(&home, reached).await.is_none(), "a home that is not made yet");
        std::fs::write(home.marker(), "").unwrap();
        let in_vain = || async {
            assert!(lock(&home).is_some(), "held while the desktop is looked for");
            None::<()>
        };
        assert!(elect(&home, in_vain).await.is_none());
        let elected = elect(&home, reached).await;
        assert!(elected.is_some(), "held by who could not reach the desktop");
        let asks = std::cell::Cell::new(false);
        let other = elect(&home, || async { asks.replace(true).then_some(()) }).await;
        assert!(other.is_none() && !asks.get(), "two tell, or the second asks the desktop all the time");
        drop(elected);
        assert!(elect(&home, reached).await.is_some(), "held by who is gone");
    }
}
