//! The only place that prints: tables on stdout, remarks on stderr.
#![expect(clippy::print_stdout, reason = "a benchmark's output is its purpose")]

/// Prints a table whose columns fit their widest cell: the first to the left, the others to the right.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) {
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let widths: Vec<usize> = (0..header.len()).map(|column| width(column, &header, rows)).collect();
    line(&header, &widths);
    for row in rows {
        line(row, &widths);
    }
    println!();
}

/// Prints a remark that is no result.
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

fn width(column: usize, header: &[String], rows: &[Vec<String>]) -> usize {
    let cells = std::iter::once(header).chain(rows.iter().map(Vec::as_slice)).filter_map(|row| row.get(column));
    cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
}

fn line(cells: &[String], widths: &[usize]) {
    let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, &width))| {
        if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
    });
    println!("{}", padded.collect::<Vec<_>>().join("  ").trim_end());
}
