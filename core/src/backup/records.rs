//! A page's rows, as few pieces of memory as can be: a page has thousands of values.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::aws::data_api::{self, ExecuteStatement, Field, Target};
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};
use crate::table::record::Cell;

/// A query whose answer is read as [`Records`].
pub(super) struct Query<'q>(pub(super) ExecuteStatement<'q>);

impl Operation for Query<'_> {
    const SERVICE: Service = Service::RdsData;
    type Target = Target;
    type Error = data_api::Error;
    type Output = Records;

    fn to_request(&self, target: &Target) -> Request {
        self.0.to_request(target)
    }

    fn parse(response: Response) -> Result<Records, data_api::Error> {
        #[derive(Deserialize)]
        struct QueryResponse {
            records: Option<Records>,
        }
        let answer: QueryResponse = data_api::parse(&response)?;
        Ok(Records { bytes: response.body.len(), ..answer.records.unwrap_or_default() })
    }
}

/// The rows of one answer.
#[derive(Debug, Default)]
pub(super) struct Records {
    /// The values of all rows, one row behind the other.
    values: Vec<Value>,
    /// How many of them a row has.
    columns: usize,
    /// The texts, one behind the other.
    text: String,
    /// How many bytes the answer had.
    bytes: usize,
}

#[derive(Debug, Clone, Copy)]
enum Value {
    Null,
    Int(i64),
    /// Where it begins and ends in the texts; an answer has a million bytes at most, and a row in pieces some 64.
    Text(u32, u32),
    /// One that no column of ours holds.
    Other,
}

impl Records {
    /// One row of these values.
    pub(super) fn of_row(fields: Vec<Field>) -> Self {
        let mut records = Self { columns: fields.len(), ..Self::default() };
        for field in fields {
            let value = match field {
                Field::Null(_) => Value::Null,
                Field::Long(value) => Value::Int(value),
                Field::String(text) => {
                    let start = records.text.len() as u32;
                    records.text += &text;
                    Value::Text(start, records.text.len() as u32)
                }
                _ => Value::Other,
            };
            records.values.push(value);
        }
        records.bytes = records.text.len();
        records
    }

    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many rows.
    pub(super) fn len(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or_default()
    }

    /// How many bytes the answer had.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The integer of a row's column, if it is one.
    pub(super) fn int(&self, row: usize, column: usize) -> Option<i64> {
        match self.row(row)?.get(column)? {
            Value::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// A column of the last row as the text of a parameter.
    pub(super) fn last_text(&self, column: usize) -> Option<String> {
        match self.row(self.len().checked_sub(1)?)?.get(column)? {
            Value::Int(value) => Some(itoa::Buffer::new().format(*value).into()),
            Value::Text(start, end) => Some(self.text(*start, *end).into()),
            Value::Null | Value::Other => None,
        }
    }

    /// Drops all rows from this one on.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.values.truncate(rows * self.columns);
    }

    /// Puts a row's values into `cells`; answers `false` if one is of a type that no column of
    /// ours has.
    pub(super) fn cells<'r>(&'r self, row: usize, cells: &mut Vec<Cell<'r>>) -> bool {
        cells.clear();
        for value in self.row(row).unwrap_or_default() {
            cells.push(match *value {
                Value::Null => Cell::Null,
                Value::Int(value) => Cell::Int(value),
                Value::Text(start, end) => Cell::Text(Cow::Borrowed(self.text(start, end))),
                Value::Other => return false,
            });
        }
        true
    }

    fn row(&self, row: usize) -> Option<&[Value]> {
        self.values.get(row * self.columns..(row + 1) * self.columns)
    }

    fn text(&self, start: u32, end: u32) -> &str {
        &self.text[start as usize..end as usize]
    }
}

/// `[[{"longValue":1},{"stringValue":"a"}],…]`, every row of the same length.
impl<'de> Deserialize<'de> for Records {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowsVisitor(Records);

        impl<'de> Visitor<'de> for RowsVisitor {
            type Value = Records;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("rows")
            }

            fn visit_seq<A: SeqAccess<'de>>(mut self, mut rows: A) -> Result<Records, A::Error> {
                while rows.next_element_seed(RecordSeed(&mut self.0))?.is_some() {}
                Ok(self.0)
            }
        }

        deserializer.deserialize_seq(RowsVisitor(Self::default()))
    }
}

/// Reads one row into the records.
struct RecordSeed<'r>(&'r mut Records);

