//! Raw fields become a checked [`Record`], or every error of that row at once.
//!
//! A `Record` cannot exist unchecked: what takes one needs no checks of its own.

use alloc::vec::Vec;

use crate::table::cell_forms::CellForms;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::schema::{Column, Table};
use crate::table::time_zone::TimeZone;
use crate::table::types::{Definition, Rules};
pub use crate::table::value::{Cell, RawField};

/// The place of a row in its request or file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Counted from 0, without a CSV header; `None` where the whole body is meant.
    pub index: Option<u64>,
    /// The line on which the row begins, counted from 1; `None` where there are no lines.
    pub line: Option<u64>,
}

/// One row as a decoder found it.
#[derive(Debug)]
pub struct RawRow<'r> {
    /// Where it stands.
    pub place: Place,
    /// One field per column, in the table's order; empty if the row has no fields to check.
    pub fields: Vec<RawField<'r>>,
    /// What the decoder itself found wrong.
    pub errors: Vec<RowError>,
}

impl RawRow<'_> {
    /// A row that is wrong as a whole, so that there are no fields to check.
    pub(crate) fn refused(place: Place, error: RowError) -> Self {
        Self { place, fields: Vec::new(), errors: alloc::vec![error] }
    }
}

/// Which columns of its table a row carries.
#[derive(Debug, Clone, Default, Eq)]
pub struct ColumnSet {
    /// The positions of those that it lacks, in order; most rows lack none.
    absent: Vec<usize>,
}

impl PartialEq for ColumnSet {
    // Of two empty lists no byte is to be compared, and glibc's `memcmp` of none at an address that
    // is not mapped, as an empty list's is, takes hundreds of cycles.
    fn eq(&self, other: &Self) -> bool {
        self.absent.len() == other.absent.len()
            && (self.absent.is_empty() || self.absent == other.absent)
    }
}

impl ColumnSet {
    /// Every column.
    pub const ALL: Self = Self { absent: Vec::new() };

    /// Whether the column at this position is one of them.
    pub fn has(&self, column: usize) -> bool {
        self.absent.is_empty() || self.absent.binary_search(&column).is_err()
    }

    /// The columns, in the order of their table, which is the one that the set was made for.
    pub fn of<'t>(&self, table: &'t Table) -> impl Iterator<Item = &'t Column> {
        let columns = table.columns.iter().enumerate();
        columns.filter(|(position, _)| self.has(*position)).map(|(_, column)| column)
    }

    /// The position of a column among those of the set; `column` is its position in the table.
    pub fn position(&self, column: usize) -> usize {
        column - self.absent.partition_point(|absent| *absent < column)
    }
}

/// A row whose every value fits its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record<'r> {
    cells: Vec<Cell<'r>>,
    columns: ColumnSet,
}

impl<'r> Record<'r> {
    /// Checks a row against its table.
    ///
    /// With `strict` every column is required and a JSON `""` counts as missing. On error all
    /// errors of the row come back, in the order of the columns; the list is never empty.
    pub fn parse(table: &Table, row: RawRow<'r>, strict: bool) -> Result<Self, Vec<RowError>> {
        Self::parse_in(table, row, strict, None, CellForms::default())
    }

    /// The same with the zone of date-times that a column keeps without one, and the forms of cells.
    pub(crate) fn parse_in(
        table: &Table,
        row: RawRow<'r>,
        strict: bool,
        time_zone: Option<TimeZone>,
        forms: CellForms,
    ) -> Result<Self, Vec<RowError>> {
        Self::parse_by(table, row, EntryRules { strict, time_zone, forms, ..EntryRules::default() })
    }

    /// Checks a row that a table held before: 0 is a value like any other, and a date-time stays
    /// as it was stored, so that a table comes back byte for byte.
    ///
    /// The writer must keep the database from assigning a number in place of that 0.
    #[cfg(feature = "avro")]
    pub(crate) fn parse_stored(table: &Table, row: RawRow<'r>) -> Result<Self, Vec<RowError>> {
        Self::parse_by(table, row, EntryRules { stored: true, ..EntryRules::default() })
    }

