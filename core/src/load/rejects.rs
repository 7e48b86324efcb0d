//! The reject files: the lines that were not stored, as they were, and what is wrong with them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;
use core::future::Future;

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Value};

use super::options::LoadOptions;
use super::reject_room::{LeftOutLines, RejectRoom};
use crate::aws::s3::PART_MINIMUM;
use crate::base::printable::printable;
use crate::format::csv::{self, CsvDecoder, MARKS, MARKS_WITH_FORMULAS, Syntax};
use crate::format::encoding::Encoding;
use crate::format::json;
use crate::format::row_reader::{RejectedRow, RowReader};
#[cfg(feature = "xlsx-write")]
use crate::format::xlsx::{RejectedSheet, RejectedSheetRow};
use crate::table::issue::RowError;
use crate::table::schema::Table;

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
    /// Lines with bytes that are no character, byte for byte as they were.
    pub undecoded: S,
}

/// What the reject files are called, of those that there are.
#[derive(Debug, Default)]
pub(super) struct RejectNames {
    pub(super) rejects: Option<String>,
    pub(super) undecoded: Option<String>,
    /// The lines that are in neither of them, since they were full.
    pub(super) left_out: LeftOutLines,
}

/// Writes rejected lines.
pub(super) struct RejectWriter<'s, S> {
    rejects: RejectFile<'s, S>,
    undecoded: RejectFile<'s, S>,
    table: &'static Table,
    room: RejectRoom,
    /// Whether rejected lines of earlier rows are not in it.
    pub(super) is_incomplete: bool,
}

struct RejectFile<'s, S> {
    sink: &'s mut S,
    buffer: Vec<u8>,
    lines: u64,
    /// Whether formulas in lines of CSV are marked.
    marks_formulas: bool,
    /// The workbook of the rows of one, instead of lines; or why there is none.
    #[cfg(feature = "xlsx-write")]
    sheet: Option<Result<RejectedSheet, String>>,
}

impl<'s, S: RejectSink> RejectWriter<'s, S> {
    pub(super) fn new(
        sinks: &'s mut RejectSinks<S>,
        table: &'static Table,
        options: &LoadOptions,
    ) -> Self {
        Self {
            rejects: RejectFile::new(&mut sinks.rejects, options.mark_formulas),
            undecoded: RejectFile::new(&mut sinks.undecoded, false),
            table,
            room: RejectRoom::new(options.max_reject_lines, options.max_reject_bytes),
            is_incomplete: false,
        }
    }

    /// Writes the row at hand, which begins on `line`, unless the files are full.
    pub(super) fn reject(&mut self, rows: &dyn RowReader, line: Option<u64>, errors: &[RowError]) {
        if self.room.is_full() {
            return self.leave_out(line);
        }
        let row = rows.reject();
        let is_decoded = !matches!(row, RejectedRow::Undecoded { .. });
        let file = if is_decoded { &mut self.rejects } else { &mut self.undecoded };
        let before = file.buffer.len();
        match row {
            RejectedRow::Undecoded { text, header } => file.raw_line(rows, text, header),
            RejectedRow::Csv(decoder) => file.csv_line(self.table, decoder, line, errors),
            #[cfg(feature = "xlsx-write")]
            RejectedRow::Sheet(row) => return self.sheet_row(&row, line, errors),
            #[cfg(all(feature = "xlsx", not(feature = "xlsx-write")))]
            RejectedRow::Sheet(row) => file.cells(&row.header(), &row.texts(), line, errors),
            RejectedRow::Json(text) => file.json_line(rows.encoding(), &text, line, errors),
        }
        if self.room.take((file.buffer.len() - before) as u64) {
            file.lines += 1;
        } else {
            file.buffer.truncate(before);
            self.leave_out(line);
        }
    }

    /// Writes a row of a sheet into a sheet.
    #[cfg(feature = "xlsx-write")]
    fn sheet_row(&mut self, row: &RejectedSheetRow<'_>, line: Option<u64>, errors: &[RowError]) {
        let marks = marks_of(errors);
        let length = marks.iter().map(String::len).sum::<usize>() + row.length();
        let fits = self.room.take(length as u64);
        if !fits || !self.rejects.sheet_row(marks, row, line, errors) {
            self.leave_out(line);
        }
    }

