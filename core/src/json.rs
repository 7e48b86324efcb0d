//! A JSON body becomes raw rows with their index.
//!
//! The body is read in one pass and its values are never built as a tree. Every value type is
//! accepted here and judged by [`crate::record`], so that a wrong type is an error of its row;
//! only what is not JSON at all stops the reading.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::outcome::{RowError, RowErrorKind};
use crate::record::{Place, RawField, RawRow};
use crate::schema::{self, Table};

/// What a body consists of, in its own order.
#[derive(Debug)]
pub enum Part<'r> {
    /// A table that the body names.
    Table(&'static Table),
    /// A row of a table.
    Row(&'static Table, RawRow<'r>),
    /// Something that no row is to blame for: the table's name as given, and what is wrong.
    Fault(Cow<'static, str>, RowErrorKind),
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonError {
    /// Not JSON; where that shows, both counted from 1, the column in bytes.
    Syntax {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// JSON, but not what the route takes.
    Shape {
        /// What the route takes.
        expected: &'static str,
    },
    /// The sink answered `false`.
    Stopped,
}

/// Reads `{"table": [{…}, …], …}` and hands its parts to `sink` until that answers `false`.
pub fn decode_tables(body: &[u8], sink: impl FnMut(Part<'_>) -> bool) -> Result<(), JsonError> {
    let mut state = State { sink, stop: None };
    decode(body, BodySeed(&mut state)).map_err(|e| state.explain(&e))
}

/// Reads `[{…}, …]`, the rows of one table, and hands them to `sink` until that answers `false`.
pub fn decode_rows(
    body: &[u8],
    table: &'static Table,
    sink: impl FnMut(Part<'_>) -> bool,
) -> Result<(), JsonError> {
    let mut state = State { sink, stop: None };
    let seed = RowsSeed { table, whole_body: true, state: &mut state };
    decode(body, seed).map_err(|e| state.explain(&e))
}

/// Reads one line of NDJSON; the error is the byte, counted from 1, where it shows that this is
/// no JSON.
///
/// Members whose name begins with `_` are read over: reject files have them.
pub(crate) fn decode_line<'b>(
    line: &'b [u8],
    table: &'static Table,
    place: Place,
) -> Result<RawRow<'b>, usize> {
    decode(line, RowSeed { table, place, skips_marked: true }).map_err(|error| error.column())
}

/// The byte order mark, which RFC 8259 lets a reader pass over.
pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

fn decode<'b, S: DeserializeSeed<'b>>(body: &'b [u8], seed: S) -> serde_json::Result<S::Value> {
    let body = body.strip_prefix(BOM).unwrap_or(body);
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The sink, and why reading stopped: serde's own errors would carry that as text only.
struct State<F> {
    sink: F,
    stop: Option<JsonError>,
}

impl<F: FnMut(Part<'_>) -> bool> State<F> {
    fn give<E: serde::de::Error>(&mut self, part: Part<'_>) -> Result<(), E> {
        if (self.sink)(part) { Ok(()) } else { Err(self.stop(JsonError::Stopped)) }
    }

    fn stop<E: serde::de::Error>(&mut self, error: JsonError) -> E {
        self.stop = Some(error);
        E::custom("stopped")
    }

    fn explain(&self, error: &serde_json::Error) -> JsonError {
        let syntax = JsonError::Syntax { line: error.line(), column: error.column() };
        self.stop.unwrap_or(syntax)
    }
}

/// Answers every JSON value that is no array or object with one and the same expression.
macro_rules! scalars {
    (|$visitor:ident| $answer:expr) => {
        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Self::Value, E> {
            let $visitor = self;
            $answer
        }
        fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Self::Value, E> {
            let $visitor = self;
            $answer
        }
        fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Self::Value, E> {
            let $visitor = self;
            $answer
        }
        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Self::Value, E> {
            let $visitor = self;
            $answer
        }
        fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Self::Value, E> {
            let $visitor = self;
            $answer
        }
        fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
            let $visitor = self;
            $answer
        }
    };
}

struct BodySeed<'s, F>(&'s mut State<F>);

impl<'de, F: FnMut(Part<'_>) -> bool> DeserializeSeed<'de> for BodySeed<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

const TABLES_EXPECTED: JsonError =
    JsonError::Shape { expected: "an object whose members are tables" };

impl<'de, F: FnMut(Part<'_>) -> bool> Visitor<'de> for BodySeed<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let state = self.0;
        let mut seen: Vec<&'static str> = Vec::new();
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            let Some(table) = schema::table(&name) else {
                let name = name.chars().take(64).collect::<String>();
                state.give(Part::Fault(Cow::Owned(name), RowErrorKind::UnknownTable))?;
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&table.name) {
                state.give(Part::Fault(table.name.into(), RowErrorKind::DuplicateTable))?;
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            seen.push(table.name);
            state.give(Part::Table(table))?;
            members.next_value_seed(RowsSeed { table, whole_body: false, state })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        // Read on, so that a body which is no JSON at all is called that.
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Err(self.0.stop(TABLES_EXPECTED))
    }

    scalars!(|visitor| Err(visitor.0.stop(TABLES_EXPECTED)));
}

