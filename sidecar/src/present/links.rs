//! Takes the life out of links, images and HTML, so that no client loads or follows what a peer wrote.

use super::text::CUT_LINE;

/// Elements that load, run, post, hide or lead somewhere once a client renders them.
const LIVE_ELEMENTS: [&str; 30] = [
    "a", "area", "audio", "base", "body", "button", "details", "dialog", "div", "embed", "font", "form", "frame",
    "iframe", "image", "img", "input", "link", "math", "meta", "object", "picture", "script", "source", "span",
    "style", "svg", "table", "template", "video",
];

/// Schemes that carry their content or their action after the colon, without slashes.
const LIVE_SCHEMES: [&str; 3] = ["data", "javascript", "vbscript"];

/// Drops images, and rewrites links and live HTML so that they read the same and do nothing.
///
/// Addresses come first: the brackets that they get must not become part of a link or an image.
pub(super) fn defang(text: &str) -> String {
    let text = defang_addresses(text);
    let text = break_elements(&text);
    let text = drop_images(&text);
    break_links(&text)
}

/// `![alt](address)` becomes `⟦image removed: alt⟧`; any other `![` loses the bang's meaning.
fn drop_images(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("![") {
        shown.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        if let Some((alt, length)) = inline_image(after) {
            shown.push_str("⟦image removed: ");
            shown.push_str(alt);
            shown.push('⟧');
            rest = &after[length..];
        } else {
            shown.push_str("⟦image⟧ [");
            rest = after;
        }
    }
    shown.push_str(rest);
    shown
}

/// The description of an inline image without brackets of its own, and how long the image is after its `![`.
fn inline_image(after: &str) -> Option<(&str, usize)> {
    let alt_end = after.find(['[', ']', '\n'])?;
    let address = after[alt_end..].strip_prefix("](")?;
    let address_end = address.find(['(', ')', '\n'])?;
    address[address_end..].starts_with(')').then_some((&after[..alt_end], alt_end + 2 + address_end + 1))
}

/// Parts the words of a Markdown link from its address, and a reference from its definition.
fn break_links(text: &str) -> String {
    text.replace("](", "] (").replace("]:", "] :")
}

/// `<img …` becomes `‹img …`, and a comment is no longer hidden; `Vec<String>` stays.
fn break_elements(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        shown.push_str(&rest[..start]);
        rest = &rest[start + 1..];
        shown.push(if opens_live_element(rest) { '‹' } else { '<' });
    }
    shown.push_str(rest);
    shown
}

fn opens_live_element(after: &str) -> bool {
    if after.starts_with(['!', '?']) {
        return true;
    }
    let name = after.strip_prefix('/').unwrap_or(after);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    LIVE_ELEMENTS.iter().any(|element| name[..end].eq_ignore_ascii_case(element))
}

/// `https://host.example/x` becomes `hxxps://host[.]example/x`; other schemes lose their colon's meaning.
fn defang_addresses(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_host = false;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c: char| !is_word(c)).unwrap_or(rest.len()));
        (rest, in_host) = push_word(&mut shown, word, after, in_host);
        let (gap, after) = rest.split_at(rest.find(is_word).unwrap_or(rest.len()));
        in_host = in_host && !gap.contains(ends_host);
        shown.push_str(gap);
        rest = after;
    }
    shown
}

/// The characters of schemes, which are also the plain ones of hosts.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

fn ends_host(c: char) -> bool {
    c.is_whitespace() || matches!(c, '/' | '\\' | '?' | '#' | '"' | '\'' | '<' | '>' | '(' | ')' | ',' | '‹' | '⟦')
}

/// Writes one word, defanged; returns what is left to read and whether that begins inside a host.
fn push_word<'t>(shown: &mut String, word: &str, after: &'t str, in_host: bool) -> (&'t str, bool) {
    let in_host = in_host || word.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("www."));
    let bracketed = word == "." && shown.ends_with('[') && after.starts_with(']');
    let dots = if in_host && !bracketed { "[.]" } else { "." };
    if let Some(slashes) = slashes_after_colon(after) {
        shown.push_str(&dead_scheme(word).replace('.', dots));
        shown.push_str(&slashes[..2]);
        return (&slashes[2..], true);
    }
    shown.push_str(&word.replace('.', dots));
    if is_live_scheme(word) && is_tight_colon(after) {
        shown.push_str("[:]");
        return (&after[1..], in_host);
    }
    (after, in_host)
}

/// What follows the colon, when it is two slashes of either kind; browsers read both alike.
fn slashes_after_colon(after: &str) -> Option<&str> {
    let slashes = after.strip_prefix(':')?;
    let two = slashes.as_bytes().get(..2)?;
    two.iter().all(|byte| matches!(byte, b'/' | b'\\')).then_some(slashes)
}

/// A scheme begins with a letter and follows no dot here: `.data` is one after a full stop.
fn is_live_scheme(word: &str) -> bool {
    let scheme = word.rsplit('.').next().unwrap_or(word).trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    LIVE_SCHEMES.iter().any(|live| scheme.eq_ignore_ascii_case(live))
}

/// Whether something follows the colon at once; where a line was cut, nothing does.
fn is_tight_colon(after: &str) -> bool {
    after.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| !c.is_whitespace() && c != CUT_LINE))
}

/// A scheme and its colon, as no client follows them.
fn dead_scheme(scheme: &str) -> String {
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "hxxp" => "hxxp:".to_owned(),
        "https" | "hxxps" => "hxxps:".to_owned(),
        _ => format!("{scheme}[:]"),
    }
}