    /// The same by rules that entry points differ in.
    pub(crate) fn parse_by(
        table: &Table,
        row: RawRow<'r>,
        entry: EntryRules,
    ) -> Result<Self, Vec<RowError>> {
        let mut errors = row.errors;
        let mut cells = Vec::with_capacity(row.fields.len());
        let mut columns = ColumnSet::ALL;
        let EntryRules { stored, time_zone, forms, .. } = entry;
        let mut rules = Rules { stored, time_zone, forms, not_zero: false };
        for (position, (column, field)) in table.columns.iter().zip(row.fields).enumerate() {
            let checked = if is_lacking(&field, entry.strict) {
                entry.without(table, position, &field, &mut columns)
            } else {
                rules.not_zero = column.auto_increment && !entry.stored;
                column.column_type.parse(field, &rules)
            };
            match checked {
                Ok(cell) => cells.push(cell),
                Err(kind) => errors.push(RowError::column(column.name, kind)),
            }
        }
        if columns.absent.len() == table.columns.len() && errors.is_empty() {
            let key = table.key_column().name;
            errors.push(RowError::column(key, RowErrorKind::Missing));
        }
        if errors.is_empty() { Ok(Self { cells, columns }) } else { Err(errors) }
    }

    /// The values, one per column in the table's order; NULL where the row does not carry it.
    pub fn cells(&self) -> &[Cell<'r>] {
        &self.cells
    }

    /// The columns that the row carries; the others are not written.
    pub fn columns(&self) -> &ColumnSet {
        &self.columns
    }

    /// The values of the columns that the row carries, in the table's order.
    pub fn carried(&self) -> impl Iterator<Item = &Cell<'r>> {
        let cells = self.cells.iter().enumerate();
        cells.filter(|(position, _)| self.columns.has(*position)).map(|(_, cell)| cell)
    }
}

/// What differs from entry point to entry point.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EntryRules {
    /// Every column is required, and a JSON `""` counts as missing.
    pub(crate) strict: bool,
    /// A table held the row before: 0 is a value also where the database numbers by itself.
    pub(crate) stored: bool,
    /// The zone of date-times that a column keeps without one.
    pub(crate) time_zone: Option<TimeZone>,
    /// How the file writes its cells.
    pub(crate) forms: CellForms,
    /// The columns of the unique key that says which rows the table has, where that is not the primary one.
    pub(crate) key: Option<&'static [usize]>,
    /// Columns that only a new row needs may be absent.
    pub(crate) may_lack: bool,
}

/// What a column is to the keys of its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyPlace {
    /// It belongs to the key by which rows are known.
    Key,
    /// So it may, but the database numbers rows that come without.
    Numbered,
    /// None of that.
    Other,
}

impl EntryRules {
    /// What a field without a value comes to. Apart, so that the way of all other fields is short.
    #[inline(never)]
    fn without<'r>(
        &self,
        table: &Table,
        position: usize,
        field: &RawField<'_>,
        carried: &mut ColumnSet,
    ) -> Result<Cell<'r>, RowErrorKind> {
        let (column, place) = (&table.columns[position], self.place(table, position));
        let is_absent = matches!(field, RawField::Absent)
            || (place == KeyPlace::Numbered && is_null(field) && !self.stored);
        if is_absent {
            carried.absent.push(position);
            absent(column, place, self)
        } else {
            null(column, place, self.strict)
        }
    }

    fn place(&self, table: &Table, position: usize) -> KeyPlace {
        let is_key = self.key.unwrap_or(table.key).contains(&position);
        match table.columns[position].auto_increment {
            true if self.key.is_none() || !is_key => KeyPlace::Numbered,
            _ if is_key => KeyPlace::Key,
            _ => KeyPlace::Other,
        }
    }
}

/// Whether a row has no value in a field, so that what its column is decides.
fn is_lacking(field: &RawField<'_>, strict: bool) -> bool {
    match field {
        RawField::Absent | RawField::Null | RawField::Cell("") => true,
        RawField::Text(text) => strict && text.is_empty(),
        _ => false,
    }
}

