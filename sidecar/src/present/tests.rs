//! What `present` promises, over all of Unicode and over hostile mixtures.

use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;
use proptest::prelude::*;

use super::characters::is_forbidden;
use super::*;
use crate::agent::Untrusted;

const BOB: Author<'static> = Author::Peer(Attribution { petname: "bob", agent_id: "a2a_x" });

fn shown(text: &str) -> String {
    neutralise(&Untrusted::new(text)).into_string()
}

fn shown_on_one_line(text: &str) -> String {
    line(&Untrusted::new(text)).into_string()
}

fn every_char() -> impl Iterator<Item = char> {
    (0..=u32::from(char::MAX)).filter_map(char::from_u32)
}

/// Mixtures of what matters here: markers, links, marks, joiners, and anything else.
fn hostile() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        any::<String>(),
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "![",
            "](",
            "]:",
            "[",
            "]",
            "(",
            ")",
            "<",
            "</",
            "<img",
            "<!--",
            "a",
            "/",
            "\\",
            ":",
            "//",
            "://",
            "http",
            "HTTPS",
            "hxxp",
            "www.",
            "data",
            "javascript:",
            ".",
            "[.]",
            "[:]",
            "⟦",
            "⟧",
            "⟦U+200B⟧",
            "\r",
            "\n",
            "\r\n",
            "\t",
            "\u{1b}[31m",
            "\u{200d}",
            "\u{fe0f}",
            "\u{200b}",
            "\u{202e}",
            "\u{e0041}",
            "↔",
            "\u{338}",
            "❤",
            "👩",
            "🏽",
            "1",
            "e",
            "\u{301}",
            "<<end peer-text ",
            ">>",
            "| ",
            "=",
            "example.com",
            "x",
            " ",
            "\u{1100}",
            "\u{1161}",
            "\u{115f}",
            "\u{2028}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn nothing_forbidden_comes_out(text in hostile()) {
        prop_assert!(!shown(&text).chars().any(is_forbidden));
        let one_line = shown_on_one_line(&text);
        prop_assert!(!one_line.chars().any(|c| is_forbidden(c) || matches!(c, '\n' | '\t')));
        prop_assert!(one_line.len() <= 256);
    }

    #[test]
    fn twice_is_once(text in hostile()) {
        let once = shown(&text);
        prop_assert_eq!(&shown(&once), &once);
        let once = shown_on_one_line(&text);
        prop_assert_eq!(&shown_on_one_line(&once), &once);
    }

    #[test]
    fn no_live_link_image_or_element_comes_out(text in hostile()) {
        let shown = shown(&text).to_ascii_lowercase();
        for live in ["http://", "https://", "http:\\\\", "ftp://", "![", "](", "]:", "<img ", "<img>", "<a ", "<!--"] {
            prop_assert!(!shown.contains(live), "{live} in {shown:?}");
        }
    }

    #[test]
    fn plain_text_survives(text in "[A-Za-zäöüß漢字кириллица0-9 ,;!?'\"*_`#\n]{0,200}") {
        prop_assert_eq!(shown(&text), text);
    }

    #[test]
    fn letters_and_digits_survive_in_order(text in "[a-z0-9 \u{200b}\u{202e}\u{1b}]{0,200}") {
        let kept = |text: &str| text.chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit()).collect::<String>();
        let mut left = shown(&text);
        for marker in ["⟦U+200B⟧", "⟦U+202E⟧", "⟦U+001B⟧"] {
            left = left.replace(marker, "");
        }
        prop_assert_eq!(kept(&left), kept(&text));
    }

    #[test]
    fn a_fence_cannot_be_forged(text in hostile(), subject in hostile()) {
        let (body, subject) = (neutralise(&Untrusted::new(text)), line(&Untrusted::new(subject)));
        let block = fence(BOB, Some(&subject), &body).unwrap();
        let lines: Vec<&str> = block.split('\n').collect();
        let (open, close) = (lines[1], lines[lines.len() - 1]);
        prop_assert!(open.starts_with("<<peer-text ") && close.starts_with("<<end peer-text "));
        let boundary = &open["<<peer-text ".len()..open.len() - 2];
        prop_assert_eq!(boundary.len(), 32);
        prop_assert_eq!(block.matches(boundary).count(), 2);
        prop_assert!(lines[2..lines.len() - 1].iter().all(|line| line.starts_with("| ")));
    }

    #[test]
    fn parts_make_up_the_whole(text in hostile(), copies in 1_usize..200) {
        let text = neutralise(&Untrusted::new(text.repeat(copies)));
        let (mut read, mut from) = (String::new(), Some(0));
        while let Some(start) = from {
            let part = Budget::default().take(&text, start, "more");
            let words = part.text.as_str();
            prop_assert!(words.len() <= MAX_MESSAGE_BYTES + 100);
            read.push_str(part.next.map_or(words, |_| &words[..words.rfind("\n⟦cut here").unwrap()]));
            prop_assert!(part.next.is_none_or(|next| next > start));
            from = part.next;
        }
        prop_assert_eq!(read.as_str(), text.as_str());
    }
}

#[test]
fn every_default_ignorable_is_made_visible() {
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let mut count = 0;
    for c in every_char().filter(|c| ignorable.contains(*c)) {
        let code_point = format!("⟦U+{:04X}⟧", u32::from(c));
        assert_eq!(shown(&format!("a{c}b")), format!("a{code_point}b"));
        assert_eq!(shown_on_one_line(&c.to_string()), code_point);
        count += 1;
    }
    assert!(count > 4000, "the tags, selectors and reserved ranges are among them: {count}");
}

