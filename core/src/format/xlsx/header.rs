//! What the columns of a sheet are for.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::refused::{marked_formulas, two_headers};
use super::value::{SheetField, SheetValue};
use crate::format::csv::{self, CellTarget, Dialect, Header, MARKS, MARKS_WITH_FORMULAS};
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::RawField;
use crate::table::schema::Table;

/// In so many rows from the first one on a header is looked for.
pub(super) const HEADER_ROWS: usize = 20;

/// One row of a sheet.
#[derive(Debug, Clone, Default)]
pub(super) struct WorkbookRow {
    /// As Excel numbers it, from 1.
    pub(super) number: u64,
    /// The cells from column A on; those behind the last one that is not empty are left out.
    pub(super) cells: Vec<SheetValue>,
}

impl WorkbookRow {
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(SheetValue::is_empty)
    }
}

/// What the columns of a sheet are for.
#[derive(Debug, Clone)]
pub(super) struct SheetLayout {
    targets: Vec<CellTarget>,
    /// The header's texts; the table's columns where there is none.
    pub(super) names: Vec<String>,
    pub(super) has_header: bool,
    /// The row on which the header stands, or the one before the first row.
    pub(super) header_row: u64,
}

impl SheetLayout {
    /// The layout of a sheet that begins with these rows, and how many of them are not rows of the table.
    pub(super) fn of(
        table: &Table,
        dialect: &Dialect,
        rows: &[WorkbookRow],
    ) -> Result<(Self, usize), RowError> {
        if dialect.header == Header::Absent && !rows.first().is_some_and(is_marked) {
            let before = rows.first().map_or(0, |row| row.number.saturating_sub(1));
            return Ok((Self::by_position(table, before), 0));
        }
        let looked_at = match dialect.header {
            Header::Present | Header::Absent => &rows[..rows.len().min(1)],
            _ => rows,
        };
        let counts = looked_at.iter().map(|row| count_names(table, dialect, row));
        let counts: Vec<_> = counts.collect();
        let most = counts.iter().copied().max().unwrap_or_default();
        let Some(at) = counts.iter().position(|count| *count == most && most > 0) else {
            let names = rows.first().map(texts).unwrap_or_default();
            let names: Vec<_> = names.iter().map(|it| &**it).filter(|it| !it.is_empty()).collect();
            return Err(csv::unknown_header(table, dialect, &names));
        };
        let is_other = |above: usize| counts[above] > 1 && texts(&rows[above]) != texts(&rows[at]);
        if let Some(other) = (0..at).find(|above| is_other(*above)) {
            return Err(two_headers(rows[other].number, rows[at].number));
        }
        Ok((Self::by_header(table, dialect, &rows[at])?, at + 1))
    }

    fn by_position(table: &Table, header_row: u64) -> Self {
        let targets = (0..table.columns.len()).map(CellTarget::Column).collect();
        let names = table.columns.iter().map(|column| column.name.to_string()).collect();
        Self { targets, names, has_header: false, header_row }
    }

    fn by_header(table: &Table, dialect: &Dialect, row: &WorkbookRow) -> Result<Self, RowError> {
        let names = texts(row);
        if names.starts_with(&MARKS_WITH_FORMULAS.map(String::from)) {
            return Err(marked_formulas());
        }
        let mut targets = Vec::new();
        for name in &names {
            let target = match name.is_empty() {
                true => CellTarget::Nameless,
                false => csv::target(table, dialect, name).unwrap_or(CellTarget::Nameless),
            };
            if matches!(target, CellTarget::Column(_)) && targets.contains(&target) {
                return Err(RowError::given_column(name, RowErrorKind::DuplicateColumn));
            }
            targets.push(target);
        }
        Ok(Self { targets, names, has_header: true, header_row: row.number })
    }

