//! Whether the date-times of a file or body say their offset from UTC.

use alloc::vec::Vec;

use crate::table::cell_forms::DateOrder;
use crate::table::date_time::Written;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::{RawField, RawRow};
use crate::table::schema::Table;
use crate::table::types::Definition;
use crate::table::written_date;

/// What the first date-time has been; those behind it have to be the same.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Offsets {
    first: Option<bool>,
}

impl Offsets {
    /// Looks at a row's values in these columns, and adds an error for each that is of the other kind.
    ///
    /// What is no date-time is left to the column's type.
    pub(crate) fn check(
        &mut self,
        table: &'static Table,
        columns: &[usize],
        order: DateOrder,
        row: &mut RawRow<'_>,
    ) {
        for column in columns {
            let field = row.fields.get(*column);
            let Some(has_offset) = field.and_then(|field| has_offset(field, order)) else {
                continue;
            };
            if *self.first.get_or_insert(has_offset) != has_offset {
                let kind = RowErrorKind::MixedOffsets { has_offset };
                row.errors.push(RowError::column(table.columns[*column].name, kind));
            }
        }
    }
}

/// The columns of a table whose values may come with an offset or without.
pub(crate) fn columns(table: &Table) -> Vec<usize> {
    let columns = table.columns.iter().enumerate();
    let with_offset = columns.filter(|(_, column)| column.column_type.takes_offset());
    with_offset.map(|(position, _)| position).collect()
}

fn has_offset(field: &RawField<'_>, order: DateOrder) -> Option<bool> {
    let read = |text: &str| Written::read(text).map(Written::has_offset);
    match field {
        RawField::Text(text) => read(text),
        RawField::Cell(cell) => {
            read(cell).or_else(|| written_date::date_time(cell, order).and_then(|text| read(&text)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{Checker, IngestOptions, OnError};
    use crate::table::record::Place;
    use crate::table::schema::{Column, ColumnType};
    use crate::table::time_zone::TimeZone;
    use alloc::vec;

    static COLUMNS: [Column; 3] = [
        Column::new("id", ColumnType::known("int", None, None)),
        Column::new("begun", ColumnType::known("datetime", None, None)),
        Column::new("ended", ColumnType::known("datetime(3)", None, None)),
    ];
    static TABLES: [Table; 2] = [Table::new("visits", &COLUMNS), Table::new("calls", &COLUMNS)];

    /// The codes that rows of both tables are refused with, by turns.
    fn codes(time_zone: Option<TimeZone>, rows: &[[&'static str; 2]]) -> Vec<Vec<&'static str>> {
        let options =
            IngestOptions { on_error: OnError::Skip, time_zone, ..IngestOptions::default() };
        let mut checker = Checker::new(options);
        let mut codes = Vec::new();
        for (number, [begun, ended]) in rows.iter().enumerate() {
            let place = Place { index: Some(number as u64), line: None };
            let id = RawField::Integer(number as i64 + 1);
            let fields = vec![id, RawField::Cell(begun), RawField::Text((*ended).into())];
            let row = RawRow { place, fields, errors: vec![] };
            let errors = checker.row(&TABLES[number % 2], row).err().unwrap_or_default();
            codes.push(errors.iter().map(|error| error.kind.code()).collect());
        }
        codes
    }

    const UTC: &str = "2021-07-27T16:02:08Z";
    const LOCAL: &str = "2021-07-27 16:02:08";

    #[test]
    fn the_first_date_time_decides_for_all_columns_and_tables() {
        let mixed = vec!["mixed_offsets"];
        let none: Vec<&str> = vec![];
        assert_eq!(codes(None, &[[UTC, UTC], [UTC, LOCAL]]), [none.clone(), mixed.clone()]);
        assert_eq!(codes(None, &[[LOCAL, UTC], [UTC, UTC]]), [mixed.clone(), mixed.repeat(2)]);
        assert_eq!(codes(None, &[["", LOCAL], [LOCAL, LOCAL]]), [none.clone(), none]);
    }

    #[test]
    fn what_is_no_date_time_decides_nothing() {
        let found = codes(None, &[["yesterday", UTC], [UTC, UTC]]);
        assert_eq!(found, [vec!["invalid_date_time"], vec![]]);
    }

    #[test]
    fn with_a_time_zone_both_kinds_may_come() {
        let found = codes(TimeZone::of("+02:00"), &[[UTC, LOCAL], [LOCAL, UTC]]);
        assert_eq!(found, [vec![], Vec::<&str>::new()]);
    }
}
