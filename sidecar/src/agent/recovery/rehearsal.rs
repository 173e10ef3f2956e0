//! Rehearsing a recovery while nothing is lost, at a face that must see as little of the words as can be.
//!
//! Two halves, which together are the whole: whether what stands on the owner's paper is right, by a few words at places
//! that are drawn here; and whether a backup opens by the words, which this computer still knows, down to its rows. A
//! rehearsal says yes or no of all the words that were typed, never which of them is wrong, so that they cannot be guessed
//! one by one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use subtle::{Choice, ConstantTimeEq as _};
use tokio::io::AsyncRead;

use super::{backup, off_thread};
use crate::agent::audit::{self, Note};
use crate::agent::core::{Core, random};
use crate::agent::taken_in::{self, Broken};
use crate::agent::{BackupView, RecoveryError, Trouble, Word, device, owner};
use crate::store::{identity, meta};

/// How many words of the 24 are asked for.
pub const REHEARSED_WORDS: usize = 3;
const ALL_WORDS: usize = 24;
/// A larger backup is rehearsed at a terminal: it is opened in memory.
pub const LARGEST_REHEARSED_BYTES: u64 = 512 << 20;

/// Places of the words to ask for, from 1, in order, each once.
pub(in crate::agent) fn places() -> Result<[usize; REHEARSED_WORDS], Trouble> {
    loop {
        // The first 240 values of a byte fall evenly on 24 places; the others are drawn again.
        let drawn = random::<REHEARSED_WORDS>()?.map(usize::from);
        let mut places = drawn.map(|byte| byte % ALL_WORDS + 1);
        places.sort_unstable();
        let are_even = drawn.iter().all(|byte| *byte < 240);
        if are_even && places.windows(2).all(|pair| pair[0] != pair[1]) {
            return Ok(places);
        }
    }
}

/// Whether these words stand at these places; then the owner has them. Needs the owner's word.
pub(in crate::agent) async fn words(
    core: &Arc<Core>,
    typed: BTreeMap<usize, String>,
    word: Word,
) -> Result<(), RecoveryError> {
    let by = owner::check(core, word).await?;
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
        let words = device::entropy(&record).ok_or(RecoveryError::Offline)?.to_words();
        if typed.len() < REHEARSED_WORDS || !fit(&words, &typed) {
            return Err(RecoveryError::WordsDoNotFit);
        }
        meta::set_number(tx, meta::WORDS_KEPT_AT, ctx.now.millis())?;
        Ok(audit::note(tx, ctx, Note::new("recovery_rehearsed").saying("the words").by(by))?)
    })
    .await
}

fn fit(words: &str, typed: &BTreeMap<usize, String>) -> bool {
    let right = |(place, typed): (&usize, &String)| {
        let word = words.split(' ').nth(place.wrapping_sub(1)).unwrap_or_default();
        !Choice::from(u8::from(word.is_empty())) & word.as_bytes().ct_eq(typed.trim().to_lowercase().as_bytes())
    };
    typed.iter().map(right).fold(Choice::from(1), |all, one| all & one).into()
}

/// Whether a backup, handed over as it is read elsewhere, opens by the words of this identity, and what is in it. Its
/// sealed bytes lie in the home for as long as that takes. Needs the owner's word.
pub(in crate::agent) async fn backup(
    core: &Arc<Core>,
    home: &Path,
    bytes: impl AsyncRead + Unpin,
    word: Word,
) -> Result<BackupView, RecoveryError> {
    let by = owner::check(core, word).await?;
    let entropy = core.read(|tx, _| identity::load(tx).map_err(Trouble::from)).await?;
    let entropy = device::entropy(&entropy.ok_or(Trouble::NoIdentity)?).ok_or(RecoveryError::Offline)?;
    let unwritable = |error: std::io::Error| RecoveryError::file("write", &error);
    let sealed = tempfile::Builder::new().prefix(".rehearsal-").tempfile_in(home).map_err(unwritable)?;
    let file = sealed.reopen().map_err(unwritable)?;
    taken_in::copy(bytes, file, LARGEST_REHEARSED_BYTES).await.map_err(broken)?;
    let seen = off_thread(move || backup::describe(&backup::read(sealed.path(), &entropy)?)).await;
    let seen = seen.map_err(|error| match error {
        RecoveryError::WrongWords => RecoveryError::ForeignBackup,
        other => other,
    })?;
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        Ok::<_, RecoveryError>(audit::note(tx, ctx, Note::new("recovery_rehearsed").saying("a backup").by(by))?)
    })
    .await?;
    Ok(seen)
}

fn broken(why: Broken) -> RecoveryError {
    match why {
        Broken::TooLarge => RecoveryError::TooLargeHere { most: LARGEST_REHEARSED_BYTES },
        Broken::Source(error) => RecoveryError::file("read", &error),
        Broken::Disk(error) => RecoveryError::file("write", &error),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn typed(words: &[(usize, &str)]) -> BTreeMap<usize, String> {
        words.iter().map(|(place, word)| (*place, (*word).to_owned())).collect()
    }

    #[test]
    fn every_typed_word_has_to_stand_at_its_place() {
        let words = "able baker candy delta";
        assert!(fit(words, &typed(&[(1, "able"), (2, " Baker "), (4, "delta")])));
        for wrong in [
            &[(1, "able"), (2, "baker"), (4, "candy")][..],
            &[(2, "able"), (1, "baker"), (4, "delta")],
            &[(1, "able"), (2, "baker"), (5, "")],
            &[(0, ""), (1, "able"), (2, "baker")],
            &[(1, "able"), (2, "bake"), (4, "delta")],
        ] {
            assert!(!fit(words, &typed(wrong)), "{wrong:?}");
        }
    }

    #[test]
    fn places_are_three_different_ones_and_every_one_is_asked_for_some_day() {
        let mut seen = BTreeSet::new();
        for _ in 0..500 {
            let places = places().unwrap();
            assert!(places[0] < places[1] && places[1] < places[2], "{places:?}");
            seen.extend(places);
        }
        assert_eq!(seen, (1..=ALL_WORDS).collect());
    }
}
