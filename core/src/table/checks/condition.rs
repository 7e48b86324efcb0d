//! What a CHECK says of a row's values, and whether it is true of them.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::numbers;
use crate::table::value::Cell;

/// What a CHECK says of a row's values.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// The positions of the columns that it names, each as often as it does.
    pub(crate) columns: Vec<usize>,
    pub(super) predicate: Predicate,
}

/// What is true, false or, of NULL, neither.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Predicate {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// A column has no value.
    IsNull(usize),
    Compare(Operand, Operator, Operand, Measure),
}

/// How two values are to be to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// By what two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// As numbers.
    Number,
    /// As texts, of which each byte counts: days and date-times, too, whose texts are in their order.
    Exact,
    /// As texts whose blanks at the end do not count.
    Padded,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operand {
    Integer(i64),
    /// Digits of another number, or a text; kept for the life of the process, as tables are.
    Literal(&'static str),
    /// A column's value.
    Column(usize),
    /// How many characters a column's text has.
    Length(usize),
}

/// A value that is not NULL.
#[derive(Clone, Copy)]
enum Compared<'c> {
    Integer(i64),
    Text(&'c str),
}

impl Condition {
    /// Whether a database refuses a row with these values, one for each column of the table: a CHECK fails
    /// only if it is false.
    pub(crate) fn is_false(&self, cells: &[Cell<'_>]) -> bool {
        self.predicate.truth(cells) == Some(false)
    }
}

impl Predicate {
    /// `None` where it is neither true nor false.
    fn truth(&self, cells: &[Cell<'_>]) -> Option<bool> {
        match self {
            Self::All(parts) => all(parts.iter().map(|part| part.truth(cells))),
            Self::Any(parts) => {
                all(parts.iter().map(|part| part.truth(cells).map(|it| !it))).map(|it| !it)
            }
            Self::Not(part) => part.truth(cells).map(|it| !it),
            Self::IsNull(column) => Some(cells.get(*column) == Some(&Cell::Null)),
            Self::Compare(left, operator, right, measure) => {
                let order = measure.order(&left.value(cells)?, &right.value(cells)?);
                Some(operator.holds(order))
            }
        }
    }
}

/// Whether all are true: false if one is, else unknown if one is.
fn all(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for truth in truths {
        match truth {
            Some(false) => return Some(false),
            Some(true) => {}
            None => all = None,
        }
    }
    all
}

impl Operator {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Operand {
    fn value<'c>(self, cells: &'c [Cell<'_>]) -> Option<Compared<'c>> {
        match self {
            Self::Integer(number) => Some(Compared::Integer(number)),
            Self::Literal(text) => Some(Compared::Text(text)),
            Self::Column(column) => match cells.get(column)? {
                Cell::Null => None,
                Cell::Int(number) => Some(Compared::Integer(*number)),
                Cell::Text(text) => Some(Compared::Text(text)),
            },
            Self::Length(column) => match cells.get(column)? {
                Cell::Text(text) => Some(Compared::Integer(text.chars().count() as i64)),
                Cell::Null | Cell::Int(_) => None,
            },
        }
    }
}

impl<'c> Compared<'c> {
    fn text(self) -> Cow<'c, str> {
        match self {
            Self::Integer(number) => Cow::Owned(format!("{number}")),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

impl Measure {
    fn order(self, left: &Compared<'_>, right: &Compared<'_>) -> Ordering {
        if let (Compared::Integer(left), Compared::Integer(right)) = (left, right) {
            return left.cmp(right);
        }
        let (left, right) = (left.text(), right.text());
        match self {
            Self::Number => numbers::order(&left, &right),
            Self::Exact => left.cmp(&right),
            Self::Padded => left.trim_end_matches(' ').cmp(right.trim_end_matches(' ')),
        }
    }
}
