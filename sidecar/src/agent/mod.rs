//! The agent: every act that a face can ask for, and every rule about it.
//!
//! `agent` never prints, never reads the environment and knows no HTTP. Text of peers leaves it as [`Untrusted`].
//!
//! ```text
//!  acts ─► consent (the owner) ─► pairing: invite, accept, knock, requests, terms, revoke
//!       └► mail: write ─► outbox ─► flush ─► deposit        collect ─► receive ─► inbox, thread, receipts
//!  run: elects the collector, sends, keeps house            tasks: what must happen at our relay, whatever it takes
//! ```

mod account;
mod acts;
mod allowed_hosts;
mod attachments;
mod audit;
mod away;
mod bearer;
mod block;
mod card;
mod collect;
mod config;
mod consent;
mod core;
mod cursor;
mod device;
mod errors;
mod for_peers;
mod free_busy;
mod glance;
mod guard;
mod health;
mod intents;
mod listing;
mod mail;
mod me;
mod moving;
mod notices;
mod open;
mod owner;
mod pairing;
mod petname;
mod prekeys;
mod receive;
mod recovery;
mod register;
mod relays;
mod renew;
mod reset;
mod resolve;
mod run;
mod session;
mod stranger;
mod taken_in;
mod tasks;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod untrusted;
mod verify;
mod view;
mod webhook;
mod went_back;
mod whoami;

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::api::{Webhook, WebhookDeliveries};
use a2a_proto::card::Capability;
use a2a_proto::id::MessageId;
use a2a_proto::keys::Entropy;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use tokio::io::AsyncRead;
use tokio_util::sync::CancellationToken;

pub use crate::keys::VaultChoice;
#[cfg(test)]
pub(crate) use attachments::land;
pub use attachments::{Handover, Transfer};
pub use bearer::Bearer;
pub use config::AgentConfig;
pub use errors::*;
pub use free_busy::Unreadable;
pub use health::{Check, Health};
pub use intents::{IntentOffer, PayloadProblem};
pub use mail::for_program::{ForProgram, LeftToOwner};
pub use recovery::rehearsal::{LARGEST_REHEARSED_BYTES, REHEARSED_WORDS};
pub use recovery::restore::RestorePlan;
pub use untrusted::Untrusted;
pub use view::*;

/// One agent on this machine. Clones share everything; any number of processes may hold the same home.
#[derive(Clone)]
pub struct Agent {
    inner: Arc<open::Inner>,
}

impl Agent {
    /// Opens the agent of a home. Works with no identity yet; the key is asked for by the first act that needs it.
    pub async fn open(config: AgentConfig) -> Result<Self, OpenError> {
        Ok(Self { inner: Arc::new(open::Inner::new(config, me::Asker::Sessions)) })
    }

    /// The same for a command: what came of an act is handed to commands if a command asked for it, else to sessions.
    pub async fn open_for_command(config: AgentConfig) -> Result<Self, OpenError> {
        Ok(Self { inner: Arc::new(open::Inner::new(config, me::Asker::Commands)) })
    }

    /// Makes the identity when there is none, and an account at the relay. Idempotent.
    pub async fn register(&self, request: Register) -> Result<Registered, RegisterError> {
        self.inner.register(request).await
    }

    /// Who we are and what waits for us.
    pub async fn whoami(&self) -> Result<Whoami, ReadError> {
        whoami::whoami(&self.inner.core().await?, self.inner.vault()).await
    }

    /// What a client on this computer shows to be served over HTTP.
    pub async fn bearer(&self) -> Result<Bearer, ReadError> {
        bearer::current(&self.inner.core().await?).await
    }

    /// A new bearer; the one before no longer holds.
    pub async fn renew_bearer(&self) -> Result<Bearer, ReadError> {
        bearer::renew(&self.inner.core().await?).await
    }

