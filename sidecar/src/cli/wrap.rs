//! Breaks long lines between words, for a terminal that would break them anywhere.

use super::table::columns;

/// What every terminal has.
pub(crate) const WIDTH: usize = 80;

/// Our own words over as many lines as they need, each as far in as its first.
pub(crate) fn fold(text: &str) -> String {
    text.split('\n').map(fold_line).collect::<Vec<_>>().join("\n")
}

fn fold_line(line: &str) -> String {
    let words = line.trim_start_matches(' ');
    let indent = " ".repeat(line.len() - words.len());
    let lines = wrapped(words, WIDTH - indent.len().min(WIDTH / 2));
    lines.iter().map(|part| format!("{indent}{part}")).collect::<Vec<_>>().join("\n")
}

/// Breaks a line at spaces where there are any, else where it must.
pub(crate) fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut used = 0;
    for word in line.split_inclusive(' ') {
        let wide: usize = word.trim_end().chars().map(columns).sum();
        if used > 0 && used + wide > width {
            parts.push(String::new());
            used = 0;
        }
        for character in word.chars() {
            if used + columns(character) > width && character != ' ' {
                parts.push(String::new());
                used = 0;
            }
            used += columns(character);
            parts.last_mut().into_iter().for_each(|part| part.push(character));
        }
    }
    parts.iter().map(|part| part.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn a_long_line_goes_on_as_far_in_as_it_began() {
        let folded = fold(&format!("short\n  {}", "word ".repeat(30).trim()));
        let lines: Vec<&str> = folded.lines().collect();
        assert_eq!(lines[0], "short");
        assert!(lines.len() == 3 && lines[1..].iter().all(|line| line.starts_with("  word")), "{folded}");
        assert!(lines.iter().all(|line| line.len() <= 80), "{folded}");
    }
}
