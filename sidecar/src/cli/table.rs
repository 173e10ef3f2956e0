//! A plain table that fits 80 columns.

use super::wrap::wrapped;
use icu_properties::{
    CodePointMapData,
    props::{EastAsianWidth, GeneralCategory},
};

/// Terminals are at least this wide; a table never is wider.
const WIDTH: usize = 80;
/// Two spaces stand between columns.
const GAP: usize = 2;
/// No column is squeezed below this.
const NARROWEST: usize = 8;

/// Rows under a heading; what does not fit is cut with an ellipsis.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    wraps_last: bool,
}

impl Table {
    /// A table with these column names and no rows yet.
    pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Self {
        Self { rows: vec![heading.map(str::to_owned).to_vec()], wraps_last: false }
    }

    /// Cuts nothing: what does not fit into the last column goes on below it.
    pub(crate) fn wrapping_last(mut self) -> Self {
        self.wraps_last = true;
        self
    }

    /// Adds a row; it has as many cells as the heading.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(Vec::from(cells));
    }

    /// The heading and the rows, padded and cut, without trailing spaces.
    pub(crate) fn lines(&self) -> Vec<String> {
        if self.wraps_last {
            return self.wrapped_lines();
        }
        let widths = fit(self.natural_widths());
        self.rows.iter().map(|row| join(row, &widths)).collect()
    }

    fn wrapped_lines(&self) -> Vec<String> {
        let mut widths = self.natural_widths();
        let before: usize = widths.iter().rev().skip(1).map(|width| width + GAP).sum();
        if let Some(last) = widths.last_mut() {
            *last = WIDTH.saturating_sub(before).max(NARROWEST);
        }
        let below = " ".repeat(before);
        let lines = self.rows.iter().flat_map(|row| {
            let (last, first) = row.split_last().map_or(("", &row[..]), |(last, first)| (last.as_str(), first));
            let parts = wrapped(last, widths.last().copied().unwrap_or(WIDTH));
            let start = [first, &parts[..1]].concat();
            let rest = parts.into_iter().skip(1).map(|part| format!("{below}{part}"));
            std::iter::once(join(&start, &widths)).chain(rest).collect::<Vec<_>>()
        });
        lines.collect()
    }

    fn natural_widths(&self) -> Vec<usize> {
        let columns = self.rows.first().map_or(0, Vec::len);
        let widest =
            |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| columns_of(cell)).max();
        (0..columns).map(|column| widest(column).unwrap_or(0)).collect()
    }
}

/// Takes columns away from the widest until the row fits.
fn fit(mut widths: Vec<usize>) -> Vec<usize> {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > WIDTH {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => break,
        }
    }
    widths
}

fn join(row: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let cell = cut(cell, *width);
        let padding = width.saturating_sub(columns_of(&cell)) + GAP;
        line.push_str(&cell);
        line.extend(std::iter::repeat_n(' ', padding));
    }
    line.trim_end().to_owned()
}

/// `text` in at most `width` columns; an ellipsis marks what was cut.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns_of(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for character in text.chars() {
        used += columns(character);
        if used > width {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

/// How many columns a terminal gives this text.
fn columns_of(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Wide and fullwidth characters take two columns, combining marks none (Unicode annex 11).
pub(crate) fn columns(character: char) -> usize {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    if matches!(category, GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark) {
        return 0;
    }
    match CodePointMapData::<EastAsianWidth>::new().get(character) {
        EastAsianWidth::Wide | EastAsianWidth::Fullwidth => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, columns_of, cut};

    #[test]
    fn a_long_cell_is_cut_so_that_the_row_fits() {
        let mut table = Table::new(["FROM", "SUBJECT", "WHEN"]);
        table.row(["bob".into(), "x".repeat(200), "2 min ago".into()]);
        let lines = table.lines();
        assert!(lines.iter().all(|line| columns_of(line) <= 80), "{lines:?}");
        assert!(lines[1].ends_with("2 min ago"));
        assert!(lines[1].contains('…'));
    }

    #[test]
    fn a_wrapping_column_loses_nothing() {
        let mut table = Table::new(["#", "ABOUT"]).wrapping_last();
        table.row(["1".into(), "word ".repeat(40)]);
        let lines = table.lines();
        assert!(lines.iter().all(|line| columns_of(line) <= 80), "{lines:?}");
        assert_eq!(lines.concat().matches("word").count(), 40);
        assert!(lines[2].starts_with("   word"), "{lines:?}");
    }

    #[test]
    fn columns_line_up_under_their_heading() {
        let mut table = Table::new(["NAME", "STATE"]);
        table.row(["bob".into(), "paired".into()]);
        table.row(["日本".into(), "blocked".into()]);
        assert_eq!(table.lines(), ["NAME  STATE", "bob   paired", "日本  blocked"]);
    }

    #[test]
    fn wide_characters_count_double_when_cut() {
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("abc", 3), "abc");
    }
}