    /// Whether every further line is left out.
    pub(super) fn is_full(&self) -> bool {
        self.room.is_full()
    }

    /// Counts a line that is in neither file.
    pub(super) fn leave_out(&mut self, line: Option<u64>) {
        self.room.leave_out(line.unwrap_or_default());
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
            left_out: self.room.left_out(),
        })
    }

    /// Begins anew.
    pub(super) async fn restart(&mut self) {
        (self.room, self.is_incomplete) = (self.room.emptied(), false);
        self.rejects.restart().await;
        self.undecoded.restart().await;
    }
}

impl<'s, S: RejectSink> RejectFile<'s, S> {
    fn new(sink: &'s mut S, marks_formulas: bool) -> Self {
        Self {
            sink,
            buffer: Vec::new(),
            lines: 0,
            marks_formulas,
            #[cfg(feature = "xlsx-write")]
            sheet: None,
        }
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

    #[cfg_attr(not(feature = "xlsx-write"), allow(unused_mut, reason = "a workbook ends in it"))]
    async fn finish(mut self) -> Result<Option<String>, String> {
        if self.lines == 0 {
            return Ok(None);
        }
        #[cfg(feature = "xlsx-write")]
        if let Some(sheet) = self.sheet {
            self.buffer = sheet?.finish()?;
        }
        self.sink.write(self.buffer, true).await?;
        Ok(Some(self.sink.name()))
    }

    async fn restart(&mut self) {
        self.buffer.clear();
        self.lines = 0;
        #[cfg(feature = "xlsx-write")]
        {
            self.sheet = None;
        }
        self.sink.abandon().await;
    }

    /// The line and, in front of the first one, the header: a file in the source's own encoding.
    ///
    /// UTF-16 has its byte order mark. Where lines are passed over at the start, there are as many empty ones.
    fn raw_line(&mut self, rows: &dyn RowReader, line: &[u8], header: Option<&[u8]>) {
        let (mut text, encoding) = (Vec::new(), rows.encoding());
        if self.lines == 0 {
            if matches!(encoding, Encoding::Utf16Le | Encoding::Utf16Be) {
                text.extend_from_slice(json::BOM);
            }
            let skipped = rows.dialect().map_or(0, |dialect| dialect.skip_lines);
            text.extend((0..skipped).map(|_| b'\n'));
            if let Some(header) = header {
                text.extend_from_slice(header);
                text.push(b'\n');
            }
        }
        text.extend_from_slice(line);
        text.push(b'\n');
        self.buffer.append(&mut encoding.encoded(&text));
    }

    /// The marks are in front of the file's own columns, so that short and long lines stay as they
    /// are. The byte order mark is for spreadsheets, which else take UTF-8 for another encoding.
    ///
    /// Where lines are passed over at the start, there are as many empty ones.
    fn csv_header(&mut self, decoder: &CsvDecoder, table: &Table) {
        let (dialect, header) = (decoder.dialect(), decoder.own_header());
        let delimiter = dialect.syntax.delimiter;
        self.buffer.extend_from_slice(json::BOM);
        self.buffer.extend((0..dialect.skip_lines).map(|_| b'\n'));
        let marks = if self.marks_formulas { MARKS_WITH_FORMULAS } else { MARKS };
        for mark in marks {
            self.buffer.extend_from_slice(mark.as_bytes());
            self.buffer.push(delimiter);
        }
        match header {
            Some(header) => self.buffer.extend_from_slice(header),
            None => {
                let names: Vec<_> = table.columns.iter().map(|column| column.name).collect();
                let delimiter = char::from(delimiter).to_string();
                self.buffer.extend_from_slice(names.join(&delimiter).as_bytes());
            }
        }
        self.buffer.push(b'\n');
    }

    fn csv_line(
        &mut self,
        table: &Table,
        decoder: &CsvDecoder,
        line: Option<u64>,
        errors: &[RowError],
    ) {
        if self.lines == 0 {
            self.csv_header(decoder, table);
        }
        let front = front_of(line, errors, decoder.dialect().syntax);
        let line = [front.as_bytes(), decoder.own_text()].concat();
        self.marked_line(line);
    }

    /// Adds a row to the workbook; `false` if that does not carry it.
    #[cfg(feature = "xlsx-write")]
    fn sheet_row(
        &mut self,
        marks: [String; 3],
        row: &RejectedSheetRow<'_>,
        line: Option<u64>,
        errors: &[RowError],
    ) -> bool {
        let Ok(sheet) = self.sheet.get_or_insert_with(|| RejectedSheet::new(row)) else {
            self.lines += 1;
            return true;
        };
        let added = sheet.push(line.unwrap_or_default(), marks, row, errors);
        self.lines += u64::from(added);
        added
    }

    /// A row of a sheet as a line of CSV, below the sheet's own header.
    #[cfg(all(feature = "xlsx", not(feature = "xlsx-write")))]
    fn cells(
        &mut self,
        header: &[String],
        cells: &[String],
        line: Option<u64>,
        errors: &[RowError],
    ) {
        let syntax = Syntax::default();
        let row = |cells: &[String]| {
            cells.iter().map(|text| cell(text, syntax)).collect::<Vec<_>>().join(",")
        };
        if self.lines == 0 {
            self.buffer.extend_from_slice(json::BOM);
            let marks = if self.marks_formulas { MARKS_WITH_FORMULAS } else { MARKS };
            let text = marks.join(",") + "," + &row(header) + "\n";
            self.buffer.extend_from_slice(text.as_bytes());
        }
        let line = front_of(line, errors, syntax) + &row(cells);
        self.marked_line(line.into_bytes());
    }

    fn marked_line(&mut self, line: Vec<u8>) {
        let line = if self.marks_formulas { csv::mark_formulas(&line) } else { line };
        self.buffer.extend_from_slice(&line);
        self.buffer.push(b'\n');
    }

    /// The members are in front as well; what is no object becomes the member `_text` of one.
    ///
    /// What another encoding was decoded to has a byte order mark, so that it is not taken for that encoding
    /// again.
    fn json_line(
        &mut self,
        encoding: Encoding,
        text: &[u8],
        line: Option<u64>,
        errors: &[RowError],
    ) {
        if self.lines == 0 && encoding != Encoding::Utf8 {
            self.buffer.extend_from_slice(json::BOM);
        }
        let line = line.unwrap_or_default();
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
        self.buffer.push(b'\n');
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

/// The columns, the codes and the messages of a row's errors.
fn marks_of(errors: &[RowError]) -> [String; 3] {
    let columns = joined(errors, |error| error.column.as_deref().unwrap_or_default().into());
    let codes = joined(errors, |error| error.kind.code().into());
    let messages = joined(errors, |error| error.kind.to_string());
    [printable(&columns).into_owned(), codes, printable(&messages).into_owned()]
}

/// The marks in front of a line of CSV.
fn front_of(line: Option<u64>, errors: &[RowError], syntax: Syntax) -> String {
    let line = line.unwrap_or_default().to_string();
    let mut front = String::new();
    for text in [line].into_iter().chain(marks_of(errors)) {
        front += &cell(&text, syntax);
        front.push(char::from(syntax.delimiter));
    }
    front
}

/// A CSV cell, quoted where that is needed. Where there are no quotes, blanks stand for what they would
/// enclose.
fn cell(text: &str, syntax: Syntax) -> String {
    let (delimiter, quote) = (char::from(syntax.delimiter), char::from(syntax.quote));
    let text = if syntax.escapes { text.replace('\\', "\\\\") } else { text.to_string() };
    let is_special = |it: char| it == delimiter || it == quote || matches!(it, '\n' | '\r');
    match text.contains(is_special) {
        false => text,
        true if syntax.has_quotes() => {
            let doubled = text.replace(quote, &alloc::format!("{quote}{quote}"));
            alloc::format!("{quote}{doubled}{quote}")
        }
        true => text.replace(is_special, " "),
    }
}