    /// Makes a one-time link that pairs whoever redeems it. Needs the owner.
    pub async fn invite(&self, request: MakeInvite) -> Result<Outcome<MadeInvite>, InviteError> {
        acts::make_invite(&self.inner.core().await?, request).await
    }

    /// Accepts an invite, asks an address to pair, or approves a request. Needs the owner.
    pub async fn authorize(&self, request: Authorize) -> Result<Outcome<Authorized>, AuthorizeError> {
        acts::authorize(&self.inner.core().await?, request).await
    }

    /// How things stand here, whichever process changed it. Cheap: no network.
    pub async fn glance(&self) -> Result<Glance, ReadError> {
        glance::glance(&self.inner.core().await?).await
    }

    /// Asks our relay whether it is there.
    pub async fn ask_relay(&self) -> Result<RelayReply, ReadError> {
        Ok(glance::ask_relay(&*self.inner.core().await?).await?)
    }

    /// Everybody we deal with.
    pub async fn peers(&self) -> Result<PeerList, ReadError> {
        pairing::list::list(&self.inner.core().await?).await
    }

    /// Ends or narrows a pair, or declines a request. Takes effect at once, without asking.
    pub async fn revoke(&self, request: Revoke) -> Result<Revoked, RevokeError> {
        pairing::revoke::revoke(&self.inner.core().await?, request).await
    }

    /// Notes that a peer is verified, when the typed words are its own; returns its name. Needs the owner.
    pub async fn verify(&self, peer: &str, typed: &str, word: Word) -> Result<String, VerifyError> {
        verify::verify(&self.inner.core().await?, peer, typed, word).await
    }

    /// Takes the last revocation of a peer back, within seven days. Needs the owner.
    pub async fn undo(&self, peer: &str, word: Word) -> Result<Undone, UndoError> {
        pairing::undo::undo(&self.inner.core().await?, peer, word).await
    }

    /// Lets a blocked or declined agent ask to pair again; returns the name it was listed under. Needs the owner.
    pub async fn unblock(&self, peer: &str, word: Word) -> Result<String, UndoError> {
        block::unblock(&self.inner.core().await?, peer, word).await
    }

    /// Gives a peer another petname, on the owner's word; returns the one it has now.
    pub async fn rename(&self, peer: &str, new: &str, word: Word) -> Result<String, RenameError> {
        pairing::rename::rename(&self.inner.core().await?, peer, new, word).await
    }

    /// Writes a message down for good, then tries to hand it to the peer's relay. What must not leave unasked, a
    /// secret say, waits for the owner.
    pub async fn send(&self, draft: Draft) -> Result<Outcome<Sent>, SendError> {
        self.send_telling(draft, &|_| {}).await
    }

    /// As [`Self::send`]; `tell` hears how its files go.
    pub async fn send_telling(
        &self,
        draft: Draft,
        tell: &(dyn Fn(Transfer) + Send + Sync),
    ) -> Result<Outcome<Sent>, SendError> {
        let core = self.inner.core().await?;
        self.inner.catch_up(&core).await;
        mail::send::send(&core, draft, tell).await
    }

    /// Begins to take files from the owner's own hand for a draft of the owner's; no folder needs to be allowed for them.
    /// Only faces that a human answers, and that no model reaches, may call this.
    pub async fn hand_over(&self, word: Word) -> Result<Handover, AttachError> {
        Handover::begin(self.inner.core().await?, word).await
    }

    /// Removes what is kept of files that were handed over for a draft that is not sent.
    pub async fn forget_files(&self, files: &[OutgoingFile]) {
        if let Ok(core) = self.inner.core().await {
            attachments::forget_sealed(&core, files);
        }
    }

    /// Fetches the files of a peer's message into the quarantine folder, and says where they are.
    pub async fn fetch(
        &self,
        message_id: MessageId,
        tell: &(dyn Fn(Transfer) + Send + Sync),
    ) -> Result<Vec<AttachmentView>, FetchError> {
        attachments::fetch(&self.inner.core().await?, message_id, tell).await
    }

