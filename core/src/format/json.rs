//! A JSON body becomes raw rows with their index.
//!
//! The body is read in one pass and its values are never built as a tree. Every value type is
//! accepted here and judged by [`crate::table::record`], so that a wrong type is an error of its row;
//! only what is not JSON at all stops the reading.
//!
//! serde_json gives a number that is no 64-bit integer as `f64`, without its digits, and fails at a
//! number past `f64` and at half of a surrogate pair, which are JSON by its grammar. A body with
//! such a value, or one that is no JSON, is read a second time with care: each row as text first.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::table::issue::{RowError, RowErrorKind, push_capped};
use crate::table::record::{Place, RawField, RawRow};
use crate::table::schema::{Schema, Table};
use crate::table::types::Definition;

/// What a body consists of, in its own order.
#[derive(Debug)]
pub enum BodyItem<'r> {
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
    /// Not UTF-8; the first byte that is not, both counted from 1, the column in bytes.
    Utf8 {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
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
pub fn decode_tables(
    body: &[u8],
    schema: Schema,
    sink: impl FnMut(BodyItem<'_>) -> bool,
) -> Result<(), JsonError> {
    let body = text(body)?;
    SinkState::new(sink).read(|state| decode(body, BodySeed { schema, state }))
}

/// Reads `[{…}, …]`, the rows of one table, and hands them to `sink` until that answers `false`.
pub fn decode_rows(
    body: &[u8],
    table: &'static Table,
    sink: impl FnMut(BodyItem<'_>) -> bool,
) -> Result<(), JsonError> {
    let body = text(body)?;
    SinkState::new(sink).read(|state| decode(body, RowsSeed { table, whole_body: true, state }))
}

/// Reads one line of NDJSON; the error is the byte, counted from 1, where it shows that this is
/// no JSON.
///
/// Members whose name begins with `_` are ignored: reject files have them.
pub(crate) fn decode_line<'b>(
    line: &'b [u8],
    table: &'static Table,
    place: Place,
) -> Result<RawRow<'b>, usize> {
    let line = line.strip_prefix(BOM).unwrap_or(line);
    let line = core::str::from_utf8(line).map_err(|error| error.valid_up_to() + 1)?;
    let seed = |with_care| RowSeed { table, place, skips_marked: true, with_care };
    decode(line, seed(false)).or_else(|_| decode(line, seed(true))).map_err(|error| error.column())
}

/// Whether a text is one value of JSON.
pub(crate) fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// The byte order mark, which RFC 8259 lets a reader pass over.
pub(crate) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The body without its mark.
fn text(body: &[u8]) -> Result<&str, JsonError> {
    let body = body.strip_prefix(BOM).unwrap_or(body);
    core::str::from_utf8(body).map_err(|error| {
        let before = &body[..error.valid_up_to()];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        JsonError::Utf8 { line, column: before.len() - line_start + 1 }
    })
}

fn decode<'b, S: DeserializeSeed<'b>>(text: &'b str, seed: S) -> serde_json::Result<S::Value> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// The sink, and why reading stopped: serde's own errors would carry that as text only.
struct SinkState<F> {
    sink: F,
    stop: Option<JsonError>,
    /// How many parts the sink was given, in both readings together.
    given: u64,
    /// How many parts this reading has come to.
    seen: u64,
    with_care: bool,
}

impl<F: FnMut(BodyItem<'_>) -> bool> SinkState<F> {
    fn new(sink: F) -> Self {
        Self { sink, stop: None, given: 0, seen: 0, with_care: false }
    }

    /// Reads a body and, if that fails by itself, once more with care.
    fn read(mut self, read: impl Fn(&mut Self) -> serde_json::Result<()>) -> Result<(), JsonError> {
        let first = read(&mut self);
        if first.is_ok() || self.stop.is_some() {
            return first.map_err(|error| self.explain(&error));
        }
        (self.seen, self.with_care) = (0, true);
        read(&mut self).map_err(|error| self.explain(&error))
    }

    /// Gives a part to the sink, unless the first reading has done so.
    fn give<E: serde::de::Error>(&mut self, part: BodyItem<'_>) -> Result<(), E> {
        self.seen += 1;
        if self.seen <= self.given {
            return Ok(());
        }
        self.given = self.seen;
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

struct BodySeed<'s, F> {
    schema: Schema,
    state: &'s mut SinkState<F>,
}

impl<'de, F: FnMut(BodyItem<'_>) -> bool> DeserializeSeed<'de> for BodySeed<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

const TABLES_EXPECTED: JsonError =
    JsonError::Shape { expected: "an object whose members are tables" };

impl<'de, F: FnMut(BodyItem<'_>) -> bool> Visitor<'de> for BodySeed<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { schema, state } = self;
        let mut seen: Vec<&'static str> = Vec::new();
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            let Some(table) = schema.table(&name) else {
                let kind = schema.no_table_called(&name);
                let name = name.chars().take(64).collect::<String>();
                state.give(BodyItem::Fault(Cow::Owned(name), kind))?;
                members.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&table.name) {
                state.give(BodyItem::Fault(table.name.into(), RowErrorKind::DuplicateTable))?;
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            seen.push(table.name);
            state.give(BodyItem::Table(table))?;
            members.next_value_seed(RowsSeed { table, whole_body: false, state })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        // Read on, so that a body which is no JSON at all is called that.
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Err(self.state.stop(TABLES_EXPECTED))
    }

    scalars!(|visitor| Err(visitor.state.stop(TABLES_EXPECTED)));
}

