//! Requests per producer over time, one line a producer, drawn with block letters.

use std::fmt::Write as _;

/// How many columns the chart has at most.
pub(super) const COLUMNS: usize = 72;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One line of the chart.
pub(super) struct Row {
    /// What stands in front of it.
    pub(super) label: String,
    /// When each request began, microseconds.
    pub(super) begun_us: Vec<i64>,
}

/// A moment worth a letter below the chart.
pub(super) struct Mark {
    /// One letter.
    pub(super) letter: char,
    /// When, microseconds.
    pub(super) at_us: i64,
}

/// Draws rows from `from_us` to `to_us`, all to one scale, and the marks below them.
pub(super) fn draw(rows: &[Row], marks: &[Mark], from_us: i64, to_us: i64) -> String {
    let column_us = ((to_us - from_us) / COLUMNS as i64).max(1);
    let column_of = |at_us: i64| usize::try_from((at_us - from_us) / column_us).ok().filter(|column| *column < COLUMNS);
    let counts: Vec<Vec<usize>> = rows
        .iter()
        .map(|row| {
            let mut columns = vec![0; COLUMNS];
            row.begun_us.iter().filter_map(|at_us| column_of(*at_us)).for_each(|column| columns[column] += 1);
            columns
        })
        .collect();
    let highest = counts.iter().flatten().copied().max().unwrap_or(0).max(1);
    let width = rows.iter().map(|row| row.label.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (row, columns) in rows.iter().zip(&counts) {
        let bars: String = columns.iter().map(|count| block(*count, highest)).collect();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {:width$} │{bars}│", row.label);
    }
    let mut letters = vec![' '; COLUMNS];
    for mark in marks {
        if let Some(column) = column_of(mark.at_us) {
            letters[column] = mark.letter;
        }
    }
    let letters: String = letters.into_iter().collect();
    let _ = writeln!(text, "  {:width$}  {}", "", letters.trim_end());
    let _ = writeln!(text, "  {:width$}  one column = {} ms; █ = {highest} requests", "", column_us / 1_000);
    text
}

/// Any request at all shows at least the lowest block: an empty column really means none.
fn block(count: usize, highest: usize) -> char {
    BLOCKS[(count * (BLOCKS.len() - 1)).div_ceil(highest)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_column_means_no_request() {
        assert_eq!((block(0, 100), block(1, 100), block(50, 100), block(100, 100)), (' ', '▁', '▄', '█'));
    }

    #[test]
    fn rows_share_one_scale_and_marks_stand_below() {
        let rows = [
            Row { label: "a".into(), begun_us: vec![0, 0, 71_000] },
            Row { label: "bb".into(), begun_us: vec![36_000] },
        ];
        let text = draw(&rows, &[Mark { letter: '1', at_us: 36_000 }], 0, 72_000);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].chars().nth(6), Some('█'), "{text}");
        assert!(lines[0].ends_with("▄│"), "{text}");
        assert_eq!(lines[1].chars().position(|c| c == '▄'), lines[2].chars().position(|c| c == '1'), "{text}");
    }
}
