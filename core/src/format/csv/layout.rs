//! What the cells of a file's lines are for: by its header, or by their position.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::dialect::{Dialect, EmptyCell, Syntax};
use super::header::Header;
use super::marks::{MARKS, Marks, end_of_marks};
use super::names;
use super::record_buffer::{CellText, RecordBuffer};
use super::target::{CellTarget, target};
use super::written_values::contradicts;
use crate::table::cell_forms::{CellForms, Notation};
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{Place, RawField, RawRow};
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;
use crate::table::unknown_names::UnknownNames;

/// The most unknown names that an error lists.
const LISTED_NAMES: usize = 5;

/// What the cells of a file's lines are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    targets: Vec<CellTarget>,
    /// Whether a line has one cell a column, in the table's order.
    is_by_position: bool,
    /// The header as it is in the file.
    pub(super) header: Option<Vec<u8>>,
    /// Where the header's cells begin that are not [`MARKS`]; 0 if it does not begin with them.
    pub(super) own_start: usize,
    /// What the header says of lines that were given back, if the file is one of those.
    pub(super) marks: Option<Marks>,
    /// The first bytes that a column's name can have.
    name_starts: NameStarts,
}

/// What a file's first record is.
#[derive(Debug)]
pub(super) enum First {
    /// Its header.
    Header(Layout),
    /// A row, good or bad: the lines are read by position.
    Row,
    /// A header that is wrong in itself, or no text: the file is refused.
    Refused(RowError),
    /// Neither a header nor a row.
    Neither,
}

/// What a later record is, if it looks like a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Repeated {
    /// The file's own once more.
    Same,
    /// One of other columns.
    Changed,
}

impl Layout {
    /// Lines with one cell a column, in the table's order.
    pub(super) fn by_position(table: &Table) -> Self {
        Self {
            targets: by_position(table).collect(),
            is_by_position: true,
            header: None,
            own_start: 0,
            marks: None,
            name_starts: NameStarts::of(table),
        }
    }

    /// Whether the file is one of rejected lines: its header begins with [`MARKS`].
    pub(super) fn has_marks(&self) -> bool {
        self.marks.is_some()
    }

    /// Where a rejected line's own text begins, behind what [`MARKS`] say; `is_whole` of a record that is no
    /// single line of one.
    pub(super) fn start_behind_marks(
        &self,
        text: &[u8],
        record: &RecordBuffer,
        is_whole: bool,
    ) -> usize {
        match end_of_marks(text, record.syntax()) {
            Some(end) => end,
            None if is_whole && record.cells().len() == self.width() => {
                record.cells()[MARKS.len()].start
            }
            None => 0,
        }
    }

    /// Whether formulas in its lines are marked.
    pub(super) fn has_marked_formulas(&self) -> bool {
        self.marks == Some(Marks::Formulas)
    }

    /// How many cells a line has.
    pub(super) fn width(&self) -> usize {
        self.targets.len()
    }