struct RowsSeed<'s, F> {
    table: &'static Table,
    /// Whether the array is the body itself, not a member of it.
    whole_body: bool,
    state: &'s mut SinkState<F>,
}

impl<F: FnMut(BodyItem<'_>) -> bool> RowsSeed<'_, F> {
    fn not_an_array<E: serde::de::Error>(self, got: &'static str) -> Result<(), E> {
        if self.whole_body {
            return Err(self.state.stop(JsonError::Shape { expected: "an array of rows" }));
        }
        let kind = RowErrorKind::WrongType { expected: "an array of rows", got };
        self.state.give(BodyItem::Fault(self.table.name.into(), kind))
    }
}

impl<'de, F: FnMut(BodyItem<'_>) -> bool> DeserializeSeed<'de> for RowsSeed<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(BodyItem<'_>) -> bool> Visitor<'de> for RowsSeed<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut place = Place { index: Some(0), line: None };
        let (table, with_care) = (self.table, self.state.with_care);
        let seed = |place| RowSeed { table, place, skips_marked: false, with_care };
        while let Some(row) = elements.next_element_seed(seed(place))? {
            self.state.give(BodyItem::Row(self.table, row))?;
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

#[derive(Clone, Copy)]
struct RowSeed {
    table: &'static Table,
    place: Place,
    /// Whether members whose name begins with `_` are ignored.
    skips_marked: bool,
    /// Whether values are read as text first.
    with_care: bool,
}

impl RowSeed {
    fn not_an_object<'de>(&self, got: &'static str) -> RawRow<'de> {
        let kind = RowErrorKind::WrongType { expected: "an object", got };
        RawRow::refused(self.place, RowError::row(kind))
    }

    /// Reads a row's text, which is JSON by its grammar: what fails in an object is a name.
    fn read_with_care<'de>(self, text: &'de str) -> RawRow<'de> {
        match text.as_bytes().first() {
            Some(b'{') => {
                serde_json::Deserializer::from_str(text).deserialize_any(self).unwrap_or_else(
                    |_| RawRow::refused(self.place, RowError::row(RowErrorKind::LoneSurrogate)),
                )
            }
            Some(b'[') => self.not_an_object("an array"),
            _ => self.not_an_object("a single value"),
        }
    }
}

impl<'de> DeserializeSeed<'de> for RowSeed {
    type Value = RawRow<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawRow<'de>, D::Error> {
        if self.with_care {
            let text = <&'de RawValue>::deserialize(deserializer)?;
            return Ok(self.read_with_care(text.get()));
        }
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
            let column = self.table.column_index(&name);
            let is_document =
                column.is_some_and(|it| self.table.columns[it].column_type.takes_document());
            let value =
                members.next_value_seed(FieldSeed { is_document, with_care: self.with_care })?;
            match column {
                Some(column) if row.fields[column] == RawField::Absent => match value {
                    Ok(field) => row.fields[column] = field,
                    Err(kind) => {
                        let name = self.table.columns[column].name;
                        return refuse(members, self.place, RowError::column(name, kind));
                    }
                },
                Some(column) => push_capped(&mut row.errors, || {
                    let name = self.table.columns[column].name;
                    RowError::column(name, RowErrorKind::DuplicateColumn)
                }),
                None if self.skips_marked && self.table.is_marked(&name) => {}
                None => push_capped(&mut row.errors, || {
                    RowError::given_column(&name, self.table.no_column_called(&name))
                }),
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

/// A row of which one value cannot be read, so that its others are not looked at.
fn refuse<'de, A: MapAccess<'de>>(
    mut members: A,
    place: Place,
    error: RowError,
) -> Result<RawRow<'de>, A::Error> {
    while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(RawRow::refused(place, error))
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

/// A member's value, or why it is none.
struct FieldSeed {
    /// Whether it is for a column of documents.
    is_document: bool,
    with_care: bool,
}

impl<'de> DeserializeSeed<'de> for FieldSeed {
    type Value = Result<RawField<'de>, RowErrorKind>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.is_document || self.with_care {
            let text = <&'de RawValue>::deserialize(deserializer)?.get();
            return match self.is_document {
                true if text == "null" => Ok(Ok(RawField::Null)),
                true => Ok(Ok(RawField::Document(text))),
                false => Ok(read_field(text)),
            };
        }
        deserializer.deserialize_any(FieldVisitor).map(Ok)
    }
}

