//! The reject files: the lines that were not stored, as they were, and what is wrong with them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use core::future::Future;

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use crate::aws::s3::PART_MINIMUM;
use crate::base::printable::printable;
use crate::format::csv::MARKS;
use crate::format::json;
use crate::format::lines::{LineDecoder, LineFormat};
use crate::table::outcome::RowError;
use crate::table::schema::Table;

/// The most bytes of rejected lines that are given back, of both files together.
const BYTES_LIMIT: u64 = 256 << 20;

/// Where a reject file goes.
pub trait RejectSink {
    /// Takes the file's next bytes: at least 5 MiB, the last ones aside. The error is in words.
    fn write(&mut self, bytes: Vec<u8>, last: bool) -> impl Future<Output = Result<(), String>>;

    /// Gives up what was written.
    fn abandon(&mut self) -> impl Future<Output = ()>;

    /// What the file is called, for the report.
    fn name(&self) -> String;
}

/// The two files of rejected lines.
#[derive(Debug)]
pub struct RejectSinks<S> {
    /// Lines with what is wrong with them, in UTF-8.
    pub rejects: S,
    /// Lines that are not UTF-8, byte for byte as they were.
    pub undecoded: S,
}

/// What the reject files are called, of those that there are.
#[derive(Debug, Default)]
pub(super) struct RejectNames {
    pub(super) rejects: Option<String>,
    pub(super) undecoded: Option<String>,
    /// The first line that is in neither of them, since they were full.
    pub(super) full_at_line: Option<u64>,
}

/// Writes rejected lines.
pub(super) struct RejectWriter<'s, S> {
    rejects: RejectFile<'s, S>,
    undecoded: RejectFile<'s, S>,
    table: &'static Table,
    format: LineFormat,
    bytes: u64,
    full_at_line: Option<u64>,
    /// Whether rejected lines of earlier rows are not in it.
    pub(super) is_incomplete: bool,
}

struct RejectFile<'s, S> {
    sink: &'s mut S,
    buffer: Vec<u8>,
    lines: u64,
}

impl<'s, S: RejectSink> RejectWriter<'s, S> {
    pub(super) fn new(
        sinks: &'s mut RejectSinks<S>,
        table: &'static Table,
        format: LineFormat,
    ) -> Self {
        Self {
            rejects: RejectFile::new(&mut sinks.rejects),
            undecoded: RejectFile::new(&mut sinks.undecoded),
            table,
            format,
            bytes: 0,
            full_at_line: None,
            is_incomplete: false,
        }
    }

    /// Writes the decoder's row, which begins on `line`, unless the files are full.
    pub(super) fn reject(&mut self, decoder: &LineDecoder, line: Option<u64>, errors: &[RowError]) {
        let line = line.unwrap_or_default();
        if self.bytes >= BYTES_LIMIT {
            let first = self.full_at_line.get_or_insert(line);
            *first = line.min(*first);
            return;
        }
        self.bytes += match decoder.is_utf8() {
            true => self.reject_text(decoder, line, errors),
            false => self.undecoded.raw_line(decoder),
        };
    }

    /// Whether there is enough in a buffer for [`Self::flush`] to hand it on.
    pub(super) fn has_part(&self) -> bool {
        self.rejects.has_part() || self.undecoded.has_part()
    }

    /// Hands a buffer on once it is large enough.
    pub(super) async fn flush(&mut self) -> Result<(), String> {
        self.rejects.flush().await?;
        self.undecoded.flush().await
    }

    /// Ends the files and answers what they are called.
    pub(super) async fn finish(self) -> Result<RejectNames, String> {
        Ok(RejectNames {
            rejects: self.rejects.finish().await?,
            undecoded: self.undecoded.finish().await?,
            full_at_line: self.full_at_line,
        })
    }

    /// Begins anew.
    pub(super) async fn restart(&mut self) {
        (self.bytes, self.full_at_line, self.is_incomplete) = (0, None, false);
        self.rejects.restart().await;
        self.undecoded.restart().await;
    }

