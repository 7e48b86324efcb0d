//! What was changed in a sheet and what was sent of it, to be kept where the file is.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::error::SheetError;
use super::fault::CellFault;
use super::pending::Pending;
use super::state::Sheet;

/// The version of the form.
const FORM: u32 = 1;

/// Holds no cell but the changed ones, and never a key: only the id of one.
#[derive(Debug, Serialize, Deserialize)]
struct SavedSheet {
    form: u32,
    table: String,
    rows: u32,
    bytes: usize,
    edits: Vec<(u32, u16, String)>,
    lines: Vec<(u32, String)>,
    /// Runs of rows that are done: the first, and the one behind the last.
    done: Vec<(u32, u32)>,
    refused: Vec<(u32, Vec<CellFault>)>,
    #[serde(default)]
    refusals: Vec<(u32, u32)>,
    pending: Option<(Vec<u32>, String)>,
    sending: String,
}

impl Sheet {
    /// What [`go_on`](Self::go_on) takes, as JSON.
    pub fn saved(&self) -> String {
        let edits = self.edits.iter().map(|((row, column), text)| (*row, *column, text.clone()));
        let progress = SavedSheet {
            form: FORM,
            table: self.table.name.to_string(),
            rows: self.len(),
            bytes: self.text.len(),
            edits: edits.collect(),
            lines: self.lines.iter().map(|(row, text)| (*row, text.clone())).collect(),
            done: self.done_runs(),
            refused: self.refused.iter().map(|(row, faults)| (*row, faults.clone())).collect(),
            refusals: self.refusals.iter().map(|(row, times)| (*row, *times)).collect(),
            sending: self.sending.clone(),
            pending: self.pending.as_ref().map(|it| (it.rows.clone(), it.sender.clone())),
        };
        serde_json::to_string(&progress).unwrap_or_default()
    }

    /// Goes on with what was saved of the same file, once all of its rows are read.
    ///
    /// # Errors
    ///
    /// Where it was saved of another file.
    pub fn go_on(&mut self, saved: &str) -> Result<(), SheetError> {
        let other = |what: &str| SheetError::OtherState(what.to_string());
        let progress: SavedSheet =
            serde_json::from_str(saved).map_err(|_| other("it cannot be read"))?;
        let is_same = progress.form == FORM
            && progress.table == self.table.name
            && (progress.rows, progress.bytes) == (self.len(), self.text.len());
        if !is_same {
            return Err(other("table or length differ"));
        }
        let is_row = |row: u32| row < progress.rows;
        let edits = progress.edits.into_iter().filter(|(row, ..)| is_row(*row));
        self.edits.extend(edits.map(|(row, column, text)| ((row, column), text)));
        self.lines.extend(progress.lines.into_iter().filter(|(row, _)| is_row(*row)));
        let mut changed: Vec<u32> = self.edits.keys().map(|(row, _)| *row).collect();
        changed.extend(self.lines.keys());
        changed.sort_unstable();
        changed.dedup();
        changed.into_iter().for_each(|row| self.judge_again(row));
        for (first, end) in progress.done {
            (first..end.min(self.len())).for_each(|row| self.finish(row));
        }
        let refused = progress.refused.into_iter().filter(|(row, _)| is_row(*row));
        let refused: Vec<_> = refused.filter(|(row, _)| !self.bad.contains_key(row)).collect();
        self.refused.extend(refused);
        self.refusals.extend(progress.refusals);
        self.sending = progress.sending;
        self.pending =
            progress.pending.map(|(rows, sender)| Pending { rows, sender, is_repeated: true });
        Ok(())
    }

    fn done_runs(&self) -> Vec<(u32, u32)> {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        let rows = self.done.iter().enumerate().filter(|(_, done)| **done);
        for row in rows.map(|(row, _)| row as u32) {
            match runs.last_mut() {
                Some((_, end)) if *end == row => *end += 1,
                _ => runs.push((row, row + 1)),
            }
        }
        runs
    }
}
