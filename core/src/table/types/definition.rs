//! What each column type says of itself.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::comparable::Comparable;
use super::key_kind::KeyKind;
use crate::table::cell_forms::{CellForms, Notation};
use crate::table::issue::RowErrorKind;
use crate::table::time_zone::TimeZone;
use crate::table::value::{Cell, RawField};

/// The type in JSON_TABLE of most values.
pub(super) const DEFAULT_SOURCE: &str = "TEXT CHARACTER SET utf8mb4";

/// The type in JSON_TABLE of a value that a TEXT would not always hold: of more than 65,535 bytes, MySQL
/// makes NULL of it and MariaDB a part.
pub(super) const LONG_SOURCE: &str = "LONGTEXT CHARACTER SET utf8mb4";

/// The most bytes of numbers and times.
pub(crate) const SHORT: u64 = 64;

/// Everything in which one column type differs from another.
///
/// A value has one canonical form, which [`parse`](Self::parse) makes and a [`Cell`] holds. It travels to the
/// database, and [`canonical`](Self::canonical) reads it back: what is read back is what was sent, byte for
/// byte, or the type is wrong. Where an item takes SQL, it is an expression such as `` o.`name` ``.
pub(crate) trait Definition: Copy {
    /// What a column of the type takes, in the words of a message: "an integer".
    fn expected(self) -> &'static str;

    /// Its name in `information_schema.columns.column_type`, without a display width.
    fn sql_name(self) -> String;

    /// The character set that its column needs; `None` where the column has none.
    fn character_set(self) -> Option<&'static str>;

    /// Whether a column of this collation holds every value.
    fn takes_collation(self, collation: &str) -> bool {
        let Some(character_set) = self.character_set() else { return true };
        let rest = collation.strip_prefix(character_set);
        rest.is_some_and(|rest| rest.starts_with('_'))
    }

    /// Checks a value that is neither absent nor null, and brings it into its canonical form.
    ///
    /// Whatever a database would round, cut, wrap or take for something else is an error here: the
    /// databases coerce (`1.7` into an INT becomes 2) and say nothing.
    fn parse<'r>(self, field: RawField<'r>, rules: &Rules) -> Result<Cell<'r>, RowErrorKind>;

    /// Whether a cell that is not empty reads as a value, so that it is surely no column's name;
    /// `None` of a type of which any text is a value.
    fn reads_as_value(self, cell: &str) -> Option<bool>;

    /// Whether a value may come with an offset from UTC or without one, so that the two can be mixed up.
    fn takes_offset(self) -> bool {
        false
    }

    /// Whether a value of a JSON body is a document, whatever it is.
    fn takes_document(self) -> bool {
        false
    }

    /// What its cells in a text file are written as.
    fn notation(self) -> Notation {
        Notation::Text
    }

    /// The type of its column in JSON_TABLE.
    ///
    /// Always a text, so that the strict target column and not a silent cast decides. The character
    /// set is named, since a server whose default is latin1 would lose characters.
    fn source(self) -> &'static str {
        DEFAULT_SOURCE
    }

    /// A value from JSON_TABLE as what an INSERT or UPDATE writes into the column.
    fn written(self, source: &str) -> String {
        source.to_owned()
    }

    /// About the most bytes of a value in its canonical form.
    fn most_bytes(self) -> u64 {
        SHORT
    }

    /// Whether the database takes what is written by the clock of the session's time zone, so that the
    /// statement has to say that it is UTC.
    fn is_by_the_clock(self) -> bool {
        false
    }

    /// What reads the canonical form back.
    fn canonical(self, column: &str) -> String;

    /// The canonical form of what [`canonical`](Self::canonical) reads, where each engine has a notation of its
    /// own; `None` of an answer that is no value.
    fn read<'a>(self, answer: Cow<'a, str>) -> Option<Cow<'a, str>> {
        Some(answer)
    }

    /// The text of which a checksum takes the digest; NULL of NULL.
    ///
    /// Apart from [`canonical`](Self::canonical), since it has to be the same on every engine, under
    /// every session's time zone and character set.
    fn digest(self, column: &str) -> String;

    /// The same text, of a value in its canonical form.
    fn digested<'a>(self, canonical: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(canonical)
    }

    /// What two stored values are compared by with `<=>`: equal if nothing differs at all, blanks
    /// at the end and case included.
    fn exact(self, column: &str) -> String;

    /// How the Data API answers what [`canonical`](Self::canonical) reads.
    fn answer(self) -> Answer;

    /// How its values serve as the key of a table.
    fn key_kind(self) -> KeyKind;

    /// As what a CHECK compares its values.
    fn comparable(self) -> Comparable {
        Comparable::Never
    }

    /// The Avro type that takes every value, and that a backup is written with.
    fn avro(self) -> AvroType;

    /// Whether a value of another's Avro file means one of this type.
    fn accepts(self, value: AvroValue) -> bool;

    /// The same in the words of a message: "int, long or double".
    fn accepted(self) -> &'static str;
}

/// What else decides whether a value is taken, apart from its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rules {
    /// A table held the value before, so that it stays as it is: a date-time is any text.
    pub(crate) stored: bool,
    /// The database numbers the column by itself, and would make the next number of a 0.
    pub(crate) not_zero: bool,
    /// The zone of date-times that a column keeps without one; where it is not given, those with an offset
    /// become UTC.
    pub(crate) time_zone: Option<TimeZone>,
    /// How the file writes its cells.
    pub(crate) forms: CellForms,
}