    /// The names of the columns that the cells are for.
    pub(super) fn columns(&self, table: &Table) -> Vec<&'static str> {
        let column = |target: &CellTarget| match target {
            CellTarget::Column(column) => Some(table.columns[*column].name),
            CellTarget::Ignored | CellTarget::Nameless => None,
        };
        self.targets.iter().filter_map(column).collect()
    }

    /// Whether the first cell of each line is a column's.
    pub(super) fn begins_with_column(&self) -> bool {
        matches!(self.targets.first(), Some(CellTarget::Column(_)))
    }

    /// The fields of a record with as many cells as the layout has.
    pub(super) fn row<'r>(
        &self,
        table: &Table,
        dialect: &Dialect,
        place: Place,
        record: &'r RecordBuffer,
    ) -> RawRow<'r> {
        let refused = |kind| RawRow::refused(place, RowError::row(kind));
        let Some(cells) = record.texts() else { return refused(RowErrorKind::InvalidUtf8) };
        if record.cells().len() != self.width() {
            return refused(self.wrong_count(cells));
        }
        if self.is_by_position {
            let fields = table.columns.iter().zip(cells);
            let fields = fields.map(|(column, cell)| field(dialect, column, cell)).collect();
            return RawRow { place, fields, errors: Vec::new() };
        }
        let mut fields: Vec<_> = table.columns.iter().map(|_| RawField::Absent).collect();
        for (at, (target, cell)) in self.targets.iter().zip(cells).enumerate() {
            match target {
                CellTarget::Column(column) => {
                    fields[*column] = field(dialect, &table.columns[*column], cell);
                }
                CellTarget::Nameless if !cell.text.is_empty() => {
                    return refused(RowErrorKind::UnnamedColumn { cell: at + 1 });
                }
                CellTarget::Ignored | CellTarget::Nameless => {}
            }
        }
        RawRow { place, fields, errors: Vec::new() }
    }

    /// The column of a cell that is no value of it and would be one if the file were written otherwise; only
    /// columns of the notations that `is_held` names are looked at.
    pub(super) fn contradicts<'r>(
        &self,
        table: &Table,
        forms: CellForms,
        is_held: impl Fn(Notation) -> bool,
        cells: impl Iterator<Item = CellText<'r>>,
    ) -> Option<&'static str> {
        self.targets.iter().zip(cells).find_map(|(target, cell)| match target {
            CellTarget::Column(column) => {
                let column = &table.columns[*column];
                let notation = column.column_type.notation();
                let is_other = is_held(notation) && contradicts(notation, forms, cell.text);
                is_other.then_some(column.name)
            }
            CellTarget::Ignored | CellTarget::Nameless => None,
        })
    }

    fn wrong_count<'r>(&self, cells: impl Iterator<Item = CellText<'r>>) -> RowErrorKind {
        let (mut got, mut last_value) = (0, 0);
        for cell in cells {
            got += 1;
            last_value = if cell.text.is_empty() { last_value } else { got };
        }
        let expected = self.width();
        RowErrorKind::WrongFieldCount {
            expected,
            got,
            empty_end: last_value <= expected && got > expected,
        }
    }

    /// Whether a record below the first is a header, which no row can be taken for: none of its
    /// cells for integers and date-times is one, and its names are at least half of its cells.
    pub(super) fn repeated(
        &self,
        table: &Table,
        dialect: &Dialect,
        record: &RecordBuffer,
    ) -> Option<Repeated> {
        if !self.may_be_header(record) {
            return None;
        }
        // In front of a line that was given back are its marks, which are no names.
        let marks = if self.has_marks() { MARKS.len() } else { 0 };
        let targets = &self.targets[marks..];
        let cells: Vec<_> = record.texts()?.map(|cell| cell.text).collect();
        let of_same_kind = Marks::of_names(&cells).is_none_or(|found| Some(found) == self.marks);
        let cells = cells.get(marks..)?;
        let found: Vec<_> = cells.iter().map(|name| target(table, dialect, name)).collect();
        let is_name = |target: &&Option<CellTarget>| matches!(target, Some(CellTarget::Column(_)));
        let names = found.iter().filter(is_name).count();
        let values = cells.iter().filter(|cell| !cell.is_empty()).count();
        let first = found.iter().find(|target| **target != Some(CellTarget::Nameless))?;
        let typed = targets.iter().zip(cells).filter_map(|(target, cell)| match target {
            CellTarget::Column(column) => reads_as(&table.columns[*column], cell),
            _ => None,
        });
        let typed: Vec<bool> = typed.collect();
        let is_row = typed.is_empty() || typed.contains(&true);
        if is_row
            || names * 2 < values
            || !matches!(first, Some(CellTarget::Column(_) | CellTarget::Ignored))
        {
            return None;
        }
        let same = found.iter().copied().collect::<Option<Vec<_>>>();
        let is_same = of_same_kind && same.as_deref() == Some(targets);
        Some(if is_same { Repeated::Same } else { Repeated::Changed })
    }

    /// Whether a record can be a header at all, by the first byte of its first column's cell.
    fn may_be_header(&self, record: &RecordBuffer) -> bool {
        let is_column = |target: &CellTarget| matches!(target, CellTarget::Column(_));
        let first = self.targets.iter().position(is_column).unwrap_or_default();
        let cells = record.cells().iter().skip(first);
        let mut starts =
            cells.filter_map(|cell| name_start(&record.text[cell.start..], record.syntax()));
        starts.next().is_some_and(|start| self.name_starts.has(start))
    }
}

