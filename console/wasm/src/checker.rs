//! One file of one table, from its bytes to its requests.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rowgate_core::schema::Table;
use rowgate_core::{RequestBody, Sheet, SheetError, table_alone};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::answers::{self, BodyNote};
use crate::options::{self, OpenOptions};

/// One file of one table, checked and mended in memory.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Checker {
    table: &'static Table,
    sheet: Option<Sheet>,
    /// The rows that the page looks at; all where there are none.
    view: Option<Vec<u32>>,
    /// The rows of the dry run whose answer is awaited.
    probed: Vec<u32>,
}

#[wasm_bindgen]
impl Checker {
    /// A checker of the first table of a `schema.json`.
    #[wasm_bindgen(constructor)]
    pub fn new(schema: &str) -> Result<Self, JsValue> {
        let table = table_alone(schema)?;
        Ok(Self { table, sheet: None, view: None, probed: Vec::new() })
    }

    /// What the table takes: `{"name","comment","columns","unique","has_checks"}`.
    pub fn table(&self) -> String {
        answers::table(self.table)
    }

    /// An empty file with a header, for people to fill.
    pub fn template(&self, delimiter: char) -> String {
        Sheet::template(self.table, delimiter)
    }

    /// Takes a file's bytes; [`step`](Self::step) reads them.
    ///
    /// The options are `{"format","dialect","time_zone","may_lack","keeps"}`, all of which may be left out.
    pub fn open(&mut self, bytes: Vec<u8>, options: &str) -> Result<(), JsValue> {
        let (format, options) = OpenOptions::read(options)?;
        self.view = None;
        self.sheet = Some(Sheet::open(self.table, format, bytes, options));
        Ok(())
    }

    /// Reads and checks so many rows more; `false` once all are read. The error is
    /// `{"code","message","questions","unknown"}` as JSON.
    pub fn step(&mut self, rows: u32) -> Result<bool, JsValue> {
        let sheet = self.sheet.as_mut().ok_or_else(no_file)?;
        sheet.check(rows).map_err(|error| answers::refusal(&error).into())
    }

    /// How much of the file is read, from 0 to 1.
    pub fn progress(&self) -> f64 {
        let (read, all) = self.sheet.as_ref().map_or((0, 1), Sheet::progress);
        read as f64 / all.max(1) as f64
    }

    /// `{"rows","ready","wrong","refused","done","pending","undo"}`
    pub fn counts(&self) -> String {
        let counts = self.sheet.as_ref().map(Sheet::counts).unwrap_or_default();
        answers::counts(counts, self.sheet.as_ref().is_some_and(Sheet::can_undo))
    }

    /// How the file is written: `{"columns","header","options"}`.
    pub fn layout(&self) -> Result<String, JsValue> {
        Ok(answers::layout(self.opened()?))
    }

    /// What is wrong, the most frequent first: `[{"column","code","message","samples","rows"}]`.
    pub fn faults(&self) -> Result<String, JsValue> {
        Ok(answers::faults(&self.opened()?.fault_counts()))
    }

    /// Chooses the rows to look at by `{"wrong","code","column"}`, and answers how many they are.
    pub fn view(&mut self, filter: &str) -> Result<u32, JsValue> {
        let (sheet, filter) = (self.opened()?, options::filter(filter));
        let view = (!filter.is_all()).then(|| sheet.select(&filter));
        let count = view.as_ref().map_or(sheet.len(), |rows| rows.len() as u32);
        self.view = view;
        Ok(count)
    }

    /// Some of those rows: `[{"row","line","cells","changed","text","faults","done","pending"}]`.
    pub fn rows(&self, from: u32, count: u32) -> Result<String, JsValue> {
        let sheet = self.opened()?;
        let row = |at: u32| match &self.view {
            Some(rows) => sheet.row(*rows.get(at as usize)?),
            None => sheet.row(at),
        };
        let rows: Vec<_> = (from..from.saturating_add(count)).map_while(row).collect();
        Ok(answers::rows(&rows))
    }

    /// Changes a cell: `{"changed","good"}`.
    #[wasm_bindgen(js_name = setCell)]
    pub fn set_cell(&mut self, row: u32, column: usize, text: &str) -> Result<String, JsValue> {
        self.opened_mut()?.set_cell(row, column, text).map(answers::mended).map_err(words)
    }

    /// Writes a row that is no cells anew.
    #[wasm_bindgen(js_name = setLine)]
    pub fn set_line(&mut self, row: u32, text: &str) -> Result<String, JsValue> {
        self.opened_mut()?.set_line(row, text).map(answers::mended).map_err(words)
    }