    /// Answers how many bytes were added.
    fn reject_text(&mut self, decoder: &LineDecoder, line: u64, errors: &[RowError]) -> u64 {
        let before = self.rejects.buffer.len();
        match self.format {
            LineFormat::Csv => {
                if self.rejects.lines == 0 {
                    self.rejects.csv_header(decoder.own_header(), self.table);
                }
                self.rejects.csv_line(line, errors, decoder.own_text());
            }
            LineFormat::Ndjson => self.rejects.ndjson_line(line, errors, decoder.text()),
        }
        self.rejects.end_line();
        (self.rejects.buffer.len() - before) as u64
    }
}

impl<'s, S: RejectSink> RejectFile<'s, S> {
    fn new(sink: &'s mut S) -> Self {
        Self { sink, buffer: Vec::new(), lines: 0 }
    }

    fn has_part(&self) -> bool {
        self.buffer.len() >= PART_MINIMUM
    }

    async fn flush(&mut self) -> Result<(), String> {
        match self.has_part() {
            true => self.sink.write(core::mem::take(&mut self.buffer), false).await,
            false => Ok(()),
        }
    }

    async fn finish(self) -> Result<Option<String>, String> {
        if self.lines == 0 {
            return Ok(None);
        }
        self.sink.write(self.buffer, true).await?;
        Ok(Some(self.sink.name()))
    }

    async fn restart(&mut self) {
        self.buffer.clear();
        self.lines = 0;
        self.sink.abandon().await;
    }

    fn end_line(&mut self) {
        self.buffer.push(b'\n');
        self.lines += 1;
    }

    /// The line and, in front of the first one, the header: a file in the source's own encoding.
    fn raw_line(&mut self, decoder: &LineDecoder) -> u64 {
        let before = self.buffer.len();
        if let Some(header) = decoder.header().filter(|_| self.lines == 0) {
            self.buffer.extend_from_slice(header);
            self.buffer.push(b'\n');
        }
        self.buffer.extend_from_slice(decoder.text());
        self.end_line();
        (self.buffer.len() - before) as u64
    }

    /// The marks are in front of the file's own columns, so that short and long lines stay as they
    /// are. The byte order mark is for spreadsheets, which else take UTF-8 for another encoding.
    fn csv_header(&mut self, header: Option<&[u8]>, table: &Table) {
        self.buffer.extend_from_slice(json::BOM);
        for mark in MARKS {
            self.buffer.extend_from_slice(mark.as_bytes());
            self.buffer.push(b',');
        }
        match header {
            Some(header) => self.buffer.extend_from_slice(header),
            None => {
                let names: Vec<_> = table.columns.iter().map(|column| column.name).collect();
                self.buffer.extend_from_slice(names.join(",").as_bytes());
            }
        }
        self.buffer.push(b'\n');
    }

    fn csv_line(&mut self, line: u64, errors: &[RowError], text: &[u8]) {
        let columns = joined(errors, |error| error.column.as_deref().unwrap_or_default().into());
        let codes = joined(errors, |error| error.kind.code().into());
        let messages = joined(errors, |error| error.kind.to_string());
        let (columns, messages) = (printable(&columns), printable(&messages));
        let mut front = String::new();
        // Writing to a String cannot fail.
        _ = write!(front, "{line},{},{codes},{},", cell(&columns), cell(&messages));
        self.buffer.extend_from_slice(front.as_bytes());
        self.buffer.extend_from_slice(text);
    }

    /// The members stand in front as well; what is no object becomes the member `_text` of one.
    fn ndjson_line(&mut self, line: u64, errors: &[RowError], text: &[u8]) {
        let list: Vec<Value> = errors
            .iter()
            .map(|error| {
                let message = error.kind.to_string();
                serde_json::json!({ "column": error.column, "code": error.kind.code(), "message": message })
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
