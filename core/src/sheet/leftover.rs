//! The rows that are not stored, as a file that a spreadsheet opens and rowgate takes back.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::fault::CellFault;
use super::rows::shown;
use super::state::Sheet;
use crate::format::csv::{MARKS, Syntax};

/// A CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongRows {
    /// UTF-8 with a byte order mark, which a spreadsheet needs to know it.
    pub text: String,
    /// How many rows it has.
    pub rows: u32,
}

const BOM: char = '\u{feff}';

impl Sheet {
    /// The rows that are wrong, with what is wrong with each in front, in the file's own form.
    pub fn leftover(&self) -> WrongRows {
        let delimiter = self.delimiter();
        let columns = self.columns();
        let mut text = String::from(BOM);
        let names = columns.iter().map(|at| self.table.columns[*at].name);
        write_line(&mut text, MARKS.into_iter().chain(names), delimiter);
        let rows: Vec<u32> = self.wrong_rows().collect();
        for row in &rows {
            self.write_leftover(&mut text, *row, &columns, delimiter);
        }
        WrongRows { text, rows: rows.len() as u32 }
    }

    /// An empty file of a table, with a header.
    pub fn template(table: &crate::table::schema::Table, delimiter: char) -> String {
        let mut text = String::from(BOM);
        write_line(&mut text, table.columns.iter().map(|column| column.name), delimiter);
        text
    }

    fn write_leftover(&self, text: &mut String, row: u32, columns: &[usize], delimiter: char) {
        let faults = self.faults_of(row);
        let all = |member: fn(&CellFault) -> &str| {
            faults.iter().map(member).collect::<Vec<_>>().join("; ")
        };
        let line = self.line_of(row).to_string();
        let marks = [
            line,
            all(|fault| fault.column.as_deref().unwrap_or("")).replace(delimiter, " "),
            all(|fault| &fault.code).replace("; ", " "),
            all(|fault| &fault.message),
        ];
        if let (Some(own), None) = (self.broken.get(&row), self.lines.get(&row)) {
            write_cells(text, marks.iter().map(String::as_str), delimiter);
            text.push(delimiter);
            text.push_str(&own.text);
            text.push_str("\r\n");
            return;
        }
        let cells: Vec<Option<String>> = self.with_row(row, |raw| {
            columns.iter().map(|at| raw.fields.get(*at).and_then(shown)).collect()
        });
        let cells = cells.iter().map(|cell| cell.as_deref().unwrap_or(""));
        write_line(text, marks.iter().map(String::as_str).chain(cells), delimiter);
    }

    fn delimiter(&self) -> char {
        let syntax = self.later.dialect().map_or_else(Syntax::default, |dialect| dialect.syntax);
        char::from(syntax.delimiter)
    }
}

fn write_line<'t>(text: &mut String, cells: impl Iterator<Item = &'t str>, delimiter: char) {
    write_cells(text, cells, delimiter);
    text.push_str("\r\n");
}

fn write_cells<'t>(text: &mut String, cells: impl Iterator<Item = &'t str>, delimiter: char) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(delimiter);
        }
        match cell.contains([delimiter, '"', '\n', '\r']) {
            true => {
                text.push('"');
                text.push_str(&cell.replace('"', "\"\""));
                text.push('"');
            }
            false => text.push_str(cell),
        }
    }
}
