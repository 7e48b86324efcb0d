//! Cells that are changed, one or many at a time, and changed back.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::SheetError;
use super::rows::shown;
use super::selection::RowFilter;
use super::state::Sheet;
use super::undo::{Before, Undo};

/// What a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mended {
    /// How many cells or lines were changed.
    pub changed: u32,
    /// How many of their rows are good now.
    pub good: u32,
}

/// A text to be found, and what comes in its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replacement {
    /// What is looked for; an empty text is an empty cell.
    pub find: String,
    /// What comes in its place.
    pub put: String,
    /// Whether the whole cell must be what is looked for.
    pub is_whole: bool,
    /// The only column; all where none is named.
    pub column: Option<usize>,
}

impl Replacement {
    fn of(&self, value: Option<&str>) -> Option<String> {
        let value = value.unwrap_or_default();
        match self.is_whole || self.find.is_empty() {
            true => (value == self.find).then(|| self.put.clone()),
            false => value.contains(&*self.find).then(|| value.replace(&*self.find, &self.put)),
        }
    }
}

/// The most changes that can be taken back.
const UNDO_LIMIT: usize = 200;

impl Sheet {
    /// Changes a cell.
    pub fn set_cell(&mut self, row: u32, column: usize, text: &str) -> Result<Mended, SheetError> {
        self.check_cell(row, column)?;
        Ok(self.change(alloc::vec![(row, column as u16, text.to_string())]))
    }

    /// Writes a row that is no cells anew.
    pub fn set_line(&mut self, row: u32, text: &str) -> Result<Mended, SheetError> {
        if !self.broken.contains_key(&row) || self.format.lines.is_none() {
            return Err(SheetError::NoSuchCell);
        }
        if !self.is_open(row) {
            return Err(SheetError::Sent);
        }
        let mut line = text.replace(['\r', '\n'], " ");
        line.push('\n');
        let before = self.lines.insert(row, line);
        self.remember(alloc::vec![Before::Line { row, text: before }]);
        self.judge_again(row);
        Ok(Mended { changed: 1, good: u32::from(self.is_ready(row)) })
    }

    /// Puts one text into every cell of a column with a fault, in the rows that are meant.
    pub fn set_cells(&mut self, filter: &RowFilter, column: usize, text: &str) -> Mended {
        let rows = self.select(filter).into_iter();
        let cells = rows.filter(|row| self.check_cell(*row, column).is_ok());
        let cells = cells.map(|row| (row, column as u16, text.to_string())).collect();
        self.change(cells)
    }

    /// Finds a text in the cells of the rows that are meant, and replaces it.
    pub fn replace(&mut self, filter: &RowFilter, replacement: &Replacement) -> Mended {
        let columns = self.columns();
        let columns: Vec<usize> = match replacement.column {
            Some(column) => alloc::vec![column],
            None => columns,
        };
        let mut cells = Vec::new();
        let rows: Vec<u32> =
            self.select(filter).into_iter().filter(|it| self.is_open(*it)).collect();
        self.each_row(&rows, |row, raw| {
            for column in &columns {
                let Some(field) = raw.fields.get(*column) else { continue };
                let value = shown(field);
                if let Some(text) = replacement.of(value.as_deref()) {
                    cells.push((row, *column as u16, text));
                }
            }
        });
        self.change(cells)
    }

    /// Takes the last change back; `false` if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(Undo(mut changes)) = self.undo.pop() else { return false };
        // What was sent stays as it was sent.
        changes.retain(|before| self.is_open(before.row()));
        let mut rows: Vec<u32> = changes.iter().map(Before::row).collect();
        for before in changes {
            match before {
                Before::Cell { row, column, text: Some(text) } => {
                    self.edits.insert((row, column), text);
                }
                Before::Cell { row, column, text: None } => {
                    self.edits.remove(&(row, column));
                }
                Before::Line { row, text: Some(text) } => {
                    self.lines.insert(row, text);
                }
                Before::Line { row, text: None } => {
                    self.lines.remove(&row);
                }
            }
        }
        rows.dedup();
        rows.into_iter().for_each(|row| self.judge_again(row));
        true
    }

    /// Whether there is a change that can be taken back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    fn check_cell(&self, row: u32, column: usize) -> Result<(), SheetError> {
        if row >= self.len() || column >= self.table.columns.len() {
            return Err(SheetError::NoSuchCell);
        }
        let is_text = self.broken.contains_key(&row) && !self.lines.contains_key(&row);
        match (is_text, self.is_open(row)) {
            (true, _) => Err(SheetError::NotCells),
            (false, true) => Ok(()),
            (false, false) => Err(SheetError::Sent),
        }
    }

    fn change(&mut self, cells: Vec<(u32, u16, String)>) -> Mended {
        let mut rows: Vec<u32> = cells.iter().map(|(row, ..)| *row).collect();
        rows.dedup();
        let changed = cells.len() as u32;
        let before = cells.into_iter().map(|(row, column, text)| {
            let before = self.edits.insert((row, column), text);
            Before::Cell { row, column, text: before }
        });
        let before: Vec<_> = before.collect();
        if before.is_empty() {
            return Mended::default();
        }
        self.remember(before);
        for row in &rows {
            self.judge_again(*row);
        }
        let good = rows.iter().filter(|row| self.is_ready(**row)).count() as u32;
        Mended { changed, good }
    }

    fn remember(&mut self, changes: Vec<Before>) {
        if self.undo.len() == UNDO_LIMIT {
            self.undo.remove(0);
        }
        self.undo.push(Undo(changes));
    }
}
