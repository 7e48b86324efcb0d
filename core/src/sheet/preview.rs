//! A file's first lines as cells, whatever they are for: what a person sees before the file can be read.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::rows::shown;
use crate::format::csv::{CsvDecoder, Dialect};
use crate::format::encoding::{Encoding, decoded};
use crate::table::issue::RowErrorKind;
use crate::table::schema::{Column, ColumnType, Table};

/// The first lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preview {
    /// What separates the cells, as the option says it.
    pub delimiter: String,
    /// The lines, each with its cells.
    pub lines: Vec<Vec<String>>,
}

/// How much of a file is looked at.
const LOOKED_AT: usize = 16 << 10;

/// The most lines that are shown.
const LINES: usize = 6;

/// The most cells of a line.
const CELLS: usize = 200;

/// The first lines of a file. Where no delimiter is told, it is the one with the most cells in the first line.
pub fn preview(bytes: &[u8], given: &Dialect) -> Preview {
    let bytes = &bytes[..bytes.len().min(LOOKED_AT)];
    let text = text_of(bytes, given);
    let whole = memchr::memrchr(b'\n', &text).map_or(text.len(), |end| end + 1);
    let delimiters = [",", ";", "tab", "|"];
    let told = given.given().find(|(name, _)| *name == "delimiter");
    let tried = delimiters.iter().filter(|it| told.as_ref().is_none_or(|(_, text)| text == **it));
    let previews = tried.map(|delimiter| lines(&text[..whole], given, delimiter));
    previews.max_by_key(|it| it.lines.first().map_or(0, Vec::len)).unwrap_or_default()
}

fn text_of(bytes: &[u8], given: &Dialect) -> Vec<u8> {
    let is_told = given.given().any(|(name, _)| name == "encoding");
    let encoding = match bytes {
        [0xFF, 0xFE, ..] => Encoding::Utf16Le,
        [0xFE, 0xFF, ..] => Encoding::Utf16Be,
        _ if is_told => given.encoding,
        bytes => match core::str::from_utf8(bytes) {
            Err(error) if error.error_len().is_some() => Encoding::Windows1252,
            _ => Encoding::Utf8,
        },
    };
    decoded(encoding, bytes, false).unwrap_or_else(|| bytes.into())
}

fn lines(text: &[u8], given: &Dialect, delimiter: &str) -> Preview {
    let mut dialect = given.clone();
    // What is known can be set.
    _ = dialect.set("delimiter", delimiter);
    _ = dialect.set("header", "absent");
    let dialect = Arc::new(dialect);
    let width = width(text, &dialect);
    let mut decoder = CsvDecoder::of_dialect(cells_table(width), dialect);
    let (mut rest, mut found) = (text, Vec::new());
    while found.len() < LINES
        && let Some(row) = decoder.next_row(&mut rest)
    {
        let cells = row.fields.iter().map(|field| shown(field).unwrap_or_default());
        found.push(cells.map(|cell| cell.chars().take(80).collect()).collect());
    }
    Preview { delimiter: delimiter.to_string(), lines: found }
}

/// How many cells the first line has.
fn width(text: &[u8], dialect: &Arc<Dialect>) -> usize {
    let mut decoder = CsvDecoder::of_dialect(cells_table(1), dialect.clone());
    let mut rest = text;
    let Some(row) = decoder.next_row(&mut rest) else { return 1 };
    let counted = row.errors.iter().find_map(|error| match error.kind {
        RowErrorKind::WrongFieldCount { got, .. } => Some(got),
        _ => None,
    });
    counted.unwrap_or(1).clamp(1, CELLS)
}

/// A table of so many texts; each width is kept for the life of the process.
fn cells_table(width: usize) -> &'static Table {
    let of = ColumnType::of("longtext", None, None);
    let column = |at: usize| {
        let name: &'static str = Box::leak(at.to_string().into_boxed_str());
        Some(Column::new(name, of?))
    };
    let columns: Vec<Column> = (0..width).filter_map(column).collect();
    Box::leak(Box::new(Table::new("", Box::leak(columns.into_boxed_slice()))))
}