/// Reads a value's text, which is JSON by its grammar.
fn read_field(text: &str) -> Result<RawField<'_>, RowErrorKind> {
    Ok(match text.as_bytes().first() {
        Some(b'"') => {
            let Name(text) = serde_json::from_str(text).map_err(|_| RowErrorKind::LoneSurrogate)?;
            RawField::Text(text)
        }
        Some(b'n') => RawField::Null,
        Some(b't') => RawField::Bool(true),
        Some(b'f') => RawField::Bool(false),
        Some(b'[') => RawField::Other("an array"),
        Some(b'{') => RawField::Other("an object"),
        _ => text.parse().map_or(RawField::Number(text), RawField::Integer),
    })
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = RawField<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<RawField<'de>, E> {
        Ok(RawField::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawField<'de>, E> {
        Ok(RawField::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<RawField<'de>, E> {
        Ok(RawField::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<RawField<'de>, E> {
        i64::try_from(value).map(RawField::Integer).map_err(|_| without_digits())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<RawField<'de>, E> {
        Err(without_digits())
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

/// Ends the first reading, which has lost what a type may need.
fn without_digits<E: serde::de::Error>() -> E {
    E::custom("a number without its digits: to be read with care")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{OFFICE, table};
    use alloc::format;
    use alloc::string::ToString;
    use proptest::prelude::*;

    /// The fields of each row, or the codes of its errors.
    fn jobs(body: &str) -> Result<Vec<String>, JsonError> {
        let mut rows = Vec::new();
        decode_rows(body.as_bytes(), table("jobs").unwrap(), |part| {
            let BodyItem::Row(table, row) = part else { panic!("{part:?}") };
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
        decode_tables(body.as_bytes(), OFFICE, |part| {
            parts.push(match part {
                BodyItem::Table(table) => table.name.to_string(),
                BodyItem::Row(table, row) => format!("{} {}", table.name, row.place.index.unwrap()),
                BodyItem::Fault(name, kind) => format!("{name}: {}", kind.code()),
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
            ("9223372036854775808", "Number(\"9223372036854775808\")"),
            ("18446744073709551615", "Number(\"18446744073709551615\")"),
            ("18446744073709551616", "Number(\"18446744073709551616\")"),
            ("99999999999999999999", "Number(\"99999999999999999999\")"),
            ("-9223372036854775808", "Integer(-9223372036854775808)"),
            ("-9223372036854775809", "Number(\"-9223372036854775809\")"),
            ("-18446744073709551616", "Number(\"-18446744073709551616\")"),
            ("-18446744073709551617", "Number(\"-18446744073709551617\")"),
            ("0", "Integer(0)"),
            ("-0", "Integer(0)"),
            ("1.0", "Number(\"1.0\")"),
            ("-0.0", "Number(\"-0.0\")"),
            ("0e0", "Number(\"0e0\")"),
            ("1e3", "Number(\"1e3\")"),
            ("1E20", "Number(\"1E20\")"),
            ("1.5e300", "Number(\"1.5e300\")"),
            ("-9223372036854775808.0", "Number(\"-9223372036854775808.0\")"),
            ("-9223372036854775809.5", "Number(\"-9223372036854775809.5\")"),
            ("18446744073709551616.0", "Number(\"18446744073709551616.0\")"),
            ("1e400", "Number(\"1e400\")"),
            ("-1e400", "Number(\"-1e400\")"),
            ("1e-400", "Number(\"1e-400\")"),
            ("-1e-400", "Number(\"-1e-400\")"),
            ("true", "Bool(true)"),
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
    fn what_serde_json_refuses_is_an_error_of_its_row() {
        let good = "[Integer(1), Absent]".to_string();
        let lone = "[\"invalid_json\"]".to_string();
        let wrong = "[\"wrong_type\"]".to_string();
        for (row, expected) in [
            (r#"{"job":"\ud83d","id":1}"#, &lone),
            (r#"{"id":1,"job":"x\uDE00y"}"#, &lone),
            (r#"{"id":1,"job":"\ud83d\ud83d"}"#, &lone),
            (r#"{"id":1,"job":"\ud83dx"}"#, &lone),
            (r#"{"id":1,"\ud83d":2}"#, &lone),
            (r#""\ud83d""#, &wrong),
            (r#"["\ud83d"]"#, &wrong),
            ("1e400", &wrong),
            ("-1e400", &wrong),
        ] {
            let body = format!("[{{\"id\":1}},\n {row} ,{{\"id\":1}}]");
            assert_eq!(
                jobs(&body),
                Ok(vec![good.clone(), expected.clone(), good.clone()]),
                "{row}"
            );
        }
        // A whole pair, an escape of a backslash, and values that no column has.
        for row in [r#"{"id":1,"job":"\ud83d\ude00"}"#, r#"{"id":1,"job":"\\ud83d"}"#] {
            let body = format!("[{row},{{\"id\":-0}}]");
            assert_eq!(jobs(&body).unwrap()[1], "[Integer(0), Absent]", "{row}");
            assert!(jobs(&body).unwrap()[0].starts_with("[Integer(1), Text("), "{row}");
        }
        assert_eq!(
            jobs(r#"[{"x":"\ud83d","y":1e400}]"#).unwrap(),
            ["[\"unknown_column\", \"unknown_column\"]"]
        );
    }

    #[test]
    fn a_second_reading_gives_each_part_once() {
        let body =
            r#"{"jobs":[{},{}],"cats":[1e400],"departments":[{},{"id":1e99},{}],"x":"\ud83d"}"#;
        assert_eq!(
            parts(body),
            Ok([
                "jobs",
                "jobs 0",
                "jobs 1",
                "cats: unknown_table",
                "departments",
                "departments 0",
                "departments 1",
                "departments 2",
                "x: unknown_table",
            ]
            .map(str::to_string)
            .to_vec())
        );
    }

    #[test]
    fn the_first_byte_that_is_not_utf_8_is_found() {
        for (body, line, column) in [
            (&b"\xff"[..], 1, 1),
            (b"\xff\xfe[\0]\0", 1, 1),
            (b"[\n {\"job\": \"caf\xe9\"}]", 2, 14),
            (b"\xef\xbb\xbf[\"\xe9\"]", 1, 3),
            (b"[\"\xc3\xa9\xe9\"]", 1, 5),
            (b"[\"\xc3", 1, 3),
            (b"[]\n\n\x80", 3, 1),
        ] {
            let found = decode_rows(body, table("jobs").unwrap(), |_| panic!("a part"));
            assert_eq!(found, Err(JsonError::Utf8 { line, column }), "{body:?}");
        }
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
            let _ = decode_tables(&body, OFFICE, |_| true);
            let _ = decode_rows(&body, table("jobs").unwrap(), |_| true);
        }

        #[test]
        fn both_readings_agree(
            text in r#"(\{("(id|job|x)":(-?[0-9]{1,21}|-?[0-9]\.[0-9]|"a"|null|\[1\]),?){0,4}\}|7|\[\]){1,3}"#,
        ) {
            let read = |with_care| {
                let place = Place { index: Some(0), line: None };
                let table = table("jobs").unwrap();
                let seed = RowSeed { table, place, skips_marked: false, with_care };
                decode(&text, seed).map(|row| format!("{row:?}")).map_err(|error| error.to_string())
            };
            match (read(false), read(true)) {
                (Err(error), _) if error.contains("with care") => {}
                (Err(_), careful) => prop_assert!(careful.is_err()),
                (fast, careful) => prop_assert_eq!(fast, careful),
            }
        }

        #[test]
        fn random_json_like_text_never_panics(body in r#"[\[\]{}:,"a-c0-9.eE\\-]{0,60}"#) {
            let _ = decode_tables(body.as_bytes(), OFFICE, |_| true);
            let _ = decode_rows(body.as_bytes(), table("jobs").unwrap(), |_| true);
        }
    }
}
