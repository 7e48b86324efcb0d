//! What the values of the columns say together.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::super::dialect::Dialect;
use super::super::written_values::{DecimalMarks, decimal_marks, is_readable, is_undecided};
use super::sample::{RowsStart, Sample, SampleCell, SampleRecord};
use super::words::is_marker;
use crate::base::lower::lowered;
use crate::table::cell_forms::{DateOrder, DecimalMark, Notation};
use crate::table::date_time::Written;
use crate::table::issue::RowErrorKind;
use crate::table::layout_question::LayoutQuestion;
use crate::table::schema::{Column, Table};
use crate::table::types::Definition;
use crate::table::written_date::{begins_with_year, date_time, orders};

/// The cells of one column that have a value.
struct ColumnCells<'s> {
    column: &'static Column,
    notation: Notation,
    cells: Vec<&'s SampleCell>,
}

/// Finds out how numbers and dates are written, and asks about what is not certain. The error is of a column
/// of which no value has a form that is read.
pub(super) fn find(
    table: &'static Table,
    dialect: &mut Dialect,
    sample: &Sample,
    start: &RowsStart,
    questions: &mut Vec<LayoutQuestion>,
) -> Result<(), RowErrorKind> {
    let columns = cells_of(table, dialect, sample, start);
    questions.extend(null_words(dialect, &columns));
    for column in columns.iter().filter(|_| !start.is_reject_file) {
        unreadable(column).map_or(Ok(()), Err)?;
    }
    if !dialect.is_given("date_order") {
        match date_order(&columns)? {
            DatePartOrder::Is(order) => dialect.forms.date_order = order,
            DatePartOrder::Ask(column) => questions.push(LayoutQuestion {
                kind: "date_order",
                seen: format!("the dates of {column} may have the day or the month first"),
                options: vec!["date_order=dmy".into(), "date_order=mdy".into()],
            }),
        }
    }
    if !dialect.is_given("decimal") {
        let is_plain = dialect.is_plain();
        match decimal_mark(&columns, is_plain)? {
            Some(mark) => dialect.forms.decimal = mark,
            None => questions.push(LayoutQuestion {
                kind: "decimal",
                seen: "a mark in numbers may be the decimal mark or one of thousands".into(),
                options: vec!["decimal=.".into(), "decimal=,".into()],
            }),
        }
    }
    Ok(())
}

const OTHER_ZONE: &str = if cfg!(feature = "zones") {
    "another zone such as time_zone=Europe/Berlin or time_zone=+02:00"
} else {
    "another offset such as time_zone=+02:00"
};

/// Asks for the zone of times that do not say it, where the column needs one.
pub(super) fn time_zone(
    table: &'static Table,
    dialect: &Dialect,
    sample: &Sample,
    start: &RowsStart,
) -> Option<LayoutQuestion> {
    let columns = cells_of(table, dialect, sample, start);
    let column = columns.iter().find(|it| it.notation == Notation::Moment && has_no_offset(it))?;
    Some(LayoutQuestion {
        kind: "time_zone",
        seen: format!("the times of {} do not say their offset from UTC", column.column.name),
        options: vec!["time_zone=UTC".into(), OTHER_ZONE.into()],
    })
}

fn has_no_offset(column: &ColumnCells<'_>) -> bool {
    let read = |cell: &&&SampleCell| {
        [DateOrder::Dmy, DateOrder::Mdy].into_iter().find_map(|order| date_time(&cell.text, order))
    };
    let mut times = column.cells.iter().filter_map(|cell| read(&cell)).peekable();
    let has_none = |text: String| Written::read(&text).is_none_or(|written| !written.has_offset());
    times.peek().is_some() && times.all(has_none)
}

fn cells_of<'s>(
    table: &'static Table,
    dialect: &Dialect,
    sample: &'s Sample,
    start: &RowsStart,
) -> Vec<ColumnCells<'s>> {
    let width = start.columns.len();
    let whole = |row: &&SampleRecord| is_whole(row, width);
    let rows: Vec<_> = sample.rows(start).filter(whole).collect();
    let is_null = |cell: &SampleCell| {
        cell.text.is_empty()
            || !cell.is_quoted && (cell.text == "\\N" || dialect.null_values.contains(&cell.text))
    };
    let columns = start.columns.iter().enumerate();
    let columns = columns.filter_map(|(at, column)| Some((at, &table.columns[(*column)?])));
    columns
        .map(|(at, column)| ColumnCells {
            column,
            notation: column.column_type.notation(),
            cells: rows.iter().map(|row| &row.cells[at]).filter(|cell| !is_null(cell)).collect(),
        })
        .collect()
}

fn is_whole(row: &SampleRecord, width: usize) -> bool {
    !row.has_fault && row.cells.len() == width
}

