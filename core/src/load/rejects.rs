//! The reject file: the lines that were not stored, as they were, and what is wrong with them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use core::future::Future;

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value, json};

use crate::lines::{LineDecoder, LineFormat};
use crate::outcome::RowError;
use crate::s3::PART_MINIMUM;
use crate::schema::Table;

/// Where the reject file goes.
pub trait RejectSink {
    /// Takes the file's next bytes: at least 5 MiB, the last ones aside. The error is in words.
    fn write(&mut self, bytes: Vec<u8>, last: bool) -> impl Future<Output = Result<(), String>>;

    /// Gives up what was written.
    fn abandon(&mut self) -> impl Future<Output = ()>;

    /// What the file is called, for the report.
    fn name(&self) -> String;
}

/// Writes rejected lines.
pub(super) struct RejectWriter<'s, S> {
    sink: &'s mut S,
    table: &'static Table,
    format: LineFormat,
    buffer: Vec<u8>,
    lines: u64,
    /// How many cells in front of a CSV line are a reject file's own: this is one come back.
    marks: usize,
}

impl<'s, S: RejectSink> RejectWriter<'s, S> {
    pub(super) fn new(sink: &'s mut S, table: &'static Table, format: LineFormat) -> Self {
        Self { sink, table, format, buffer: Vec::new(), lines: 0, marks: 0 }
    }

    /// Writes the decoder's row, which begins on `line`.
    pub(super) fn reject(&mut self, decoder: &LineDecoder, line: Option<u64>, errors: &[RowError]) {
        let line = line.unwrap_or_default();
        match self.format {
            LineFormat::Csv => {
                if self.lines == 0 {
                    self.csv_header(decoder.header());
                }
                self.csv_line(line, errors, decoder.text());
            }
            LineFormat::Ndjson => self.ndjson_line(line, errors, decoder.text()),
        }
        self.buffer.push(b'\n');
        self.lines += 1;
    }

    /// Whether there is enough in the buffer for [`Self::flush`] to hand it on.
    pub(super) fn has_part(&self) -> bool {
        self.buffer.len() >= PART_MINIMUM
    }

    /// Hands the buffer on once it is large enough.
    pub(super) async fn flush(&mut self) -> Result<(), String> {
        if !self.has_part() {
            return Ok(());
        }
        self.sink.write(core::mem::take(&mut self.buffer), false).await
    }

    /// Ends the file and answers its name, if there is one.
    pub(super) async fn finish(self) -> Result<Option<String>, String> {
        if self.lines == 0 {
            return Ok(None);
        }
        self.sink.write(self.buffer, true).await?;
        Ok(Some(self.sink.name()))
    }

    /// Begins anew.
    pub(super) async fn restart(&mut self) {
        self.buffer.clear();
        self.lines = 0;
        self.marks = 0;
        self.sink.abandon().await;
    }

    /// In front of the file's own columns, so that short and long lines stay as they are.
    fn csv_header(&mut self, header: Option<&[u8]>) {
        self.buffer.extend_from_slice(b"_line,_column,_code,_message,");
        match header {
            Some(header) => {
                self.marks =
                    header.split(|byte| *byte == b',').take_while(|cell| is_mark(cell)).count();
                self.buffer.extend_from_slice(after_cells(header, self.marks));
            }
            None => {
                let names: Vec<_> = self.table.columns.iter().map(|column| column.name).collect();
                self.buffer.extend_from_slice(names.join(",").as_bytes());
            }
        }
        self.buffer.push(b'\n');
    }

    fn csv_line(&mut self, line: u64, errors: &[RowError], text: &[u8]) {
        let columns = joined(errors, |error| error.column.as_deref().unwrap_or_default().into());
        let codes = joined(errors, |error| error.kind.code().into());
        let messages = joined(errors, |error| error.kind.to_string());
        let mut front = String::new();
        // Writing to a String cannot fail.
        _ = write!(front, "{line},{},{codes},{},", cell(&columns), cell(&messages));
        self.buffer.extend_from_slice(front.as_bytes());
        self.buffer.extend_from_slice(after_cells(text, self.marks));
    }

    /// The members stand in front as well; what is no object becomes the member `_text` of one.
    fn ndjson_line(&mut self, line: u64, errors: &[RowError], text: &[u8]) {
        let list: Vec<Value> = errors
            .iter()
            .map(|error| {
                let message = error.kind.to_string();
                json!({ "column": error.column, "code": error.kind.code(), "message": message })
            })
            .collect();
        let mut front = String::new();
        _ = write!(front, "{{\"_line\":{line},\"_errors\":{}", Value::from(list));
        self.buffer.extend_from_slice(front.as_bytes());
        match members(text) {
            Some(members) => {
                self.buffer.extend_from_slice(if members == "}" { b"" } else { b"," });
                self.buffer.extend_from_slice(members.as_bytes());
            }
            None => {
                let text = Value::from(String::from_utf8_lossy(text));
                self.buffer.extend_from_slice(alloc::format!(",\"_text\":{text}}}").as_bytes());
            }
        }
    }
}

/// What stands behind the opening brace, if the text is a JSON object, and behind the marks of a
/// reject file.
fn members(text: &[u8]) -> Option<&str> {
    serde_json::from_slice::<IgnoredAny>(text).ok()?;
    let text = core::str::from_utf8(text).ok()?;
    let members = text.trim_ascii_start().strip_prefix('{')?.trim_ascii_start();
    Some(
        after_member(members, "_line")
            .and_then(|rest| after_member(rest, "_errors"))
            .unwrap_or(members),
    )
}

/// What stands behind a member, if it is the first one.
fn after_member<'t>(members: &'t str, name: &str) -> Option<&'t str> {
    let value = members.strip_prefix('"')?.strip_prefix(name)?.strip_prefix("\":")?;
    let mut values = Deserializer::from_str(value).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    let rest = value[values.byte_offset()..].trim_ascii_start();
    Some(rest.strip_prefix(',').unwrap_or(rest).trim_ascii_start())
}

/// Whether a header's cell names a column that is read over.
fn is_mark(cell: &[u8]) -> bool {
    let name = cell.trim_ascii_start();
    name.strip_prefix(b"\"").unwrap_or(name).starts_with(b"_")
}

/// What stands behind so many cells of a CSV line.
fn after_cells(text: &[u8], cells: usize) -> &[u8] {
    let (mut left, mut quoted) = (cells, false);
    for (at, byte) in text.iter().enumerate() {
        if left == 0 {
            return &text[at..];
        }
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => left -= 1,
            _ => {}
        }
    }
    if left == 0 { &[] } else { text }
}

fn joined(errors: &[RowError], text: impl Fn(&RowError) -> String) -> String {
    errors.iter().map(text).collect::<Vec<_>>().join(";")
}

/// A CSV cell, quoted where that is needed.
fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        alloc::format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.into()
    }
}
