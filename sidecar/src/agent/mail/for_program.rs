//! Unread mail for a program of the owner's, one message at a time: while it works on one, no session is shown it or told
//! of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::inbox;
use super::view::{Names, view};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{InboxMessage, ReadError, Trouble};
use crate::store::leases::{self, Reader};
use crate::store::messages::{self, Message};
use crate::store::{StoreError, Tx};

/// How long a message is held without being renewed: so long it waits after this process died.
const HELD: Duration = Duration::from_secs(30);
const RENEW_EVERY: Duration = Duration::from_secs(10);

/// A message that the program works on.
#[derive(Debug)]
pub struct ForProgram {
    id: i64,
    holder: [u8; 16],
    message: InboxMessage,
}

impl ForProgram {
    /// The message.
    pub fn message(&self) -> &InboxMessage {
        &self.message
    }
}

/// Messages that the program did not take and that stay unread for the owner.
#[derive(Debug, Default)]
pub struct LeftToOwner(BTreeSet<i64>);

/// The oldest unread message that was not left; it is held from now on.
pub(in crate::agent) async fn next(core: &Arc<Core>, left: &mut LeftToOwner) -> Result<Option<ForProgram>, ReadError> {
    let reader = core.reader();
    let unread = core.read(move |tx, _| leases::unread(tx, &reader).map_err(Trouble::from)).await?;
    // What somebody read meanwhile is nobody's any more.
    left.0.retain(|id| unread.iter().any(|(unread, _)| unread == id));
    let Some(id) = unread.into_iter().find(|(id, is_free)| *is_free && !left.0.contains(id)).map(|(id, _)| id) else {
        return Ok(None);
    };
    Ok(core.write(move |tx, ctx| take(tx, ctx, id, &reader)).await?)
}

/// Holds a message that is unread and free.
fn take(tx: &Tx<'_>, ctx: Ctx<'_>, id: i64, reader: &Reader) -> Result<Option<ForProgram>, Trouble> {
    let is_free = leases::unread(tx, reader)?.contains(&(id, true));
    let found: Option<Message> = messages::by_id(tx, id)?.filter(|_| is_free);
    let Some(found) = found else { return Ok(None) };
    leases::lease(tx, id, reader, ctx.now.plus(HELD))?;
    let message = view(tx, ctx, &mut Names::default(), found)?;
    Ok(Some(ForProgram { id, holder: reader.holder, message }))
}

/// Waits for the work on a message and holds it meanwhile; what another took over is not taken back.
pub(in crate::agent) async fn during<T>(core: &Arc<Core>, held: &ForProgram, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(RENEW_EVERY) => drop(hold_until(core, held, HELD).await),
        }
    }
}

async fn hold_until(core: &Arc<Core>, held: &ForProgram, longer: Duration) -> Result<(), Trouble> {
    let (id, holder) = (held.id, held.holder);
    core.write(move |tx, ctx| leases::renew(tx, id, &holder, ctx.now.plus(longer)).map_err(Trouble::from)).await
}

/// The program took it: it counts as read, unless another process took it over.
pub(in crate::agent) async fn taken(core: &Arc<Core>, held: ForProgram, left: &mut LeftToOwner) -> Result<(), Trouble> {
    // If it cannot be noted, the program is not given it a second time.
    left.0.insert(held.id);
    core.write(move |tx, ctx| note_taken(tx, ctx, &held).map_err(Trouble::from)).await
}

fn note_taken(tx: &Tx<'_>, ctx: Ctx<'_>, held: &ForProgram) -> Result<(), StoreError> {
    inbox::mark_all(tx, ctx, &[held.id], &held.holder)
}

/// The program did not take it: it stays unread, and sessions are told of it again.
pub(in crate::agent) async fn leave(core: &Arc<Core>, held: ForProgram, left: &mut LeftToOwner) -> Result<(), Trouble> {
    left.0.insert(held.id);
    hold_until(core, &held, Duration::ZERO).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::testing::{Side, pair};
    use crate::store::messages::State;

    const WATCH: [u8; 16] = [1; 16];
    const SESSION: [u8; 16] = [2; 16];

    fn reader(side: &Side, holder: [u8; 16]) -> Reader {
        Reader { holder, now: side.now }
    }

    fn free(side: &Side, holder: [u8; 16]) -> Vec<i64> {
        let unread = side.act(|tx, _| leases::unread(tx, &reader(side, holder)).map_err(Trouble::from)).unwrap();
        unread.into_iter().filter(|(_, is_free)| *is_free).map(|(id, _)| id).collect()
    }

    fn takes(side: &Side, id: i64) -> Option<ForProgram> {
        side.act(|tx, ctx| take(tx, ctx, id, &reader(side, WATCH))).unwrap()
    }

    fn told(side: &Side, holder: [u8; 16]) -> u64 {
        side.act(|tx, _| {
            let all = messages::unread(tx, None)?;
            Ok::<_, Trouble>(all - leases::held_by_others(tx, &reader(side, holder))?)
        })
        .unwrap()
    }

    #[test]
    fn what_the_program_works_on_is_nobody_elses() {
        let (alice, mut bob) = pair(&["message"]);
        alice.write("bob", "one of you answers").unwrap();
        bob.take_all(&alice.post());
        let id = free(&bob, WATCH)[0];
        let held = takes(&bob, id).unwrap();
        assert_eq!(held.message().body.expose_to_present(), "one of you answers");
        assert!(free(&bob, SESSION).is_empty(), "a session is shown it");
        assert_eq!((told(&bob, SESSION), told(&bob, WATCH)), (0, 1), "a session is told of it");

        // The program takes long: the lease is renewed, and is not taken back once another has the message.
        let renew = |side: &Side| {
            side.act(|tx, ctx| leases::renew(tx, id, &WATCH, ctx.now.plus(HELD)).map_err(Trouble::from)).unwrap();
        };
        bob.now = bob.now.plus(HELD - Duration::from_secs(1));
        renew(&bob);
        bob.now = bob.now.plus(HELD - Duration::from_secs(1));
        assert!(free(&bob, SESSION).is_empty());
        bob.now = bob.now.plus(HELD);
        assert_eq!(free(&bob, SESSION), [id], "the machine slept");
        let second = Duration::from_secs(1);
        bob.act(|tx, ctx| leases::lease(tx, id, &reader(&bob, SESSION), ctx.now.plus(second)).map_err(Trouble::from))
            .unwrap();
        renew(&bob);
        assert!(free(&bob, WATCH).is_empty() && takes(&bob, id).is_none());
        bob.act(|tx, ctx| note_taken(tx, ctx, &held).map_err(Trouble::from)).unwrap();
        assert_eq!(bob.thread("alice")[0].state, State::Unread, "it is the session's to mark");
        bob.now = bob.now.plus(second * 2);
        assert_eq!(free(&bob, WATCH), [id], "another's lease was prolonged");
        let held = takes(&bob, id).unwrap();
        bob.act(|tx, ctx| note_taken(tx, ctx, &held).map_err(Trouble::from)).unwrap();
        assert_eq!(bob.thread("alice")[0].state, State::Shown);
    }
}
