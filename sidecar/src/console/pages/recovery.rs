//! Recovery, rehearsed: whether the words on the owner's paper and a backup would bring the agent back.
//!
//! The page asks for three words at places that it drew, and for the file. It never shows a word, keeps none that was
//! typed, and never says which of the three is wrong; after each try it asks for others.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::{away, settings};
use crate::agent::{BackupView, KeptBackup, LARGEST_REHEARSED_BYTES, Policy, REHEARSED_WORDS, RecoveryState};
use crate::console::form::{Fields, Posted};
use crate::console::parts;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::console::upload::Upload;
use crate::error::Words;
use crate::{present, words};

/// Where on the settings the section stands.
const HERE: &str = "settings#recovery";

/// The section of the settings.
pub(super) fn section(
    room: &Room,
    state: &RecoveryState,
    kept: &KeptBackup,
    places: &[usize; REHEARSED_WORDS],
    policy: Policy,
) -> Markup {
    html! {
        section.card #recovery {
            h2 { "Recovery" }
            p { "If this computer is lost, your 24 words and a backup bring everything back. Try both while nothing is lost." }
            dl.facts {
                dt { "Words" } dd { @match state.words_kept_at { Some(at) => { "you had them " (parts::time(at, room.now())) }, None => span.mark.warn { "nobody said that they are written down" } } }
                dt { "Backup" } dd { @match state.backed_up_at { Some(at) => { "made " (parts::time(at, room.now())) }, None => span.mark.warn { "none was made" } } }
                dt { "At your relay" } dd { (at_relay(room, kept)) }
            }
            (words_form(room, places, policy))
            (backup_form(room, policy))
            p.hint { "The words themselves are shown in a terminal only: " code { "a2a recovery show" } ". To make a backup: " code { "a2a backup FILE" } "." }
        }
    }
}

/// The backup that the relay keeps by itself.
pub(in crate::console) fn at_relay(room: &Room, kept: &KeptBackup) -> Markup {
    html! {
        @match (kept.is_on, kept.made_at) {
            (false, _) => { "none; to have it keep one that it cannot read: " code { "a2a backup auto on" } },
            (true, Some(at)) => { "sealed, made " (parts::time(at, room.now())) },
            (true, None) => "turned on, and none is there yet",
        }
        @if let Some(why) = &kept.failure { br; span.mark.warn { "no newer one" } " " (parts::prose(&parts::sentence(why))) " " (parts::prose(kept.next_step())) }
    }
}

fn words_form(room: &Room, places: &[usize; REHEARSED_WORDS], policy: Policy) -> Markup {
    html! {
        form.stack method="post" action=(room.at("rehearse/words")) autocomplete="off" {
            (parts::secret(room))
            h3 { "Is what stands on your paper right?" }
            div.inline {
                @for place in places {
                    label.field { span { "Word " (place) } input type="text" name={ "word-" (place) } required maxlength="16" autocomplete="off" autocapitalize="none" spellcheck="false"; }
                }
            }
            (parts::pin(policy))
            p.row { button.quiet { "Try these words" } span.hint { "Three of 24 give nothing away. They are compared and forgotten; the next try asks for others." } }
        }
    }
}

fn backup_form(room: &Room, policy: Policy) -> Markup {
    html! {
        form.stack method="post" action=(room.at("rehearse/backup")) enctype="multipart/form-data" {
            (parts::secret(room))
            h3 { "Would your backup open?" }
            (parts::pin(policy))
            label.field { span { "The backup" } input type="file" name="files" required data-most="1" data-most-bytes=(LARGEST_REHEARSED_BYTES) data-most-words=(words::bytes(LARGEST_REHEARSED_BYTES)); }
            p.chosen role="status" hidden {}
            p.row { button.quiet { "Try this backup" } span.hint { "It is opened down to its rows, with the words that this computer knows, and nothing in it is used." } }
        }
    }
}

/// `POST rehearse/words`
pub(in crate::console) async fn try_words(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    match tried_words(&room, &fields).await {
        Ok(()) => room.go(HERE, "Those are the words at these places: what stands on your paper is right there."),
        Err(words) => refused(&room, &headers, &words).await,
    }
}

async fn tried_words(room: &Room, fields: &Fields) -> Result<(), Words> {
    // Used up by the try, so that nobody tries on at places that he chose.
    let places = room.take_places().ok_or_else(|| Words {
        what: "the page asks for other words by now".to_owned(),
        next: "Type those that it asks for.".to_owned(),
    })?;
    let typed: BTreeMap<usize, String> =
        places.iter().map(|place| (*place, fields.one(&format!("word-{place}")).to_owned())).collect();
    Ok(room.agent.rehearse_words(typed, parts::word(fields)).await?)
}

/// `POST rehearse/backup`
pub(in crate::console) async fn try_backup(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    mut upload: Upload,
) -> Response {
    let tried = tried_backup(&room, &mut upload).await;
    upload.finish().await;
    match tried {
        Ok(seen) => room.go(HERE, said(&seen, &room)),
        Err(words) => refused(&room, &headers, &words).await,
    }
}

async fn tried_backup(room: &Room, upload: &mut Upload) -> Result<BackupView, Words> {
    let chosen = upload.file().await?.ok_or_else(|| Words {
        what: "no file was chosen".to_owned(),
        next: "Choose the file that `a2a backup` wrote.".to_owned(),
    })?;
    Ok(room.agent.rehearse_here(chosen.bytes, parts::word(upload.fields())).await?)
}

fn said(seen: &BackupView, room: &Room) -> String {
    let pairs = words::count(seen.pairs.len() as u64, "pair");
    format!(
        "Your words open this backup, and every row in it can be read: {}, {pairs}, {}, made {}.",
        present::own(&seen.display_name),
        words::count(seen.messages, "message"),
        words::ago(seen.made_at, room.now())
    )
}

async fn refused(room: &Room, headers: &HeaderMap, words: &Words) -> Response {
    let page = settings::failed(room, words, away::Typed::default()).await.map(Page::refusing);
    room.show(headers, Place::Settings, page).await
}