fn is_null(field: &RawField<'_>) -> bool {
    matches!(field, RawField::Null | RawField::Cell(""))
}

/// It is not written, so that a new row gets the DEFAULT.
fn absent<'r>(
    column: &Column,
    place: KeyPlace,
    entry: &EntryRules,
) -> Result<Cell<'r>, RowErrorKind> {
    let may_be_absent = match place {
        KeyPlace::Key => false,
        KeyPlace::Numbered => !entry.stored,
        KeyPlace::Other => column.default.is_some() || entry.may_lack,
    };
    match may_be_absent && !entry.strict {
        true => Ok(Cell::Null),
        false => null(column, place, entry.strict),
    }
}

fn null<'r>(column: &Column, place: KeyPlace, strict: bool) -> Result<Cell<'r>, RowErrorKind> {
    let may_be_null = column.nullable && !strict && place != KeyPlace::Key;
    if may_be_null { Ok(Cell::Null) } else { Err(RowErrorKind::Missing) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{ColumnType, table};
    use alloc::borrow::Cow;
    use alloc::string::String;
    use alloc::vec;

    const PLACE: Place = Place { index: Some(0), line: None };

    fn employee<'r>(fields: [RawField<'r>; 5], strict: bool) -> Result<Record<'r>, Vec<RowError>> {
        let row = RawRow { place: PLACE, fields: fields.into(), errors: Vec::new() };
        Record::parse(table("employees").unwrap(), row, strict)
    }

    fn text(text: &str) -> RawField<'_> {
        RawField::Text(Cow::Borrowed(text))
    }

    #[test]
    fn a_column_with_a_default_may_be_absent_but_not_null() {
        static SHOP: Table = Table::new(
            "shops",
            &[
                Column::new("id", ColumnType::known("int", None, None)),
                Column {
                    nullable: false,
                    default: Some("DE"),
                    ..Column::new("country", ColumnType::known("varchar(2)", None, None))
                },
            ],
        );
        for (field, strict, expected) in [
            (RawField::Absent, false, Ok(false)),
            (RawField::Absent, true, Err("missing")),
            (RawField::Null, false, Err("missing")),
            (RawField::Cell(""), false, Err("missing")),
            (text("FR"), false, Ok(true)),
        ] {
            let fields = vec![RawField::Integer(1), field];
            let row = RawRow { place: PLACE, fields, errors: Vec::new() };
            let carried = Record::parse(&SHOP, row, strict).map(|record| record.columns().has(1));
            assert_eq!(carried.map_err(|errors| errors[0].kind.code()), expected);
        }
    }

    #[test]
    fn each_part_of_a_key_is_required() {
        const PART: Column =
            Column { default: Some("7"), ..Column::new("a", ColumnType::known("int", None, None)) };
        static PAIRS: Table = Table { key: &[0, 1], ..Table::new("pairs", &[PART, PART, PART]) };
        for (parts, errors) in [
            ([RawField::Integer(1), RawField::Integer(0)], 0),
            ([RawField::Absent, RawField::Integer(0)], 1),
            ([RawField::Null, RawField::Absent], 2),
            ([RawField::Cell("1"), RawField::Cell("")], 1),
        ] {
            let fields = parts.clone().into_iter().chain([RawField::Absent]).collect();
            let row = RawRow { place: PLACE, fields, errors: Vec::new() };
            let found = Record::parse(&PAIRS, row, false).err().unwrap_or_default();
            assert!(found.iter().all(|error| error.kind == RowErrorKind::Missing));
            assert_eq!(found.len(), errors, "{parts:?}");
        }
    }

    /// What a single value of the named column comes to.
    fn outcome(column: &str, field: RawField<'_>, strict: bool) -> Result<String, &'static str> {
        let mut fields = [
            RawField::Integer(1),
            text("Ann"),
            text("2021-07-27T16:02:08Z"),
            RawField::Integer(2),
            RawField::Integer(3),
        ];
        let index = table("employees").unwrap().column_index(column).unwrap();
        fields[index] = field;
        match employee(fields, strict) {
            Ok(record) => Ok(alloc::format!("{:?}", record.cells()[index])),
            Err(errors) => {
                assert_eq!(errors.len(), 1);
                assert_eq!(errors[0].column.as_deref(), Some(column));
                Err(errors[0].kind.code())
            }
        }
    }

    #[test]
    fn integers() {
        for (field, expected) in [
            (RawField::Integer(7), Ok("Int(7)")),
            (RawField::Integer(2_147_483_647), Ok("Int(2147483647)")),
            (RawField::Integer(-2_147_483_648), Ok("Int(-2147483648)")),
            (RawField::Integer(2_147_483_648), Err("out_of_range")),
            (RawField::Integer(-2_147_483_649), Err("out_of_range")),
            (RawField::Integer(0), Err("out_of_range")),
            (RawField::Cell("5.0"), Err("wrong_type")),
            (RawField::Cell("5\u{a0}000"), Err("wrong_type")),
            (RawField::Number("99999999999999999999"), Err("out_of_range")),
            (RawField::Number("5.0"), Err("wrong_type")),
            (RawField::Bool(true), Err("wrong_type")),
            (text("7"), Err("wrong_type")),
            (text(""), Err("wrong_type")),
            (RawField::Null, Ok("Null")),
            (RawField::Absent, Ok("Null")),
            (RawField::Cell("7"), Ok("Int(7)")),
            (RawField::Cell("-7"), Ok("Int(-7)")),
            (RawField::Cell("007"), Ok("Int(7)")),
            (RawField::Cell(""), Ok("Null")),
            (RawField::Cell("0"), Err("out_of_range")),
            (RawField::Cell("99999999999999999999"), Err("out_of_range")),
            (RawField::Cell("-"), Err("wrong_type")),
            (RawField::Cell("+7"), Err("wrong_type")),
            (RawField::Cell("1.0"), Err("wrong_type")),
            (RawField::Cell("1e3"), Err("wrong_type")),
            (RawField::Cell("７"), Err("wrong_type")),
        ] {
            assert_eq!(
                outcome("id", field.clone(), false).as_deref(),
                expected.as_deref(),
                "{field:?}"
            );
        }
    }

    /// What the columns that a row of three carries are, or what is wrong with it.
    fn carried(fields: [RawField<'_>; 3], entry: EntryRules) -> Result<Vec<usize>, Vec<String>> {
        static STAFF: Table = Table::new(
            "staff",
            &[
                Column {
                    nullable: false,
                    auto_increment: true,
                    ..Column::new("id", ColumnType::known("int", None, None))
                },
                Column::new("email", ColumnType::known("varchar(9)", None, None)),
                Column {
                    nullable: false,
                    ..Column::new("name", ColumnType::known("varchar(9)", None, None))
                },
            ],
        );
        let row = RawRow { place: PLACE, fields: fields.into(), errors: Vec::new() };
        let record = Record::parse_by(&STAFF, row, entry).map_err(|errors| {
            let text = |error: &RowError| {
                let column = error.column.as_deref().unwrap_or_default();
                alloc::format!("{column}: {}", error.kind.code())
            };
            errors.iter().map(text).collect::<Vec<_>>()
        })?;
        Ok((0..3).filter(|at| record.columns().has(*at)).collect())
    }

    #[test]
    fn a_row_may_come_without_the_id_that_the_database_gives() {
        let plain = EntryRules::default();
        for id in [RawField::Absent, RawField::Null, RawField::Cell("")] {
            let fields = || [id.clone(), RawField::Null, text("Ann")];
            assert_eq!(carried(fields(), plain), Ok(vec![1, 2]));
            for refused in
                [EntryRules { strict: true, ..plain }, EntryRules { stored: true, ..plain }]
            {
                let errors = carried(fields(), refused).unwrap_err();
                assert_eq!(errors[0], "id: missing", "{refused:?}");
            }
        }
        let nothing = [RawField::Absent, RawField::Absent, RawField::Absent];
        let all_absent = EntryRules { may_lack: true, ..plain };
        assert_eq!(carried(nothing, all_absent), Err(vec!["id: missing".into()]));
    }

    #[test]
    fn the_columns_of_the_key_that_decides_are_required() {
        let by_email = EntryRules { key: Some(&[1]), may_lack: true, ..EntryRules::default() };
        let row = |email| [RawField::Absent, email, RawField::Absent];
        assert_eq!(carried(row(text("a@b.c")), by_email), Ok(vec![1]));
        for email in [RawField::Absent, RawField::Null, RawField::Cell("")] {
            let errors = carried(row(email), by_email);
            assert!(errors.unwrap_err().contains(&"email: missing".into()));
        }
        let whole = EntryRules { may_lack: false, ..by_email };
        assert_eq!(carried(row(text("a@b.c")), whole), Err(vec!["name: missing".into()]));
    }

    #[test]
    fn zero_is_a_value_where_nothing_would_renumber_it() {
        assert_eq!(outcome("job_id", RawField::Integer(0), false).as_deref(), Ok("Int(0)"));
    }

    #[test]
    fn texts_are_measured_in_characters() {
        let fits = "é".repeat(255);
        let long = "x".repeat(256);
        assert!(outcome("name", text(&fits), false).is_ok());
        assert_eq!(outcome("name", text(&long), false), Err("too_long"));
        assert_eq!(outcome("name", RawField::Cell(&long), false), Err("too_long"));
        assert_eq!(outcome("name", RawField::Integer(5), false), Err("wrong_type"));
        assert_eq!(outcome("name", RawField::Bool(true), false), Err("wrong_type"));
    }

    #[test]
    fn the_blank_rule_follows_the_door_and_strict() {
        assert_eq!(outcome("name", text(""), false).as_deref(), Ok("Text(\"\")"));
        assert_eq!(outcome("name", text(""), true), Err("missing"));
        assert_eq!(outcome("name", RawField::Cell(""), false), Err("missing"));
        assert_eq!(outcome("job_id", RawField::Cell(""), false).as_deref(), Ok("Null"));
        assert_eq!(outcome("job_id", RawField::Null, false).as_deref(), Ok("Null"));
        assert_eq!(outcome("job_id", RawField::Null, true), Err("missing"));
        assert_eq!(outcome("datetime", text(""), false), Err("invalid_date_time"));
    }

    #[test]
    fn date_times_are_stored_in_one_form() {
        let stored = outcome("datetime", text("2021-07-27T16:02:08.25+02:00"), false);
        assert_eq!(stored.as_deref(), Ok("Text(\"2021-07-27T14:02:08Z\")"));
        assert_eq!(
            outcome("datetime", RawField::Cell("yesterday"), false),
            Err("invalid_date_time")
        );
        assert_eq!(outcome("datetime", RawField::Integer(5), false), Err("wrong_type"));
    }

    #[test]
    fn all_errors_of_a_row_come_back_at_once() {
        let fields = [
            RawField::Number("5.0"),
            RawField::Other("an array"),
            text("no"),
            text("x"),
            RawField::Integer(1 << 40),
        ];
        let row = RawRow {
            place: PLACE,
            fields: fields.into(),
            errors: vec![RowError::given_column("salary", RowErrorKind::UnknownColumn)],
        };
        let errors = Record::parse(table("employees").unwrap(), row, false).unwrap_err();
        let found: Vec<_> = errors.iter().map(|e| (e.column.as_deref(), e.kind.code())).collect();
        assert_eq!(
            found,
            [
                (Some("salary"), "unknown_column"),
                (Some("id"), "wrong_type"),
                (Some("name"), "wrong_type"),
                (Some("datetime"), "invalid_date_time"),
                (Some("department_id"), "wrong_type"),
                (Some("job_id"), "out_of_range"),
            ]
        );
    }
}