    /// The folders from which files may be sent.
    pub async fn folders(&self) -> Result<Vec<String>, ReadError> {
        attachments::list(&self.inner.core().await?).await
    }

    /// Lets files be sent from a folder, on the owner's word; returns its whole path.
    pub async fn allow_folder(&self, folder: &Path, word: Word) -> Result<String, AttachError> {
        attachments::allow(&self.inner.core().await?, folder, word).await
    }

    /// Takes that back; returns the path.
    pub async fn forget_folder(&self, folder: &Path) -> Result<String, AttachError> {
        attachments::forget(&self.inner.core().await?, folder).await
    }

    /// Sends a question and waits for its answer, as long as `at_most`; one that was asked already and has no answer that
    /// anybody saw is not sent again. `tell` hears how far it got.
    pub async fn ask(
        &self,
        draft: Draft,
        at_most: Duration,
        tell: impl Fn(&MessageState) + Send + Sync,
    ) -> Result<Outcome<Asked>, SendError> {
        let core = self.inner.core().await?;
        self.inner.catch_up(&core).await;
        let asked = mail::ask::ask(&core, draft, at_most, tell).await?;
        self.inner.settle_soon(core);
        Ok(asked)
    }

    /// Tells a peer, or no longer, when its mail was shown; returns its petname. Delivery is always confirmed.
    pub async fn tell_of_reading(&self, peer: &str, told: bool) -> Result<String, ReadError> {
        pairing::receipts::set(&self.inner.core().await?, peer, told).await
    }

    /// Where one message is and why.
    pub async fn whereabouts(&self, message_id: MessageId) -> Result<Whereabouts, ReadError> {
        mail::whereabouts::find(&self.inner.core().await?, message_id).await
    }

    /// The same of several messages, in their order.
    pub async fn whereabouts_of(&self, message_ids: Vec<MessageId>) -> Result<Vec<Whereabouts>, ReadError> {
        mail::whereabouts::find_all(&self.inner.core().await?, message_ids).await
    }

    /// Why mail with a peer goes or does not go.
    pub async fn explain(&self, peer: &str) -> Result<Explanation, ReadError> {
        pairing::why::explain(&self.inner.core().await?, peer).await
    }

    /// Collects, then shows the inbox; what is here is shown even when the relay is away.
    ///
    /// With [`MarkRead`] the messages count as shown a moment later, or with the next act, or at [`Self::settle`]: a
    /// process that is killed before it could show them shows them again.
    pub async fn check_inbox(&self, query: InboxQuery, mark: MarkRead) -> Result<InboxPage, ReadError> {
        let core = self.inner.core().await?;
        core.me.relay()?;
        self.inner.catch_up(&core).await;
        let pulled = run::pull(&core).await;
        let mut page = mail::inbox::page(&core, query, mark).await?;
        if let Err(error) = pulled {
            page.notices.push(Notice { kind: NoticeKind::Relay, text: format!("{error}."), at: core.now() });
        }
        self.inner.settle_soon(core);
        Ok(page)
    }

    /// Lets everything that waits be tried again now instead of at its turn: the owner asks, and may know that a
    /// relay is back.
    pub async fn hurry(&self) -> Result<(), ReadError> {
        Ok(run::hurry(&self.inner.core().await?).await?)
    }

    /// One line for each conversation, the latest first. Nothing counts as shown.
    pub async fn threads(&self) -> Result<Vec<ThreadSummary>, ReadError> {
        mail::threads::summaries(&self.inner.core().await?).await
    }

    /// The conversation with one peer, both directions, with how far our own mail got.
    pub async fn thread(&self, query: ThreadQuery, mark: MarkRead) -> Result<ThreadPage, ReadError> {
        let core = self.inner.core().await?;
        let page = mail::thread::page(&core, query, mark).await?;
        self.inner.settle_soon(core);
        Ok(page)
    }