struct RowsSeed<'s, F> {
    table: &'static Table,
    /// Whether the array is the body itself, not a member of it.
    whole_body: bool,
    state: &'s mut State<F>,
}

impl<F: FnMut(Part<'_>) -> bool> RowsSeed<'_, F> {
    fn not_an_array<E: serde::de::Error>(self, got: &'static str) -> Result<(), E> {
        if self.whole_body {
            return Err(self.state.stop(JsonError::Shape { expected: "an array of rows" }));
        }
        let kind = RowErrorKind::WrongType { expected: "an array of rows", got };
        self.state.give(Part::Fault(self.table.name.into(), kind))
    }
}

impl<'de, F: FnMut(Part<'_>) -> bool> DeserializeSeed<'de> for RowsSeed<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Part<'_>) -> bool> Visitor<'de> for RowsSeed<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut place = Place { index: Some(0), line: None };
        let seed = |place| RowSeed { table: self.table, place, skips_marked: false };
        while let Some(row) = elements.next_element_seed(seed(place))? {
            self.state.give(Part::Row(self.table, row))?;
            place.index = place.index.map(|index| index + 1);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.not_an_array("an object")
    }

    scalars!(|visitor| visitor.not_an_array("a single value"));
}

struct RowSeed {
    table: &'static Table,
    place: Place,
    /// Whether members whose name begins with `_` are read over.
    skips_marked: bool,
}

impl RowSeed {
    fn not_an_object<'de>(&self, got: &'static str) -> RawRow<'de> {
        let kind = RowErrorKind::WrongType { expected: "an object", got };
        RawRow::refused(self.place, RowError::row(kind))
    }
}

impl<'de> DeserializeSeed<'de> for RowSeed {
    type Value = RawRow<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawRow<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowSeed {
    type Value = RawRow<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RawRow<'de>, A::Error> {
        let fields = vec![RawField::Absent; self.table.columns.len()];
        let mut row = RawRow { place: self.place, fields, errors: Vec::new() };
        while let Some(Name(name)) = members.next_key()? {
            let RawValue(value) = members.next_value()?;
            match self.table.column_index(&name) {
                Some(column) if row.fields[column] == RawField::Absent => {
                    row.fields[column] = value;
                }
                Some(column) => row.errors.push(RowError::column(
                    self.table.columns[column].name,
                    RowErrorKind::DuplicateColumn,
                )),
                None if self.skips_marked && name.starts_with('_') => {}
                None => {
                    row.errors.push(RowError::given_column(&name, RowErrorKind::UnknownColumn));
                }
            }
        }
        Ok(row)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<RawRow<'de>, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.not_an_object("an array"))
    }

    scalars!(|visitor| Ok(visitor.not_an_object("a single value")));
}

/// A member's name, borrowed where it has no escapes (serde's own `Cow` always copies).
struct Name<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

struct RawValue<'de>(RawField<'de>);

impl<'de> serde::Deserialize<'de> for RawValue<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor).map(RawValue)
    }
}

struct ValueVisitor;

