//! How the cells of a text file write numbers and dates, for which JSON has one form.

/// The forms of a file's cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CellForms {
    /// What stands before a number's decimals.
    pub decimal: DecimalMark,
    /// In which order a date has its parts.
    pub date_order: DateOrder,
    /// Whether an integer may have decimals that are 0.
    pub integers: IntegerForm,
}

/// What stands before a number's decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecimalMark {
    /// `19.90`
    #[default]
    Point,
    /// `19,90`
    Comma,
}

/// In which order a date has its parts. One that begins with a year of four digits has its month next,
/// whatever the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// `2021-07-27`, and nothing else.
    #[default]
    Ymd,
    /// `27.07.2021`, `27/07/2021`
    Dmy,
    /// `07/27/2021`
    Mdy,
}

/// Whether an integer may have decimals that are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IntegerForm {
    /// `5`
    #[default]
    Strict,
    /// `5` and `5.0`
    Lenient,
}

impl CellForms {
    /// The integer that a cell is; the cell itself where it has no decimals, or may have none.
    pub(crate) fn integer(self, cell: &str) -> &str {
        if self.integers == IntegerForm::Strict {
            return cell;
        }
        match cell.split_once(self.decimal.as_char()) {
            Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0') => {
                whole
            }
            _ => cell,
        }
    }
}

impl DecimalMark {
    pub(crate) fn as_char(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

/// What the cells of a column type are written as, where its values have several forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// Any text, or members of a list.
    Text,
    Integer,
    Decimal,
    Boolean,
    Date,
    /// With an offset from UTC or without one.
    DateTime,
    /// With an offset from UTC.
    Moment,
}