    /// Marks as read what the owner was shown of a conversation, and nothing beside it.
    pub async fn mark_read(&self, peer: &str, shown: Vec<MessageId>) -> Result<Marked, ReadError> {
        let core = self.inner.core().await?;
        let done = mail::marked::these(&core, peer.to_owned(), shown).await?;
        self.inner.settle_soon(core);
        Ok(done)
    }

    /// Looks for words in what was said, newest first. Nothing counts as shown.
    pub async fn search(&self, query: SearchQuery) -> Result<Found, ReadError> {
        mail::search::search(&self.inner.core().await?, query).await
    }

    /// Which requests a peer takes, as far as we know, with their schemas.
    pub async fn intents_of(&self, peer: &str) -> Result<Vec<IntentOffer>, ReadError> {
        let peer = peer.to_owned();
        let core = self.inner.core().await?;
        core.read(move |tx, _| {
            let peer = resolve::peer(tx, &peer)?.ok_or(ReadError::UnknownPeer)?;
            Ok(intents::offers(tx, peer.key)?)
        })
        .await
    }

    /// How much the agent may write to a peer without its owner, and what of it is used.
    pub async fn limits(&self, peer: &str) -> Result<LimitsView, ReadError> {
        guard::limits(&self.inner.core().await?, peer).await
    }

    /// Changes that, on the owner's word.
    pub async fn change_limits(
        &self,
        peer: &str,
        change: impl FnOnce(Limits) -> Limits + Send + 'static,
        word: Word,
    ) -> Result<LimitsView, GuardError> {
        guard::change_limits(&self.inner.core().await?, peer, change, word).await
    }

    /// Lets mail to a peer go on that pauses; returns its name. On the owner's word.
    pub async fn resume(&self, peer: &str, word: Word) -> Result<String, GuardError> {
        guard::resume(&self.inner.core().await?, peer, word).await
    }

    /// What the agent may write alone, as far as the owner set rules.
    pub async fn rules(&self) -> Result<Vec<RuleView>, ReadError> {
        guard::list_rules(&self.inner.core().await?).await
    }

    /// Sets the rule of one scope of a peer or of all, or takes it back; returns the peer's name. On the owner's word.
    pub async fn set_rule(
        &self,
        peer: &str,
        scope: Option<Scope>,
        rule: Option<Rule>,
        word: Word,
    ) -> Result<String, GuardError> {
        guard::set_rule(&self.inner.core().await?, peer, scope, rule, word).await
    }

    /// Tells each peer that writes, once, that the owner is away. On the owner's word.
    pub async fn go_away(&self, text: &str, until: Option<Timestamp>, word: Word) -> Result<AwayView, AwayError> {
        away::begin(&self.inner.core().await?, text, until, word).await
    }

    /// Tells nobody any more; false when nobody was to be told.
    pub async fn come_back(&self) -> Result<bool, ReadError> {
        away::end(&self.inner.core().await?).await
    }

    /// The absence that lasts, if the owner is away.
    pub async fn absence(&self) -> Result<Option<AwayView>, ReadError> {
        away::current(&self.inner.core().await?).await
    }

    /// Names the calendar file from which free and busy is answered. On the owner's word.
    pub async fn set_calendar(
        &self,
        file: &Path,
        zone: Option<String>,
        word: Word,
    ) -> Result<FreeBusyView, FreeBusyError> {
        free_busy::set(&self.inner.core().await?, file, zone, word).await
    }

    /// Lets a peer's question for free and busy be answered alone; returns its name. On the owner's word.
    pub async fn answer_free_busy(&self, peer: &str, word: Word) -> Result<String, FreeBusyError> {
        free_busy::allow(&self.inner.core().await?, peer, Some(word)).await
    }

