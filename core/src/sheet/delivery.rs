//! Rows that are sent to the gate: one request at a time, and what its answer says of them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Deserialize;
use serde_json::Value;

use super::bodies::RequestBody;
use super::fault::CellFault;
use super::pending::Pending;
use super::state::Sheet;

/// What is to be done after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryStep {
    /// The rows are stored, or the table has them; go on.
    Stored {
        /// Rows that were written.
        stored: u64,
        /// Rows that the table had and that were left as they are.
        kept: u64,
    },
    /// The same rows were stored by an earlier sending, and are not stored again: ask whether they shall be.
    SentBefore,
    /// Nothing was stored: the same rows were sent before with another choice for rows that the table has; ask
    /// whether they shall be sent with this one.
    SentOtherwise,
    /// Nothing was stored, and so many rows are refused by name; go on with the others.
    Refused {
        /// How many.
        rows: u32,
    },
    /// Nothing was stored: send fewer rows at once.
    Smaller,
    /// The answer is not known, or the gate is busy: send the same again.
    Again,
    /// It will not do by itself.
    Stop {
        /// The problem's name, or empty.
        code: String,
        /// What is wrong, in words.
        message: String,
    },
}

/// What a dry run says of some rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forecast {
    /// Rows that would be written.
    pub stored: u64,
    /// Those of them that the table has, where that was counted.
    pub updated: u64,
    /// Rows that would be left as they are.
    pub kept: u64,
    /// Rows that would be refused.
    pub rejected: u64,
}

/// The members of the gate's answer that matter here.
#[derive(Debug, Default, Deserialize)]
struct GateAnswer {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    tables: serde_json::Map<String, Value>,
    #[serde(default)]
    errors: Vec<NamedError>,
}

#[derive(Debug, Deserialize)]
struct NamedError {
    index: Option<usize>,
    column: Option<String>,
    code: String,
    message: String,
}

impl GateAnswer {
    fn read(body: &[u8]) -> Self {
        let text = core::str::from_utf8(body).unwrap_or_default();
        serde_json::from_str(text).unwrap_or_default()
    }

    fn sum(&self, count: &str) -> u64 {
        self.tables.values().filter_map(|table| table.get(count)?.as_u64()).sum()
    }

    /// The last part of the problem's type.
    fn code(&self) -> &str {
        self.r#type.rsplit(':').next().unwrap_or_default()
    }

    fn stop(self) -> DeliveryStep {
        let message = match self.detail.is_empty() {
            true => "the gateway gave no answer that can be read".to_string(),
            false => self.detail.clone(),
        };
        DeliveryStep::Stop { code: self.code().to_string(), message }
    }
}