    /// Puts one text into a column of all rows that are meant.
    #[wasm_bindgen(js_name = setCells)]
    pub fn set_cells(
        &mut self,
        filter: &str,
        column: usize,
        text: &str,
    ) -> Result<String, JsValue> {
        let filter = options::filter(filter);
        Ok(answers::mended(self.opened_mut()?.set_cells(&filter, column, text)))
    }

    /// Finds `{"find","put","whole","column"}` in the rows that are meant, and replaces it.
    pub fn replace(&mut self, filter: &str, what: &str) -> Result<String, JsValue> {
        let (filter, what) = (options::filter(filter), options::replacement(what));
        Ok(answers::mended(self.opened_mut()?.replace(&filter, &what)))
    }

    /// Takes the last change back; `false` if there is none.
    pub fn undo(&mut self) -> Result<bool, JsValue> {
        Ok(self.opened_mut()?.undo())
    }

    /// The next request: `{"body","key","rows","last"}`, or nothing once all good rows are sent.
    pub fn deliver(
        &mut self,
        sender: &str,
        most_rows: usize,
        most_bytes: usize,
    ) -> Result<Option<String>, JsValue> {
        let body = self.opened_mut()?.deliver(sender, most_rows, most_bytes)?;
        Ok(body.as_ref().map(note))
    }

    /// Takes the answer to that request, and says what is to be done: `{"step", …}`.
    pub fn settle(&mut self, status: u16, replay: bool, body: &[u8]) -> Result<String, JsValue> {
        Ok(answers::step(&self.opened_mut()?.settle(status, replay, body)))
    }

    /// Sends the rows at hand as rows of a sending of their own.
    #[wasm_bindgen(js_name = sendAnew)]
    pub fn send_anew(&mut self, sending: &str) -> Result<(), JsValue> {
        self.opened_mut()?.send_anew(sending);
        Ok(())
    }

    /// Takes the rows at hand as done.
    #[wasm_bindgen(js_name = takeAsDone)]
    pub fn take_as_done(&mut self) -> Result<(), JsValue> {
        self.opened_mut()?.take_as_done();
        Ok(())
    }

    /// The next dry run, of good rows from a row on.
    pub fn probe(
        &mut self,
        from: u32,
        most_rows: usize,
        most_bytes: usize,
    ) -> Result<Option<String>, JsValue> {
        let body = self.opened()?.probe(from, most_rows, most_bytes);
        self.probed = body.as_ref().map(|body| body.rows.clone()).unwrap_or_default();
        Ok(body.as_ref().map(note))
    }

    /// Takes the answer to that dry run.
    #[wasm_bindgen(js_name = takeProbe)]
    pub fn take_probe(&mut self, status: u16, body: &[u8]) -> Result<String, JsValue> {
        let rows = core::mem::take(&mut self.probed);
        let taken = self.opened_mut()?.take_probe(&rows, status, body);
        Ok(match taken {
            Ok(forecast) => answers::forecast(forecast),
            Err(step) => answers::step(&step),
        })
    }

    /// Lets the rows that the database refused be sent again as they are.
    pub fn forgive(&mut self) -> Result<(), JsValue> {
        self.opened_mut()?.forgive();
        Ok(())
    }

    /// What was changed and sent, for [`go_on`](Self::go_on).
    pub fn saved(&self) -> Result<String, JsValue> {
        Ok(self.opened()?.saved())
    }

    /// Goes on with what was saved of the same file.
    #[wasm_bindgen(js_name = goOn)]
    pub fn go_on(&mut self, saved: &str) -> Result<(), JsValue> {
        self.opened_mut()?.go_on(saved).map_err(words)
    }

    /// The rows that are not good, as a CSV file that a spreadsheet opens.
    pub fn leftover(&self) -> Result<String, JsValue> {
        Ok(self.opened()?.leftover().text)
    }
}

impl Checker {
    fn opened(&self) -> Result<&Sheet, JsValue> {
        self.sheet.as_ref().ok_or_else(no_file)
    }

    fn opened_mut(&mut self) -> Result<&mut Sheet, JsValue> {
        self.sheet.as_mut().ok_or_else(no_file)
    }
}

fn note(body: &RequestBody) -> String {
    let last = body.rows.last().copied().unwrap_or_default();
    answers::text(&BodyNote { body: &body.body, key: &body.key, rows: body.rows.len(), last })
}

fn no_file() -> JsValue {
    "no file is open".into()
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn words(error: SheetError) -> JsValue {
    error.to_string().into()
}