/// Says what a file's first record is.
pub(super) fn first(table: &Table, dialect: &Dialect, record: &RecordBuffer, line: &[u8]) -> First {
    let option = dialect.header;
    if option == Header::Absent {
        return First::Row;
    }
    let Some(cells) = record.texts() else {
        let reads_as_row = option == Header::Detect && has_typed_value(table, record);
        let refused = RowError::row(RowErrorKind::InvalidUtf8);
        return if reads_as_row { First::Row } else { First::Refused(refused) };
    };
    let cells: Vec<_> = cells.map(|cell| cell.text).collect();
    let targets: Option<Vec<_>> = cells.iter().map(|name| target(table, dialect, name)).collect();
    if let Some(targets) =
        targets.filter(|targets| targets.iter().any(|it| matches!(it, CellTarget::Column(_))))
    {
        return header(table, dialect, targets, record, line);
    }
    let is_row = cells.len() == table.columns.len() && has_typed_value(table, record);
    match option {
        Header::Detect if is_row => First::Row,
        _ => First::Neither,
    }
}

/// Whether some cell, by position, is an integer or a date-time of its column.
pub(super) fn has_typed_value(table: &Table, record: &RecordBuffer) -> bool {
    let cells = record.cells().iter().map(|cell| record.value(*cell));
    table
        .columns
        .iter()
        .zip(cells)
        .any(|(column, cell)| cell.is_some_and(|cell| reads_as(column, cell) == Some(true)))
}

fn header(
    table: &Table,
    dialect: &Dialect,
    targets: Vec<CellTarget>,
    record: &RecordBuffer,
    line: &[u8],
) -> First {
    let repeated = targets.iter().enumerate().find_map(|(at, target)| match target {
        CellTarget::Column(column) if targets[..at].contains(target) => Some(*column),
        _ => None,
    });
    if let Some(column) = repeated {
        let name = table.columns[column].name;
        return First::Refused(RowError::column(name, RowErrorKind::DuplicateColumn));
    }
    let cells: Vec<_> = record.texts().into_iter().flatten().map(|cell| cell.text).collect();
    let marks = Marks::of_names(&cells).filter(|_| cells.len() > MARKS.len());
    let own_start = marks.map_or(0, |_| record.cells()[MARKS.len()].start);
    let header = Some(line.to_vec());
    let meant = dialect.names.keys().map(String::as_str);
    let name_starts = NameStarts::of(table).with(meant);
    let is_by_position = targets.iter().copied().eq(by_position(table));
    First::Header(Layout { targets, is_by_position, header, own_start, marks, name_starts })
}

fn by_position(table: &Table) -> impl Iterator<Item = CellTarget> {
    (0..table.columns.len()).map(CellTarget::Column)
}

/// Whether a cell is a value of a column whose values cannot be taken for names; `None` for an
/// empty cell and for a column of texts.
fn reads_as(column: &Column, cell: &str) -> Option<bool> {
    if cell.is_empty() { None } else { column.column_type.reads_as_value(cell) }
}

/// A text of a sheet as a field of a column.
#[cfg(feature = "xlsx")]
pub(crate) fn field_of_text<'r>(dialect: &Dialect, column: &Column, text: &'r str) -> RawField<'r> {
    field(dialect, column, CellText { text, quoted: false })
}