impl Sheet {
    /// The next rows to be sent, or again those whose answer is not known; `None` if none is ready.
    ///
    /// The rows cannot be changed until [`settle`](Self::settle) was given the answer. `sender` is the id of the
    /// API key.
    ///
    /// # Errors
    ///
    /// In words, where the rows whose answer is not known were sent with another key.
    pub fn deliver(
        &mut self,
        sender: &str,
        most_rows: usize,
        most_bytes: usize,
    ) -> Result<Option<RequestBody>, String> {
        if let Some(pending) = &self.pending {
            if pending.sender != sender {
                return Err(alloc::format!(
                    "the last rows were sent with key {}, and it is not known whether they are stored; go on \
                     with that key",
                    pending.sender
                ));
            }
            let (body, _) = self.body_of(&pending.rows, usize::MAX);
            return Ok(Some(body));
        }
        loop {
            let (body, unwritten) = self.body_from(0, most_rows, most_bytes);
            for (row, fault) in unwritten.iter().cloned() {
                self.refuse(row, fault);
            }
            if !body.rows.is_empty() {
                self.pending = Some(Pending {
                    rows: body.rows.clone(),
                    sender: sender.to_string(),
                    is_repeated: false,
                });
                return Ok(Some(body));
            }
            if unwritten.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Takes the answer to the rows that were sent; the status is 0 where none came. `is_replay` says that the
    /// answer is the one to an earlier request.
    pub fn settle(&mut self, status: u16, is_replay: bool, body: &[u8]) -> DeliveryStep {
        let answer = GateAnswer::read(body);
        let Some(pending) = &mut self.pending else { return answer.stop() };
        // Rows that another sending has stored may have been deleted since.
        if status == 200 && is_replay && !pending.is_repeated {
            return DeliveryStep::SentBefore;
        }
        pending.is_repeated = true;
        match status {
            200 => {
                let step =
                    DeliveryStep::Stored { stored: answer.sum("stored"), kept: answer.sum("kept") };
                let rows = self.pending.take().map(|pending| pending.rows);
                rows.into_iter().flatten().for_each(|row| self.finish(row));
                step
            }
            409 if answer.code() == "in_progress" => DeliveryStep::Again,
            422 if answer.code() == "idempotency_key_reused" => {
                self.pending = None;
                DeliveryStep::SentOtherwise
            }
            409 | 422 => {
                let rows = pending.rows.clone();
                self.take_refusals(&rows, answer)
            }
            413 if pending.rows.len() > 1 => {
                self.pending = None;
                DeliveryStep::Smaller
            }
            0 | 408 | 425 | 429 | 502 | 503 | 504 => DeliveryStep::Again,
            _ => answer.stop(),
        }
    }

    /// Refuses the rows that an answer names, which says that nothing was stored.
    fn take_refusals(&mut self, rows: &[u32], answer: GateAnswer) -> DeliveryStep {
        let named = self.refuse_named(rows, &answer);
        if named.is_empty() {
            return answer.stop();
        }
        self.pending = None;
        for row in &named {
            *self.refusals.entry(*row).or_default() += 1;
        }
        DeliveryStep::Refused { rows: named.len() as u32 }
    }

    fn refuse_named(&mut self, rows: &[u32], answer: &GateAnswer) -> Vec<u32> {
        let mut named = Vec::new();
        for error in &answer.errors {
            let Some(row) = error.index.and_then(|index| rows.get(index)) else { continue };
            let (code, message) = (error.code.clone(), error.message.clone());
            self.refuse(*row, CellFault { column: error.column.clone(), code, message });
            named.push(*row);
        }
        named.sort_unstable();
        named.dedup();
        named
    }

    /// Sends the rows at hand, and those behind them, as rows of a sending of their own.
    pub fn send_anew(&mut self, sending: &str) {
        self.sending = sending.to_string();
        self.pending = None;
    }

    /// Takes the rows at hand as done: an earlier sending has stored them.
    pub fn take_as_done(&mut self) {
        if let Some(pending) = self.pending.take() {
            pending.rows.into_iter().for_each(|row| self.finish(row));
        }
    }

    /// The body of a dry run: good rows from a row on.
    pub fn probe(&self, from: u32, most_rows: usize, most_bytes: usize) -> Option<RequestBody> {
        let (body, _) = self.body_from(from, most_rows, most_bytes);
        (!body.rows.is_empty()).then_some(body)
    }

    /// Takes the answer to a dry run. Rows that it names are refused.
    ///
    /// # Errors
    ///
    /// What is to be done, where the answer is none of a dry run.
    pub fn take_probe(
        &mut self,
        rows: &[u32],
        status: u16,
        body: &[u8],
    ) -> Result<Forecast, DeliveryStep> {
        let answer = GateAnswer::read(body);
        let is_report = matches!(status, 200 | 207 | 409 | 422) && !answer.tables.is_empty();
        if !is_report {
            return Err(match status {
                0 | 408 | 425 | 429 | 502 | 503 | 504 => DeliveryStep::Again,
                _ => answer.stop(),
            });
        }
        self.refuse_named(rows, &answer);
        Ok(Forecast {
            stored: answer.sum("stored"),
            updated: answer.sum("updated"),
            kept: answer.sum("kept"),
            rejected: answer.sum("rejected"),
        })
    }

    pub(super) fn refuse(&mut self, row: u32, fault: CellFault) {
        self.refused.entry(row).or_default().push(fault);
    }

    /// A row that is stored is good, whatever rules it is read by since.
    pub(super) fn finish(&mut self, row: u32) {
        self.bad.remove(&row);
        let done = &mut self.done[row as usize];
        if !core::mem::replace(done, true) {
            self.done_count += 1;
        }
    }

    /// Lets the rows that the database refused be sent again as they are, in requests of their own: a refusal
    /// is answered again for as long as its key is known, whatever has become of the table.
    pub fn forgive(&mut self) {
        self.refused.clear();
    }
}