impl<'de> DeserializeSeed<'de> for RecordSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RecordSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let before = self.0.values.len();
        while let Some(value) = values.next_element_seed(ValueSeed(&mut self.0.text))? {
            self.0.values.push(value);
        }
        let columns = self.0.values.len() - before;
        if before > 0 && columns != self.0.columns {
            return Err(A::Error::custom("rows of different lengths"));
        }
        self.0.columns = columns;
        Ok(())
    }
}

/// The members that a value may have, of which it has one.
#[derive(Deserialize)]
enum Member {
    #[serde(rename = "isNull")]
    Null,
    #[serde(rename = "longValue")]
    Long,
    #[serde(rename = "stringValue")]
    String,
    #[serde(other)]
    Other,
}

/// Reads one value; a text goes to the end of the others.
struct ValueSeed<'t>(&'t mut String);

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let value = match members.next_key()? {
            Some(Member::Null) => members.next_value::<bool>().map(|_| Value::Null)?,
            Some(Member::Long) => Value::Int(members.next_value()?),
            Some(Member::String) => {
                let start = self.0.len() as u32;
                members.next_value_seed(TextSeed(self.0))?;
                Value::Text(start, self.0.len() as u32)
            }
            Some(Member::Other) => {
                members.next_value::<serde::de::IgnoredAny>().map(|_| Value::Other)?
            }
            None => return Err(A::Error::custom("a value without a member")),
        };
        match members.next_key::<serde::de::IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(A::Error::custom("a value with two members")),
        }
    }
}

/// Adds one text to the others.
struct TextSeed<'t>(&'t mut String);

impl<'de> DeserializeSeed<'de> for TextSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for TextSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use alloc::vec;

    fn parse(records: &str) -> Result<Records, data_api::Error> {
        let body = alloc::format!(r#"{{"records":{records},"numberOfRecordsUpdated":0}}"#);
        Query::parse(Response { status: 200, headers: vec![], body: body.into() })
    }

    /// Rows of one column.
    pub(in crate::backup) fn records(keys: &[i64]) -> Records {
        let rows: Vec<_> =
            keys.iter().map(|key| alloc::format!(r#"[{{"longValue":{key}}}]"#)).collect();
        parse(&alloc::format!("[{}]", rows.join(","))).unwrap()
    }

    #[test]
    fn rows_are_read_value_by_value() {
        let mut records = parse(
            r#"[[{"longValue":-7},{"stringValue":"a\n\u00e9\""}],[{"longValue":8},{"isNull":true}],
                [{"longValue":9},{"stringValue":""}]]"#,
        )
        .unwrap();
        assert_eq!((records.len(), records.is_empty()), (3, false));
        let mut cells = Vec::new();
        assert!(records.cells(0, &mut cells));
        assert_eq!(cells, [Cell::Int(-7), Cell::Text("a\né\"".into())]);
        assert!(records.cells(1, &mut cells));
        assert_eq!(cells, [Cell::Int(8), Cell::Null]);
        assert_eq!(
            (records.int(2, 0), records.int(2, 1), records.int(3, 0)),
            (Some(9), None, None)
        );
        assert_eq!(
            (records.last_text(0), records.last_text(1)),
            (Some("9".into()), Some("".into()))
        );
        records.truncate(1);
        assert_eq!((records.len(), records.last_text(1)), (1, Some("a\né\"".into())));
    }

    #[test]
    fn an_answer_without_rows_has_none() {
        assert!(parse("[]").unwrap().is_empty());
        let empty = Response { status: 200, headers: vec![], body: b"{}".to_vec() };
        assert_eq!(Query::parse(empty).unwrap().len(), 0);
    }

    #[test]
    fn a_value_of_another_type_is_in_no_row() {
        let records = parse(r#"[[{"doubleValue":1.5}]]"#).unwrap();
        assert!(!records.cells(0, &mut Vec::new()));
    }

    #[test]
    fn what_no_answer_looks_like_is_unreadable() {
        for records in [
            r#"[[{"longValue":1}],[{"longValue":1},{"longValue":2}]]"#,
            r#"[[{}]]"#,
            r#"[[{"longValue":1,"isNull":true}]]"#,
            r#"[[{"longValue":"1"}]]"#,
            r#"[[{"stringValue":1}]]"#,
            "[7]",
        ] {
            assert_eq!(parse(records).unwrap_err().error_type, "UnreadableAnswer", "{records}");
        }
    }
}