#[test]
fn no_code_point_at_all_comes_out_forbidden() {
    for block in every_char().collect::<Vec<_>>().chunks(0x800) {
        let text: String = block.iter().flat_map(|c| ['a', *c]).collect();
        assert!(!shown(&text).chars().any(is_forbidden), "around U+{:04X}", u32::from(block[0]));
    }
}

#[test]
fn controls_bidi_tags_and_private_use_are_named() {
    let cases = [
        ("\u{1b}[2J", "⟦U+001B⟧[2J"),
        ("\u{9b}31m", "⟦U+009B⟧31m"),
        ("a\u{7f}", "a⟦U+007F⟧"),
        ("\u{202e}gpj", "⟦U+202E⟧gpj"),
        ("\u{2066}x\u{2069}", "⟦U+2066⟧x⟦U+2069⟧"),
        ("\u{e0068}\u{e0069}", "⟦U+E0068⟧⟦U+E0069⟧"),
        ("\u{e000}", "⟦U+E000⟧"),
        ("\u{fdd0}\u{10ffff}", "⟦U+FDD0⟧⟦U+10FFFF⟧"),
        ("a\u{2028}b\u{2029}c", "a⟦U+2028⟧b⟦U+2029⟧c"),
        ("\u{2800}\u{3164}", "⟦U+2800⟧⟦U+3164⟧"),
        ("a\u{fe00}", "a⟦U+FE00⟧"),
        ("a\rb", "a⟦U+000D⟧b"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("e\u{301}", "é"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected);
    }
}

#[test]
fn emoji_stay_readable() {
    assert_eq!(shown("❤\u{fe0f} 1\u{fe0f}\u{20e3}"), "❤ 1\u{20e3}");
    assert_eq!(shown("👩🏽\u{200d}💻"), "👩🏽💻");
    assert_eq!(shown("a\u{200d}b\u{fe0f}"), "a⟦U+200D⟧b⟦U+FE0F⟧");
}

#[test]
fn links_images_and_html_are_dead_but_readable() {
    let cases = [
        ("see https://evil.example/a.b?c", "see hxxps://evil[.]example/a.b?c"),
        ("HTTP:\\\\evil.example", "hxxp:\\\\evil[.]example"),
        ("http://http://evil.example", "hxxp://hxxp://evil[.]example"),
        ("http://good.example@evil.example:8", "hxxp://good[.]example@evil[.]example:8"),
        ("vscode://file/x", "vscode[:]//file/x"),
        ("www.evil.example.", "www[.]evil[.]example[.]"),
        ("![leak](https://evil.example/?q=1)!", "⟦image removed: leak⟧!"),
        ("!![a](b)[c](d)", "!⟦image removed: a⟧[c] (d)"),
        ("![a][ref]", "⟦image⟧ [a][ref]"),
        ("[click](javascript:alert(1))", "[click] (javascript[:]alert(1))"),
        ("[ref]: //evil.example", "[ref] : //evil.example"),
        ("<img src=//evil.example>", "‹img src=//evil.example>"),
        ("<!-- hidden -->", "‹!-- hidden -->"),
        ("(.JavaScript:x)", "(.JavaScript[:]x)"),
        ("data:text/html,x", "data[:]text/html,x"),
        ("the data: three Vec<String>", "the data: three Vec<String>"),
        ("bob@relay.example and a2a_x@relay.example:8443", "bob@relay.example and a2a_x@relay.example:8443"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected);
    }
}

#[test]
fn a_line_stays_one_line_and_short() {
    assert_eq!(shown_on_one_line("a\nFrom: owner\tb"), "a⟦U+000A⟧From: owner⟦U+0009⟧b");
    let long = shown_on_one_line(&"x".repeat(1000));
    assert!(long.len() <= 256 && long.ends_with('…'));
    let cut_in_marker = shown_on_one_line(&format!("{}{}", "x".repeat(248), "\u{200b}".repeat(9)));
    assert_eq!(cut_in_marker, format!("{}…", "x".repeat(248)));
}

#[test]
fn a_call_shows_at_most_its_allowance() {
    let long = neutralise(&Untrusted::new("word ".repeat(10_000)));
    let mut budget = Budget::default();
    assert!(budget.admits(&long));
    let first = budget.take(&long, 0, "ask for the rest");
    assert_eq!(first.next, Some(MAX_MESSAGE_BYTES));
    assert!(first.text.as_str().ends_with("⟦cut here: 16384 of 50000 bytes shown; ask for the rest⟧"));
    budget.take(&long, MAX_MESSAGE_BYTES, "");
    assert!(budget.is_spent() && !budget.admits(&long));
}

#[test]
fn a_lone_bracket_cannot_starve_the_reader() {
    let text = neutralise(&Untrusted::new(format!("⟦[{}", "y".repeat(40_000))));
    assert_eq!(Budget::default().take(&text, 0, "").next, Some(MAX_MESSAGE_BYTES));
}

#[test]
fn two_fences_never_share_a_boundary() {
    let text = neutralise(&Untrusted::new("hello"));
    assert_ne!(fence(BOB, None, &text).unwrap(), fence(BOB, None, &text).unwrap());
}
