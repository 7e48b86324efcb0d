//! Lists: aligned under headings on a terminal.

use super::line::{Line, Look};

/// Between two columns.
const GAP: &str = "  ";

/// Rows of cells under headings.
#[derive(Debug)]
pub(crate) struct Columns {
    headings: Vec<&'static str>,
    rows: Vec<Vec<Line>>,
}

impl Columns {
    /// A list with these headings; one that begins with `>` is of numbers, which end below each other.
    pub(crate) fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    /// One more row; it has a cell for each heading.
    pub(crate) fn push(&mut self, row: Vec<Line>) {
        self.rows.push(row);
    }

    /// The headings and the rows; nothing if there is no row.
    pub(crate) fn lines(&self) -> Vec<Line> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let names =
            self.headings.iter().map(|it| Line::of(Look::Heading, it.trim_start_matches('>')));
        let names: Vec<_> = names.collect();
        let rows = || std::iter::once(&names).chain(&self.rows);
        let width = |column: usize| rows().map(|row| row[column].width()).max().unwrap_or_default();
        let widths: Vec<_> = (0..names.len()).map(width).collect();
        rows().map(|row| self.aligned(row, &widths)).collect()
    }

    fn aligned(&self, row: &[Line], widths: &[usize]) -> Line {
        let mut line = Line::default();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let gap = if column == 0 { "" } else { GAP };
            let fill = " ".repeat(width - cell.width());
            let is_last = column + 1 == widths.len();
            line = match self.headings[column].starts_with('>') {
                true => line.with(Look::Plain, gap.to_owned() + &fill).joined(cell),
                false if is_last => line.with(Look::Plain, gap).joined(cell),
                false => line.with(Look::Plain, gap).joined(cell).with(Look::Plain, fill),
            };
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_their_headings() {
        let mut columns = Columns::new(&["table", ">rows", "what"]);
        assert_eq!(columns.lines(), []);
        columns.push(vec![Line::plain("jobs"), Line::plain("1,234"), Line::plain("x")]);
        columns.push(vec![Line::plain("Straße 東"), Line::plain("7"), Line::of(Look::Bad, "y")]);
        let text: Vec<_> = columns.lines().iter().map(|line| line.to_text(false)).collect();
        assert_eq!(text, ["table       rows  what", "jobs       1,234  x", "Straße 東      7  y"]);
    }
}