/// Words for NULL in numbers or dates that texts have as well: as texts they would be stored in silence.
fn null_words(dialect: &Dialect, columns: &[ColumnCells<'_>]) -> Option<LayoutQuestion> {
    if dialect.is_given("null_values") {
        return None;
    }
    let words = |is_text: bool| -> BTreeSet<&str> {
        let columns = columns.iter().filter(|it| (it.notation == Notation::Text) == is_text);
        let cells = columns.flat_map(|it| &it.cells).filter(|cell| !cell.is_quoted);
        cells.map(|cell| cell.text.as_str()).filter(|text| is_marker(text)).collect()
    };
    let typed = words(false);
    if typed.is_empty() {
        return None;
    }
    let texts = words(true);
    let both: Vec<&str> = typed.intersection(&texts).copied().collect();
    (!both.is_empty()).then(|| LayoutQuestion {
        kind: "null_values",
        seen: "a word for NULL is in columns of numbers or dates, and in texts".to_string(),
        options: vec![format!("null_values={}", both.join(",")), "null_values=".to_string()],
    })
}

/// Why a column of which no value has a form that is read is refused as a whole.
fn unreadable(column: &ColumnCells<'_>) -> Option<RowErrorKind> {
    let texts = column.cells.iter().map(|cell| cell.text.as_str()).filter(|text| !is_marker(text));
    let mut texts = texts.peekable();
    texts.peek()?;
    let name = column.column.name;
    let refused = |kind| Some(RowErrorKind::UnreadableLayout { column: name, kind });
    match column.notation {
        Notation::Date | Notation::DateTime | Notation::Moment => {
            let is_other = |text: &str| digits(text) >= 4 && !is_readable(column.notation, text);
            let kind = if column.notation == Notation::Date { "dates" } else { "date-times" };
            if texts.all(is_other) { refused(kind) } else { None }
        }
        Notation::Boolean => {
            let words: Vec<String> = texts.map(|text| lowered(text).collect()).collect();
            let mut distinct = BTreeSet::new();
            distinct.extend(&words);
            let is_word = |word: &&String| {
                word.chars().all(char::is_alphabetic) && !matches!(word.as_str(), "true" | "false")
            };
            let are_words = words.len() > 1 && distinct.len() <= 2 && distinct.iter().all(is_word);
            if are_words { refused("truth values") } else { None }
        }
        Notation::Decimal => {
            let has_sign = |text: &str| text.contains(['$', '€', '£', '¥', '₹']);
            let is_money =
                |text: &str| digits(text) > 0 && decimal_marks(text).is_none() && has_sign(text);
            if texts.all(is_money) { refused("numbers") } else { None }
        }
        Notation::Text | Notation::Integer => None,
    }
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

enum DatePartOrder {
    Is(DateOrder),
    /// Of this column's dates.
    Ask(&'static str),
}

/// The order that all dates have which do not begin with their year. A column that has both is left to its rows.
fn date_order(columns: &[ColumnCells<'_>]) -> Result<DatePartOrder, RowErrorKind> {
    let (mut dmy, mut mdy, mut seen) = (true, true, None);
    for column in columns {
        let is_date =
            matches!(column.notation, Notation::Date | Notation::DateTime | Notation::Moment);
        if !is_date || column.cells.iter().any(|cell| begins_with_year(&cell.text)) {
            continue;
        }
        let found = column.cells.iter().filter(|cell| is_readable(column.notation, &cell.text));
        for orders in found.filter_map(|cell| orders(&cell.text)).filter(|it| it.dmy || it.mdy) {
            (dmy, mdy, seen) = (dmy && orders.dmy, mdy && orders.mdy, Some(column.column.name));
        }
    }
    match (seen, dmy, mdy) {
        (None, ..) => Ok(DatePartOrder::Is(DateOrder::Ymd)),
        (Some(column), true, true) => Ok(DatePartOrder::Ask(column)),
        (Some(_), true, false) => Ok(DatePartOrder::Is(DateOrder::Dmy)),
        (Some(_), false, true) => Ok(DatePartOrder::Is(DateOrder::Mdy)),
        (Some(column), false, false) => {
            Err(RowErrorKind::UnreadableLayout { column, kind: "orders of dates" })
        }
    }
}

/// The decimal mark of all numbers; `None` if it has to be asked for.
fn decimal_mark(
    columns: &[ColumnCells<'_>],
    is_plain: bool,
) -> Result<Option<DecimalMark>, RowErrorKind> {
    let (mut point, mut comma, mut undecided, mut has_comma) = (None, None, false, false);
    for column in columns.iter().filter(|column| column.notation == Notation::Decimal) {
        for cell in &column.cells {
            match decimal_marks(&cell.text) {
                Some(DecimalMarks { point: true, comma: false }) => {
                    point = Some(column.column.name);
                }
                Some(DecimalMarks { point: false, comma: true }) => {
                    comma = Some(column.column.name);
                }
                _ => {}
            }
            undecided |= is_undecided(&cell.text);
            has_comma |= is_undecided(&cell.text) && cell.text.contains(',');
        }
    }
    match (point, comma) {
        (Some(_), Some(column)) => {
            Err(RowErrorKind::UnreadableLayout { column, kind: "decimal marks" })
        }
        (None, Some(_)) => Ok(Some(DecimalMark::Comma)),
        (None, None) if undecided && (has_comma || !is_plain) => Ok(None),
        _ => Ok(Some(DecimalMark::Point)),
    }
}