    /// Takes that back; returns the peer's name.
    pub async fn leave_free_busy(&self, peer: &str) -> Result<String, FreeBusyError> {
        free_busy::allow(&self.inner.core().await?, peer, None).await
    }

    /// Forgets the calendar, and whom it answers; false when there was none.
    pub async fn forget_calendar(&self) -> Result<bool, ReadError> {
        free_busy::forget(&self.inner.core().await?).await
    }

    /// The calendar that is set.
    pub async fn calendar(&self) -> Result<Option<FreeBusyView>, ReadError> {
        free_busy::current(&self.inner.core().await?).await
    }

    /// Publishes what we take; an empty list withdraws the card. Needs the owner.
    /// `listed` says whether our relay names us to whoever looks; none leaves it as it is.
    pub async fn set_capabilities(
        &self,
        capabilities: Vec<Capability>,
        listed: Option<bool>,
    ) -> Result<Outcome<Published>, CardError> {
        acts::set_capabilities(&self.inner.core().await?, capabilities, listed).await
    }

    /// Tells every peer, sealed, what we take from peers only; an empty list takes that back. Needs the owner.
    pub async fn tell_peers_capabilities(
        &self,
        capabilities: Vec<Capability>,
    ) -> Result<Outcome<Published>, CardError> {
        acts::tell_peers(&self.inner.core().await?, capabilities).await
    }

    /// What we take from peers only, and which of them were told.
    pub async fn peers_only(&self) -> Result<Option<PeersOnly>, ReadError> {
        for_peers::own(&self.inner.core().await?).await
    }

    /// Our card as we published it last.
    pub async fn own_card(&self) -> Result<Option<Manifest>, ReadError> {
        Ok(card::own(&self.inner.core().await?).await?)
    }

