//! Which code points may be shown as they are, and how the others are made visible.

use std::fmt::Write as _;

use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, ExtendedPictographic, GeneralCategory, NoncharacterCodePoint,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The braille blank: a symbol by its category, nothing by its looks.
const BRAILLE_BLANK: char = '\u{2800}';
const ZERO_WIDTH_JOINER: char = '\u{200D}';
const EMOJI_PRESENTATION: char = '\u{FE0F}';

/// Whether `c` must not reach a reader as it is: it is invisible, moves the cursor, reorders text, or may come to do so.
///
/// Tab and line feed are the only controls that pass.
pub(super) fn is_forbidden(c: char) -> bool {
    if matches!(c, '\n' | '\t' | ' '..='~') {
        return false;
    }
    c == BRAILLE_BLANK
        || has_forbidden_category(c)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
}

/// Unassigned code points count as forbidden: what a later Unicode makes of them is not known here.
fn has_forbidden_category(c: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::PrivateUse
            | GeneralCategory::Surrogate
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    )
}

/// Writes every forbidden code point of `text` as `⟦U+XXXX⟧`.
pub(super) fn make_visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push_visible(&mut shown, c);
    }
    shown
}

/// Like [`make_visible`], for text that must stay on one line: tabs and line feeds are shown too.
pub(super) fn make_visible_on_one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => push_code_point(&mut shown, c),
            _ => push_visible(&mut shown, c),
        }
    }
    shown
}

fn push_visible(shown: &mut String, c: char) {
    if is_forbidden(c) {
        push_code_point(shown, c);
    } else {
        shown.push(c);
    }
}

fn push_code_point(shown: &mut String, c: char) {
    // writing to a String cannot fail
    let _ = write!(shown, "⟦U+{:04X}⟧", u32::from(c));
}

/// Drops the joiners and selectors that only make an emoji prettier, so that `❤️` does not turn into `❤⟦U+FE0F⟧`.
///
/// They are dropped, not kept: what stays could carry hidden bits.
pub(super) fn plain_emoji(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        let after = rest.peek().copied();
        let joins = c == ZERO_WIDTH_JOINER && before.is_some_and(is_pictographic) && after.is_some_and(is_pictographic);
        let selects = c == EMOJI_PRESENTATION && before.is_some_and(is_emoji);
        if !joins && !selects {
            plain.push(c);
            before = Some(c);
        }
    }
    plain
}

fn is_emoji(c: char) -> bool {
    CodePointSetData::new::<Emoji>().contains(c)
}

fn is_pictographic(c: char) -> bool {
    let is_skin_tone = matches!(c, '\u{1F3FB}'..='\u{1F3FF}');
    is_skin_tone || CodePointSetData::new::<ExtendedPictographic>().contains(c)
}