/// Beyond this no `f64` came from an integer token that would have fitted 64 bits.
const INTEGERS_END: f64 = 18_446_744_073_709_551_616.0;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = RawField<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<RawField<'de>, E> {
        Ok(RawField::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawField<'de>, E> {
        Ok(RawField::Other(if value { "true" } else { "false" }))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RawField<'de>, E> {
        Ok(RawField::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<RawField<'de>, E> {
        Ok(i64::try_from(value).map_or(RawField::HugeNumber, RawField::Integer))
    }

    /// serde_json gives an integer token as `f64` once it passes 64 bits, as it gives `1.0`.
    fn visit_f64<E>(self, value: f64) -> Result<RawField<'de>, E> {
        let huge = value.abs() >= INTEGERS_END;
        Ok(if huge { RawField::HugeNumber } else { RawField::Other("a fraction or exponent") })
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<RawField<'de>, E> {
        Ok(RawField::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<RawField<'de>, E> {
        Ok(RawField::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<RawField<'de>, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(RawField::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RawField<'de>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(RawField::Other("an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::table;
    use alloc::format;
    use alloc::string::ToString;
    use proptest::prelude::*;

    /// The fields of each row, or the codes of its errors.
    fn jobs(body: &str) -> Result<Vec<String>, JsonError> {
        let mut rows = Vec::new();
        decode_rows(body.as_bytes(), table("jobs").unwrap(), |part| {
            let Part::Row(table, row) = part else { panic!("{part:?}") };
            assert_eq!(table.name, "jobs");
            assert_eq!(row.place, Place { index: Some(rows.len() as u64), line: None });
            let errors: Vec<_> = row.errors.iter().map(|error| error.kind.code()).collect();
            rows.push(if errors.is_empty() {
                format!("{:?}", row.fields)
            } else {
                format!("{errors:?}")
            });
            true
        })?;
        Ok(rows)
    }

    fn parts(body: &str) -> Result<Vec<String>, JsonError> {
        let mut parts = Vec::new();
        decode_tables(body.as_bytes(), |part| {
            parts.push(match part {
                Part::Table(table) => table.name.to_string(),
                Part::Row(table, row) => format!("{} {}", table.name, row.place.index.unwrap()),
                Part::Fault(name, kind) => format!("{name}: {}", kind.code()),
            });
            true
        })?;
        Ok(parts)
    }

    #[test]
    fn every_type_of_value_is_kept_apart() {
        for (value, field) in [
            ("7", "Integer(7)"),
            ("-7", "Integer(-7)"),
            ("9223372036854775807", "Integer(9223372036854775807)"),
            ("9223372036854775808", "HugeNumber"),
            ("99999999999999999999", "HugeNumber"),
            ("1.0", "Other(\"a fraction or exponent\")"),
            ("1e3", "Other(\"a fraction or exponent\")"),
            ("true", "Other(\"true\")"),
            ("null", "Null"),
            ("\"7\"", "Text(\"7\")"),
            ("\"\\u00e9\\n\"", "Text(\"é\\n\")"),
            ("[[1],{}]", "Other(\"an array\")"),
            ("{\"a\":{\"b\":[]}}", "Other(\"an object\")"),
        ] {
            let rows = jobs(&format!("[{{\"id\":{value}}}]"));
            assert_eq!(rows.unwrap(), [format!("[{field}, Absent]")], "{value}");
        }
    }

    #[test]
    fn members_go_by_name_or_alias_and_only_once() {
        assert_eq!(
            jobs(
                r#"[{"job":"a","id":1},{"id":1,"id":2},{"job":"a","job_name":"b"},{"x":1,"y":2}]"#
            ),
            Ok(vec![
                "[Integer(1), Text(\"a\")]".to_string(),
                "[\"duplicate_column\"]".to_string(),
                "[\"duplicate_column\"]".to_string(),
                "[\"unknown_column\", \"unknown_column\"]".to_string(),
            ])
        );
    }

    #[test]
    fn a_row_that_is_no_object_is_one_bad_row() {
        let wrong = "[\"wrong_type\"]".to_string();
        assert_eq!(
            jobs("[5, null, \"x\", [1, [2]], {\"id\": 1}]"),
            Ok(vec![
                wrong.clone(),
                wrong.clone(),
                wrong.clone(),
                wrong,
                "[Integer(1), Absent]".to_string()
            ])
        );
    }

    #[test]
    fn tables_come_in_the_order_of_the_body() {
        assert_eq!(
            parts(
                r#"{"hired_employees":[{},{}],"jobs":[],"cats":[{}],"departments":7,"jobs":[{}]}"#
            ),
            Ok(vec![
                "employees".to_string(),
                "employees 0".to_string(),
                "employees 1".to_string(),
                "jobs".to_string(),
                "cats: unknown_table".to_string(),
                "departments".to_string(),
                "departments: wrong_type".to_string(),
                "jobs: duplicate_table".to_string(),
            ])
        );
    }

    #[test]
    fn what_is_not_json_says_where() {
        for body in ["", "[", "[{]", "{\"id\":1", "[1,]", "nul", "[\"\u{1}\"]", "{\"jobs\":["] {
            assert!(matches!(jobs(body), Err(JsonError::Syntax { .. })), "{body:?}");
            assert!(matches!(parts(body), Err(JsonError::Syntax { .. })), "{body:?}");
        }
        assert!(matches!(jobs("[] []"), Err(JsonError::Syntax { .. })));
        assert!(matches!(parts("{} {}"), Err(JsonError::Syntax { .. })));
        assert_eq!(
            jobs("[{\"id\":1},\n {\"id\" 2}]"),
            Err(JsonError::Syntax { line: 2, column: 8 })
        );
    }

    #[test]
    fn json_of_another_shape_is_told_apart_from_no_json() {
        for body in ["{}", "7", "null", "\"x\"", "true", "1.5", "-1"] {
            assert!(matches!(jobs(body), Err(JsonError::Shape { .. })), "{body}");
        }
        for body in ["[]", "[1,{}]", "7", "null", "\"x\"", "true", "1.5", "-1"] {
            assert!(matches!(parts(body), Err(JsonError::Shape { .. })), "{body}");
        }
    }

    #[test]
    fn deep_nesting_is_read_without_recursion() {
        let deep = format!("[{{\"id\":{}1{}}}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(jobs(&deep), Ok(vec!["[Other(\"an array\"), Absent]".to_string()]));
    }

    #[test]
    fn the_sink_can_stop_the_reading() {
        let mut given = 0;
        let result = decode_rows(b"[{},{},{}]", table("jobs").unwrap(), |_| {
            given += 1;
            given < 2
        });
        assert_eq!((given, result), (2, Err(JsonError::Stopped)));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_tables(&body, |_| true);
            let _ = decode_rows(&body, table("jobs").unwrap(), |_| true);
        }

        #[test]
        fn random_json_like_text_never_panics(body in r#"[\[\]{}:,"a-c0-9.eE\\-]{0,60}"#) {
            let _ = decode_tables(body.as_bytes(), |_| true);
            let _ = decode_rows(body.as_bytes(), table("jobs").unwrap(), |_| true);
        }
    }
}
