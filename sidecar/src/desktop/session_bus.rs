//! Notifications over the session bus (Desktop Notifications Specification 1.2), where there is one.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use zbus::proxy::SignalStream;
use zbus::zvariant::Value;
use zbus::{Connection, Proxy};

use super::news::News;

const SERVICE: &str = "org.freedesktop.Notifications";
const PLACE: &str = "/org/freedesktop/Notifications";
/// The name of the button, and of a press on the notification itself.
const OPEN: &str = "open";
const BODY: &str = "default";
/// A service that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(5);

/// The service that shows notifications.
pub(super) struct Desktop {
    service: Proxy<'static>,
    /// Signals of whoever holds the service's name, and of nobody else on the bus.
    presses: SignalStream<'static>,
    /// Our newest notification of acts and of mail; 0 for none.
    acts: u32,
    mail: u32,
}

impl Desktop {
    /// The service of this session, if there is a bus.
    pub(super) async fn reach() -> Option<Self> {
        if !has_bus() {
            return None;
        }
        let reaching = async {
            let service = Proxy::new_owned(Connection::session().await?, SERVICE, PLACE, SERVICE).await?;
            let presses = service.receive_signal("ActionInvoked").await?;
            Ok::<_, zbus::Error>(Self { service, presses, acts: 0, mail: 0 })
        };
        tokio::time::timeout(PATIENCE, reaching).await.ok()?.ok()
    }

    /// Shows news in place of the news of its kind before; whether it was taken.
    pub(super) async fn show(&mut self, news: &News) -> bool {
        let newest = match news {
            News::Acts(_) => &mut self.acts,
            News::Mail(_) => &mut self.mail,
        };
        let (buttons, hints) = ([BODY, "Open", OPEN, "Open"].as_slice(), HashMap::<&str, Value<'_>>::new());
        let text = news.text();
        let notification = ("a2a", *newest, "", news.title(), text.as_str(), buttons, hints, -1i32);
        let shown = tokio::time::timeout(PATIENCE, self.service.call::<_, _, u32>("Notify", &notification)).await;
        match shown {
            Ok(Ok(id)) => {
                *newest = id;
                true
            }
            _ => false,
        }
    }

    /// Waits until one of ours is pressed; false when the bus is gone.
    pub(super) async fn pressed(&mut self) -> bool {
        while let Some(signal) = self.presses.next().await {
            let pressed: Result<(u32, String), _> = signal.body().deserialize();
            if pressed.is_ok_and(|(id, button)| self.is_ours(id) && (button == OPEN || button == BODY)) {
                return true;
            }
        }
        false
    }

    fn is_ours(&self, id: u32) -> bool {
        id != 0 && (id == self.acts || id == self.mail)
    }
}

/// Whether the environment names a session bus. None is guessed at: that could be another user's session.
fn has_bus() -> bool {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(std::path::PathBuf::from);
    std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty())
        || runtime.is_some_and(|folder| folder.join("bus").exists())
}