    /// The columns that the sheet has.
    pub(super) fn columns(&self, table: &Table) -> Vec<&'static str> {
        let column = |target: &CellTarget| match target {
            CellTarget::Column(column) => Some(table.columns[*column].name),
            _ => None,
        };
        self.targets.iter().filter_map(column).collect()
    }

    /// The columns that the sheet has, each with its letters.
    pub(super) fn sheet_columns(&self, table: &Table) -> Vec<(&'static str, String)> {
        let column = |(at, target): (usize, &CellTarget)| match target {
            CellTarget::Column(column) => Some((table.columns[*column].name, letters(at))),
            _ => None,
        };
        self.targets.iter().enumerate().filter_map(column).collect()
    }

    /// Whether its header begins with the marks of a reject file.
    pub(super) fn has_marks(&self) -> bool {
        self.has_header && begins_with_marks(&self.names)
    }

    /// The cells that an error names: by a column of the table, the columns of a key, or the header's text.
    #[cfg(feature = "xlsx-write")]
    pub(super) fn cells_of(&self, table: &Table, named: &str) -> Vec<usize> {
        let is_named = |name: &str| name == named || named.split(',').any(|part| part == name);
        let cells = self.targets.iter().zip(&self.names).enumerate();
        let cells = cells.filter(|(_, (target, name))| match target {
            CellTarget::Column(column) => is_named(table.columns[*column].name),
            _ => *name == named,
        });
        cells.map(|(at, _)| at).collect()
    }

    /// Whether values of a column are stored.
    pub(super) fn is_column(&self, at: usize) -> bool {
        matches!(self.targets.get(at), Some(CellTarget::Column(_)))
    }

    /// Whether a row says the header once more.
    pub(super) fn is_repeated(&self, row: &WorkbookRow) -> bool {
        self.has_header && texts(row) == self.names
    }

    /// Whether a row is a header of other columns: what is below it is another table.
    pub(super) fn is_changed(&self, table: &Table, dialect: &Dialect, row: &WorkbookRow) -> bool {
        self.has_header && count_names(table, dialect, row) > 1
    }

    /// The fields of a row in the table's order, and what is wrong with its other cells.
    pub(super) fn fields(
        &self,
        table: &Table,
        row: &WorkbookRow,
    ) -> (Vec<Option<SheetField>>, Vec<RowError>) {
        let mut fields: Vec<Option<SheetField>> = table.columns.iter().map(|_| None).collect();
        let mut errors = Vec::new();
        for (at, target) in self.targets.iter().enumerate() {
            let value = row.cells.get(at).cloned().unwrap_or_default();
            match target {
                CellTarget::Column(column) => {
                    fields[*column] = Some(SheetField::of(value, &table.columns[*column]));
                }
                CellTarget::Nameless if !value.is_empty() => errors.push(unnamed(at)),
                CellTarget::Nameless | CellTarget::Ignored => {}
            }
        }
        let behind = row.cells.iter().enumerate().skip(self.targets.len());
        errors.extend(
            behind.filter(|(_, value)| !value.is_empty()).take(1).map(|(at, _)| unnamed(at)),
        );
        (fields, errors)
    }
}

/// A column as Excel names it.
pub(super) fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

fn unnamed(at: usize) -> RowError {
    RowError::row(RowErrorKind::UnnamedColumn { cell: at + 1 })
}

/// How many columns a row names; 0 if a cell of it is no name.
fn count_names(table: &Table, dialect: &Dialect, row: &WorkbookRow) -> usize {
    let mut count = 0;
    for value in row.cells.iter().filter(|value| !value.is_empty()) {
        let SheetValue::Text(text) = value else { return 0 };
        match csv::target(table, dialect, text.trim()) {
            Some(CellTarget::Column(_)) => count += 1,
            Some(_) => {}
            None => return 0,
        }
    }
    count
}

/// Whether a row is the header of a reject file.
fn is_marked(row: &WorkbookRow) -> bool {
    begins_with_marks(&texts(row))
}

fn begins_with_marks(names: &[String]) -> bool {
    let marks = names.get(..MARKS.len());
    marks.is_some_and(|marks| marks == MARKS || marks == MARKS_WITH_FORMULAS)
}

/// The texts of a row's cells.
fn texts(row: &WorkbookRow) -> Vec<String> {
    row.cells.iter().map(|value| value.to_text().trim().into()).collect()
}

/// What a field is, or that the row does not carry its column.
pub(super) fn raw_fields<'r>(
    table: &Table,
    dialect: &Dialect,
    fields: &'r [Option<SheetField>],
) -> Vec<RawField<'r>> {
    let raw = |(column, field): (_, &'r Option<SheetField>)| match field {
        Some(field) => field.raw(column, dialect),
        None => RawField::Absent,
    };
    table.columns.iter().zip(fields).map(raw).collect()
}
