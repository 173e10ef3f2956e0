//! Somebody else's words at a terminal: every line of them stands behind a bar, however long it is.

use crate::present::Presented;

use super::output::Output;
use super::wrap::wrapped;

/// A line with its bar fits the narrowest terminal, which therefore never breaks it by itself: a
/// continued line without a bar would look like ours.
const WIDTH: usize = 76;

/// Prints the words to standard output.
pub(crate) fn show(words: &Presented, indent: &str, output: Output) {
    lines(words.as_str(), indent).for_each(|line| output.line(line));
}

/// Prints the words to standard output behind a label, which stands behind the bar too.
pub(crate) fn labelled(label: &str, words: &Presented, output: Output) {
    lines(&format!("{label}{}", words.as_str()), "").for_each(|line| output.line(line));
}

/// Prints the words beside a question, to standard error.
pub(crate) fn ask(words: &Presented, indent: &str, output: Output) {
    lines(words.as_str(), indent).for_each(|line| output.note(line));
}

/// Prints words of our own side beside a question: no bar, but each line as far in, so that none looks like a fact.
pub(crate) fn own(words: &Presented, indent: &str, output: Output) {
    let wrapped = words.as_str().lines().flat_map(|line| wrapped(line, WIDTH - indent.len()));
    wrapped.for_each(|line| output.note(format!("{indent}{line}")));
}

fn lines(text: &str, indent: &str) -> impl Iterator<Item = String> {
    text.lines().flat_map(move |line| wrapped(line, WIDTH).into_iter().map(move |part| format!("{indent}│ {part}")))
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn every_line_on_the_screen_has_its_bar_and_fits() {
        let text = format!("{}\n\nshort\n{}", "word ".repeat(60), "x".repeat(300));
        for line in lines(&text, "  ") {
            assert!(line.starts_with("  │ "), "{line}");
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn nothing_is_lost_in_breaking() {
        let text = "word ".repeat(60);
        let joined: String = lines(text.trim(), "").map(|line| line.replace("│ ", " ")).collect();
        assert_eq!(joined.trim(), text.trim());
    }
}
