//! Acts that the owner starts on a page: each is asked for, shown once more as it stands, and then decided.

use axum::response::Response;

use super::room::Room;
use crate::agent::{Authorize, Draft, MakeInvite, Outcome};
use crate::error::{Explain, Words};

/// What was asked for, so that its result can be taken: nobody else may find it lying about.
#[derive(Clone)]
pub(super) enum Started {
    /// An invite.
    Invite(MakeInvite),
    /// An invite to take up, an address to ask, or a request to approve.
    Authorize(Authorize),
    /// A message that the guard stopped.
    Send(Draft),
}

/// How asking went.
enum Asked {
    /// It waits under this id.
    Waits(String),
    /// It had been approved before and is done.
    Done,
}

impl Started {
    /// Asks for the act and goes to the page that decides it. What was declined before is asked for anew.
    pub(super) async fn begin(self, room: &Room) -> Result<Response, Words> {
        let asked = match self.ask(room).await {
            Err(("declined", _)) => self.ask(room).await,
            asked => asked,
        };
        match asked {
            Ok(Asked::Waits(id)) => {
                room.remember(&id, self);
                Ok(room.go_on(&format!("decide/{id}")))
            }
            Ok(Asked::Done) => Ok(room.go("network", "This was approved before, and is done.")),
            Err((_, words)) => Err(words),
        }
    }

    /// Takes the result of what was just approved.
    pub(super) async fn take(self, room: &Room) {
        drop(self.ask(room).await);
    }

    /// Whether it is an invite that registers whoever takes it up.
    pub(super) fn brings_a_newcomer(&self) -> bool {
        matches!(self, Self::Invite(MakeInvite { newcomer: Some(_), .. }))
    }

    /// Lets go of what is kept for an act that was declined.
    pub(super) async fn drop_it(self, room: &Room) {
        match self {
            Self::Send(draft) => room.agent.forget_files(&draft.attachments).await,
            Self::Invite(_) | Self::Authorize(_) => {}
        }
    }

    async fn ask(&self, room: &Room) -> Result<Asked, (&'static str, Words)> {
        match self {
            Self::Invite(wanted) => asked(room.agent.invite(wanted.clone()).await),
            Self::Authorize(wanted) => asked(room.agent.authorize(wanted.clone()).await),
            Self::Send(draft) => asked(room.agent.send(draft.clone()).await),
        }
    }
}

fn asked<T, E: Explain>(outcome: Result<Outcome<T>, E>) -> Result<Asked, (&'static str, Words)> {
    match outcome {
        Ok(Outcome::Pending(action)) => Ok(Asked::Waits(action.id)),
        Ok(Outcome::Done(_)) => Ok(Asked::Done),
        Err(error) => Err((error.code(), error.into())),
    }
}