    /// The verified card of a peer or of any agent that publishes one. Needs no identity here.
    pub async fn capabilities_of(&self, who: &str) -> Result<Manifest, CardError> {
        match self.inner.core().await {
            Ok(core) => card::read(&core, who).await,
            Err(Trouble::NoIdentity) => stranger::read(self.inner.config(), who).await,
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Agents that a relay lists, ten at a time, each with its verified card. Needs no identity here.
    pub async fn search_agents(&self, query: AgentSearch) -> Result<Listing, CardError> {
        match self.inner.core().await {
            Ok(core) => listing::search(&core, query).await,
            Err(Trouble::NoIdentity) => stranger::search(self.inner.config(), query).await,
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Ends the account at our relay, with the mail that waits there. Only faces that a human answers may call this.
    pub async fn close_account(&self, word: Word) -> Result<(), AccountError> {
        account::close(&self.inner.core().await?, word).await?;
        self.inner.forget().await;
        Ok(())
    }

    /// The 24 recovery words. Only faces that a human answers, and that no model sees, may call this.
    pub async fn recovery_words(&self, word: Word) -> Result<RecoveryWords, RecoveryError> {
        let core = self.inner.core().await?;
        owner::check(&core, word).await?;
        recovery::words::show(self.inner.config(), &core).await
    }

    /// Notes that the owner wrote them down.
    pub async fn note_words_kept(&self) -> Result<(), RecoveryError> {
        recovery::words::note_kept(&self.inner.core().await?).await
    }

    /// Which secrets open this home.
    pub async fn vault(&self) -> Result<VaultView, RecoveryError> {
        recovery::vault::slots(self.inner.config()).await
    }

    /// Lets another vault, or another secret of the same, open this home. Only faces that a human answers may call this.
    pub async fn switch_vault(&self, to: VaultChoice, word: Word) -> Result<VaultView, RecoveryError> {
        owner::check(&self.inner.core().await?, word).await?;
        recovery::vault::switch(self.inner.config(), to, None).await
    }

    /// The same where the vault is lost, by the recovery words.
    pub async fn rescue_vault(&self, to: VaultChoice, words: Entropy) -> Result<VaultView, RecoveryError> {
        recovery::vault::switch(self.inner.config(), to, Some(words)).await
    }

    /// Writes a backup that only the words open, on the owner's word.
    pub async fn back_up(&self, path: PathBuf, word: Word) -> Result<BackupMade, RecoveryError> {
        let core = self.inner.core().await?;
        let by = owner::check(&core, word).await?;
        recovery::backup::make(self.inner.config(), &core, path, by).await
    }

    /// Has our relay keep a sealed backup, fresh by itself, on the owner's word; the first one is made at once.
    pub async fn keep_backup(&self, word: Word) -> Result<KeptBackup, RecoveryError> {
        recovery::kept::turn_on(&self.inner.core().await?, &self.inner.config().home, word).await
    }

    /// Has it keep none, on the owner's word.
    pub async fn keep_no_backup(&self, word: Word) -> Result<KeptBackup, RecoveryError> {
        recovery::kept::turn_off(&self.inner.core().await?, word).await
    }

    /// How the backup stands that our relay keeps.
    pub async fn kept_backup(&self) -> Result<KeptBackup, RecoveryError> {
        recovery::kept::view(&self.inner.core().await?).await
    }

    /// Opens a backup as a restore would, and says what is in it. Needs no identity here.
    pub async fn rehearse(&self, backup: PathBuf, words: Entropy) -> Result<BackupView, RecoveryError> {
        recovery::backup::rehearse(backup, words).await
    }

    /// Draws places of the recovery words, from 1, that a rehearsal asks for.
    pub fn rehearsal_places(&self) -> Result<[usize; REHEARSED_WORDS], RecoveryError> {
        Ok(recovery::rehearsal::places()?)
    }

    /// Whether the owner has the recovery words: these are to be the ones at these places. Only faces that a human
    /// answers may call this, with places that it did not choose, and each time with others.
    pub async fn rehearse_words(&self, typed: BTreeMap<usize, String>, word: Word) -> Result<(), RecoveryError> {
        recovery::rehearsal::words(&self.inner.core().await?, typed, word).await
    }

    /// Opens a backup that is handed over with the words of this identity, which need not be typed for it. Only faces
    /// that a human answers may call this.
    pub async fn rehearse_here(&self, backup: impl AsyncRead + Unpin, word: Word) -> Result<BackupView, RecoveryError> {
        let core = self.inner.core().await?;
        recovery::rehearsal::backup(&core, self.inner.config().home.folder(), backup, word).await
    }

    /// Gives this agent a new device: new keys, the next epoch, a new start with every peer. The words are needed only
    /// while the identity's secret is offline. Only faces that a human answers may call this.
    pub async fn rotate_key(&self, words: Option<Entropy>, word: Word) -> Result<Restored, RecoveryError> {
        owner::check(&self.inner.core().await?, word).await?;
        self.inner.rotate(words).await
    }

    /// Whether the identity's secret is on this machine.
    pub async fn is_key_online(&self) -> Result<bool, RecoveryError> {
        let core = self.inner.core().await?;
        Ok(core.read(|tx, _| recovery::rotate::is_online(tx).map_err(Trouble::from)).await?)
    }

    /// Takes the identity's secret off this machine; the device goes on until its certificate ends.
    pub async fn take_key_offline(&self, words: Entropy, word: Word) -> Result<(), RecoveryError> {
        let core = self.inner.core().await?;
        owner::check(&core, word).await?;
        recovery::rotate::offline(&core, words).await
    }

    /// Brings it back.
    pub async fn bring_key_online(&self, words: Entropy) -> Result<(), RecoveryError> {
        recovery::rotate::online(&self.inner.core().await?, words).await
    }

    /// Looks at what could be restored, and which device that retires. Changes nothing.
    pub async fn plan_restore(&self, source: RestoreSource, words: Entropy) -> Result<RestorePlan, RecoveryError> {
        recovery::restore::plan(self.inner.config(), source, words).await
    }

    /// Restores. Only faces that a human answers may call this.
    pub async fn restore(&self, plan: RestorePlan) -> Result<Restored, RecoveryError> {
        self.inner.restore(plan).await
    }

    /// Moves to another relay with every pair. Only faces that a human answers may call this.
    pub async fn move_relay(
        &self,
        relay: RelayAuthority,
        join_token: Option<String>,
        word: Word,
    ) -> Result<Moved, RegisterError> {
        owner::check(&self.inner.core().await?, word).await?;
        moving::move_to(&self.inner, relay, join_token).await
    }

    /// Makes an invite that goes on with the pair of one peer. Only faces that a human answers may call this.
    pub async fn mend(&self, peer: &str, word: Word) -> Result<MadeInvite, InviteError> {
        let core = self.inner.core().await?;
        let by = owner::check(&core, word).await?;
        moving::mend::invite(&core, peer, by).await
    }

    /// Has our relay tell a server when mail waits. Only faces that a human answers may call this.
    pub async fn set_webhook(&self, url: &str, word: Word) -> Result<Webhook, WebhookError> {
        webhook::set(&self.inner.core().await?, url, word).await
    }

    /// Has it tell none.
    pub async fn remove_webhook(&self) -> Result<(), WebhookError> {
        webhook::remove(&self.inner.core().await?).await
    }

    /// The webhook's last calls.
    pub async fn webhook_deliveries(&self) -> Result<WebhookDeliveries, WebhookError> {
        webhook::deliveries(&self.inner.core().await?).await
    }

    /// The own relay, and hosts of others that may be called although they are private.
    pub async fn allowed_relays(&self) -> Result<AllowedRelays, ReadError> {
        allowed_hosts::list(&self.inner.core().await?).await
    }

    /// Lets relays at a private host be called; returns the host. Only faces that a human answers may call this.
    pub async fn allow_relay_host(&self, host: &str, word: Word) -> Result<String, RelayHostError> {
        allowed_hosts::allow(&self.inner.core().await?, host, word).await
    }

    /// Takes that back; returns the host.
    pub async fn forget_relay_host(&self, host: &str) -> Result<String, RelayHostError> {
        allowed_hosts::forget(&self.inner.core().await?, host).await
    }

    /// Acts that wait for the owner.
    pub async fn pending(&self) -> Result<Vec<PendingAction>, ReadError> {
        consent::list(&self.inner.core().await?).await
    }

    /// Completes an act on the owner's word. Only faces that a human answers may call this.
    pub async fn approve(&self, id: &str, word: Word) -> Result<Approved, ConsentError> {
        consent::approve(&self.inner.core().await?, id, word).await
    }

    /// Drops an act on the owner's word.
    pub async fn decline_action(&self, id: &str, way: Way) -> Result<(), ConsentError> {
        consent::decline(&self.inner.core().await?, id, way).await
    }

    /// What the owner's yes takes.
    pub async fn policy(&self) -> Result<Policy, ReadError> {
        owner::policy_now(&self.inner.core().await?).await
    }

    /// Sets the owner's first PIN. Only faces that a human answers may call this and what follows.
    pub async fn set_pin(&self, new: Pin, word: Word) -> Result<(), OwnerError> {
        owner::pin::set(&self.inner.core().await?, new, word).await
    }

    /// Replaces the PIN; the word brings the old one.
    pub async fn change_pin(&self, new: Pin, word: Word) -> Result<(), OwnerError> {
        owner::pin::change(&self.inner.core().await?, new, word).await
    }

    /// Removes the PIN; the word brings it.
    pub async fn remove_pin(&self, word: Word) -> Result<(), OwnerError> {
        owner::pin::remove(&self.inner.core().await?, word).await
    }

    /// Entries of the audit log, oldest first.
    pub async fn audit(&self, query: AuditQuery) -> Result<Vec<AuditEntry>, AuditError> {
        audit::list(&self.inner.core().await?, query).await
    }

    /// The audit log as lines of a file that can be checked anywhere.
    pub async fn export_audit(&self, wanted: AuditExport) -> Result<Vec<String>, AuditError> {
        audit::export(&self.inner.core().await?, wanted).await
    }

    /// Checks a file that [`Self::export_audit`] made; needs no agent.
    pub fn verify_audit_file(file: &str) -> Result<AuditReport, AuditError> {
        audit::verify_file(file)
    }

    /// Checks the chain and every signature of the audit log.
    pub async fn verify_audit(&self) -> Result<AuditReport, AuditError> {
        audit::verify(&self.inner.core().await?).await
    }

    /// Checks what this agent needs: its vault, its store, its relay, its clock, its prekeys.
    pub async fn examine(&self) -> Vec<Check> {
        match self.inner.core().await {
            Ok(core) => health::of_open(self.inner.config(), &core).await,
            Err(trouble) => health::of_closed(self.inner.config(), &trouble),
        }
    }

    /// One round: collect, receipts, outbox, prekeys.
    pub async fn sync(&self) -> Result<SyncReport, ReadError> {
        let core = self.inner.core().await?;
        self.inner.catch_up(&core).await;
        Ok(run::sync(&core).await?)
    }

    /// Collects and sends until cancelled. Of all processes on a home, the elected one collects.
    pub async fn run(&self, cancel: CancellationToken) {
        self.inner.run(cancel).await;
    }

    /// Waits until what the last acts left to be sent (receipts, say) is sent, but not longer than `at_most`.
    /// A process that ends right after an act calls this first.
    pub async fn settle(&self, at_most: Duration) {
        self.inner.settle(at_most).await;
    }

    /// How many messages were never shown. Cheap: no network, no vault; zero when it cannot be known.
    pub async fn mail_waiting(&self) -> u64 {
        self.inner.mail_waiting().await.0
    }

    /// The same, and how many messages another session read that came since this one began and were not shown in it.
    pub async fn session_mail(&self) -> (u64, u64) {
        self.inner.mail_waiting().await
    }

    /// The unread mail, and how new it is; nothing when it cannot be known. As cheap.
    pub async fn mail_news(&self) -> Option<MailNews> {
        self.inner.mail_news().await
    }

    /// The oldest unread message that was not left to the owner, for a program: while that works on it, no session is shown
    /// it or told of it.
    pub async fn next_for_program(&self, left: &mut LeftToOwner) -> Result<Option<ForProgram>, ReadError> {
        mail::for_program::next(&self.inner.core().await?, left).await
    }

    /// Waits for the work on such a message, which stays with this process meanwhile.
    pub async fn during<T>(&self, held: &ForProgram, work: impl Future<Output = T>) -> Result<T, ReadError> {
        Ok(mail::for_program::during(&self.inner.core().await?, held, work).await)
    }

    /// The program took it: it counts as read.
    pub async fn taken(&self, held: ForProgram, left: &mut LeftToOwner) -> Result<(), ReadError> {
        let core = self.inner.core().await?;
        mail::for_program::taken(&core, held, left).await?;
        self.inner.settle_soon(core);
        Ok(())
    }

    /// The program did not take it: it stays unread for the owner.
    pub async fn leave(&self, held: ForProgram, left: &mut LeftToOwner) -> Result<(), ReadError> {
        Ok(mail::for_program::leave(&self.inner.core().await?, held, left).await?)
    }

    /// Whether the owner wants the desktop to say that something waits.
    pub async fn notifies(&self) -> Result<bool, ReadError> {
        notices::wanted(&self.inner.core().await?).await
    }

    /// Sets that.
    pub async fn set_notifies(&self, wanted: bool) -> Result<(), ReadError> {
        notices::want(&self.inner.core().await?, wanted).await
    }
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").finish_non_exhaustive()
    }
}