/// An unquoted `\N` is NULL, as databases write it; no other text is.
fn field<'r>(dialect: &Dialect, column: &Column, cell: CellText<'r>) -> RawField<'r> {
    match cell {
        CellText { text: "\\N", quoted: false } => RawField::Null,
        CellText { text: "", .. } if dialect.empty != EmptyCell::Null => {
            let is_text = column.column_type.notation() == Notation::Text;
            match dialect.empty {
                EmptyCell::Absent => RawField::Absent,
                EmptyCell::Text if is_text => RawField::Text("".into()),
                EmptyCell::Text | EmptyCell::Null => RawField::Null,
            }
        }
        CellText { text, quoted: false } if dialect.null_values.iter().any(|it| it == text) => {
            RawField::Null
        }
        CellText { text, .. } => RawField::Cell(text),
    }
}

/// The column that a name of a file is for.
#[cfg(feature = "avro")]
pub(crate) fn column_of(table: &Table, dialect: &Dialect, name: &str) -> Option<usize> {
    names::column(table, names::meant(&dialect.names, name).unwrap_or(name))
}

/// What an unknown header is told: its unknown names, and the columns nearest to them.
pub(crate) fn unknown_header(table: &Table, dialect: &Dialect, cells: &[&str]) -> RowError {
    let unknown = cells.iter().filter(|name| target(table, dialect, name).is_none());
    let unknown: Vec<_> = unknown.copied().take(LISTED_NAMES).collect();
    let cut = |name: &str| name.chars().take(64).collect::<String>();
    let meant = |name: &str| names::meant(&dialect.names, name);
    let named = |name: &&str| match meant(name) {
        Some(ours) => format!("{}, which header gives for {}", cut(ours), cut(name)),
        None => cut(name),
    };
    let names = unknown.iter().map(named).collect();
    let near = |name: &&str| names::nearest(table, meant(name).unwrap_or(name));
    let near = unknown.iter().map(near).collect();
    let columns = table.columns.iter().map(|column| column.name).collect();
    let column = unknown.first().copied().unwrap_or_default();
    let unknown = Box::new(UnknownNames { names, near, columns });
    RowError::given_column(column, RowErrorKind::UnknownHeader(unknown))
}

/// How many cells are columns' names.
pub(super) fn count_names(table: &Table, dialect: &Dialect, cells: &[&str]) -> usize {
    cells
        .iter()
        .filter(|name| matches!(target(table, dialect, name), Some(CellTarget::Column(_))))
        .count()
}

/// The first byte of a cell's value: the first behind blanks, quotes and byte order marks.
pub(crate) fn name_start(cell: &[u8], syntax: Syntax) -> Option<u8> {
    let Syntax { delimiter, quote, .. } = syntax;
    let skipped = |byte: u8| {
        matches!(byte, b' ' | b'\t' | b'\r' | b'_' | b'-' | 0xEF | 0xBB | 0xBF | 0xC2 | 0xA0)
            || (byte == quote && byte != b'\n')
    };
    let start = cell.iter().find(|byte| **byte == delimiter || !skipped(**byte))?;
    (*start != delimiter && *start != b'\n').then_some(*start)
}

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NameStarts([u64; 4]);

impl NameStarts {
    /// The bytes with which the names of a table's columns begin, in any case.
    pub(crate) fn of(table: &Table) -> Self {
        Self([0; 4]).with((0..table.columns.len()).flat_map(|column| names::names(table, column)))
    }

    /// The same with other names.
    fn with<'n>(self, names: impl Iterator<Item = &'n str>) -> Self {
        let mut starts = self;
        let forms = names.flat_map(|name| [name.into(), names::fold(name)]);
        for byte in forms.filter_map(|name: String| name_start(name.as_bytes(), Syntax::default()))
        {
            starts.add(byte);
        }
        starts
    }

    /// Adds a byte in both cases. A letter beyond ASCII has other bytes in its other case: it stands for all of those.
    fn add(&mut self, byte: u8) {
        if !byte.is_ascii() {
            self.0[2..].fill(u64::MAX);
        }
        for byte in [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] {
            self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
    }

    /// Whether a byte is one of them.
    pub(crate) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }
}
