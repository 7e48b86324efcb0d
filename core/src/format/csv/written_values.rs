//! What the values of numbers and dates tell about how they are written.

use crate::table::cell_forms::{CellForms, DateOrder, DecimalMark, Notation};
use crate::table::written_date::{begins_with_year, date, date_time, orders};

/// What a number can have as its decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DecimalMarks {
    pub(crate) point: bool,
    pub(crate) comma: bool,
}

const BOTH: DecimalMarks = DecimalMarks { point: true, comma: true };
const POINT: DecimalMarks = DecimalMarks { point: true, comma: false };
const COMMA: DecimalMarks = DecimalMarks { point: false, comma: true };

/// What a cell can have as its decimal mark; `None` of one that is no number.
pub(crate) fn decimal_marks(cell: &str) -> Option<DecimalMarks> {
    let number = cell.strip_prefix('-').unwrap_or(cell);
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',');
    let has_digit = number.bytes().any(|byte| byte.is_ascii_digit());
    if !has_digit || !number.bytes().all(is_part) {
        return None;
    }
    let count = |mark| number.matches(mark).count();
    Some(match (count('.'), count(',')) {
        (0, 0) => BOTH,
        (1, 0) => {
            if is_group(number, '.') {
                BOTH
            } else {
                POINT
            }
        }
        (0, 1) => {
            if is_group(number, ',') {
                BOTH
            } else {
                COMMA
            }
        }
        (_, 0) => COMMA,
        (0, _) => POINT,
        _ if number.rfind('.') > number.rfind(',') => POINT,
        _ => COMMA,
    })
}

/// Whether three digits behind the mark, and one to three before it, may be thousands.
fn is_group(number: &str, mark: char) -> bool {
    number.split_once(mark).is_some_and(|(before, behind)| {
        behind.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0')
    })
}

/// Whether a number has a mark that may be one of thousands as well.
pub(crate) fn is_undecided(cell: &str) -> bool {
    cell.contains(['.', ',']) && decimal_marks(cell) == Some(BOTH)
}

/// Whether a value is read in some order of its parts.
pub(crate) fn is_readable(notation: Notation, cell: &str) -> bool {
    let orders = [DateOrder::Ymd, DateOrder::Dmy, DateOrder::Mdy];
    orders.into_iter().any(|order| match notation {
        Notation::Date => date(cell, order).is_some(),
        _ => date_time(cell, order).is_some(),
    })
}

/// Whether a cell that is no value of its column would be one if the file were written otherwise.
pub(crate) fn contradicts(notation: Notation, forms: CellForms, cell: &str) -> bool {
    match notation {
        Notation::Decimal => {
            let marks = decimal_marks(cell).unwrap_or(BOTH);
            match forms.decimal {
                DecimalMark::Point => marks == COMMA,
                DecimalMark::Comma => marks == POINT,
            }
        }
        Notation::Date | Notation::DateTime | Notation::Moment => {
            if begins_with_year(cell) || !is_readable(notation, cell) {
                return false;
            }
            let Some(orders) = orders(cell) else { return false };
            match forms.date_order {
                DateOrder::Ymd => orders.dmy || orders.mdy,
                DateOrder::Dmy => !orders.dmy && orders.mdy,
                DateOrder::Mdy => !orders.mdy && orders.dmy,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_says_its_decimal_mark_or_not() {
        for (cell, marks) in [
            ("19.90", Some(POINT)),
            ("-19,9", Some(COMMA)),
            ("1900", Some(BOTH)),
            ("1.125", Some(BOTH)),
            ("0,450", Some(COMMA)),
            ("1234,125", Some(COMMA)),
            ("1.234.567", Some(COMMA)),
            ("1.234,50", Some(COMMA)),
            ("1,234.50", Some(POINT)),
            ("19,90 €", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(decimal_marks(cell), marks, "{cell}");
        }
    }

    #[test]
    fn only_what_another_layout_would_read_contradicts() {
        let forms = CellForms {
            decimal: DecimalMark::Comma,
            date_order: DateOrder::Dmy,
            ..CellForms::default()
        };
        for (notation, cell, expected) in [
            (Notation::Decimal, "19.90", true),
            (Notation::Decimal, "1.234", false),
            (Notation::Decimal, "about 5", false),
            (Notation::Date, "07/27/2021", true),
            (Notation::Date, "27/07/2021", false),
            (Notation::Date, "31/13/2021", false),
            (Notation::Date, "2021-27-07", false),
            (Notation::DateTime, "07/27/2021 16:02", true),
            (Notation::DateTime, "07/27/2021", false),
            (Notation::Integer, "19.90", false),
            (Notation::Text, "07/27/2021", false),
        ] {
            assert_eq!(contradicts(notation, forms, cell), expected, "{cell}");
        }
    }
}
