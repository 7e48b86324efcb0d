//! What the page is told, as JSON.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rowgate_core::schema::Table;
use rowgate_core::{
    CellFault, ColumnNote, DeliveryStep, FaultCount, Forecast, Mended, RowErrorKind, SheetCounts,
    SheetError, ShownRow, column_notes,
};
use serde::Serialize;

/// Maps of texts and numbers always serialize.
pub(crate) fn text(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}

#[derive(Serialize)]
pub(crate) struct PeekedLines<'p> {
    pub(crate) delimiter: &'p str,
    pub(crate) lines: &'p [Vec<String>],
}

#[derive(Serialize)]
struct TableNote {
    name: &'static str,
    comment: &'static str,
    columns: Vec<ColumnNote>,
    unique: Vec<&'static str>,
    /// Whether rows are held to CHECKs before they are sent.
    has_checks: bool,
}

pub(crate) fn table(table: &'static Table) -> String {
    let unique = table.constraints.unique.iter().map(|key| key.name).collect();
    let has_checks = table.constraints.checks.iter().any(|check| check.is_evaluated());
    let (name, comment) = (table.name, table.comment);
    text(&TableNote { name, comment, columns: column_notes(table), unique, has_checks })
}

/// Why a file is not read.
#[derive(Serialize, Default)]
struct Refusal<'e> {
    code: &'static str,
    message: String,
    questions: Vec<Question<'e>>,
    unknown: Vec<UnknownName<'e>>,
}

#[derive(Serialize)]
struct Question<'e> {
    kind: &'static str,
    seen: &'e str,
    options: &'e [String],
}

#[derive(Serialize)]
struct UnknownName<'e> {
    name: &'e str,
    near: Option<&'static str>,
}

pub(crate) fn refusal(error: &SheetError) -> String {
    let mut refusal = Refusal { code: "refused", message: error.to_string(), ..Refusal::default() };
    if let SheetError::File(error) = error {
        refusal.code = error.kind.code();
        match &error.kind {
            RowErrorKind::UnclearLayout { questions } => {
                refusal.questions = questions.iter().map(question).collect();
            }
            RowErrorKind::UnknownHeader(unknown) => {
                let pairs = unknown.names.iter().zip(&unknown.near);
                refusal.unknown =
                    pairs.map(|(name, near)| UnknownName { name, near: *near }).collect();
            }
            _ => {}
        }
    }
    text(&refusal)
}

fn question(question: &rowgate_core::LayoutQuestion) -> Question<'_> {
    Question { kind: question.kind, seen: &question.seen, options: &question.options }
}

#[derive(Serialize)]
struct LayoutNote<'l> {
    columns: Vec<usize>,
    header: bool,
    options: Vec<(&'static str, &'l str)>,
}

pub(crate) fn layout(sheet: &rowgate_core::Sheet) -> String {
    let options = sheet.layout();
    let options = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    text(&LayoutNote { columns: sheet.columns(), header: sheet.has_header(), options })
}

#[derive(Serialize)]
struct CountsNote {
    rows: u32,
    ready: u32,
    wrong: u32,
    refused: u32,
    done: u32,
    pending: u32,
    undo: bool,
}

pub(crate) fn counts(counts: SheetCounts, undo: bool) -> String {
    let SheetCounts { rows, ready, wrong, refused, done, pending } = counts;
    text(&CountsNote { rows, ready, wrong, refused, done, pending, undo })
}

#[derive(Serialize)]
struct FaultNote<'f> {
    column: Option<&'f str>,
    code: &'f str,
    message: &'f str,
    samples: &'f [String],
    rows: u32,
}

pub(crate) fn faults(counts: &[FaultCount]) -> String {
    text(&counts.iter().map(fault).collect::<Vec<_>>())
}

fn fault(count: &FaultCount) -> FaultNote<'_> {
    let FaultCount { column, code, message, samples, rows } = count;
    FaultNote { column: column.as_deref(), code, message, samples, rows: *rows }
}

#[derive(Serialize)]
struct RowNote<'r> {
    row: u32,
    line: u64,
    cells: &'r [Option<String>],
    changed: &'r [usize],
    text: Option<&'r str>,
    faults: &'r [CellFault],
    done: bool,
    pending: bool,
}

pub(crate) fn rows(rows: &[ShownRow]) -> String {
    text(&rows.iter().map(row).collect::<Vec<_>>())
}

fn row(row: &ShownRow) -> RowNote<'_> {
    let ShownRow { row, line, cells, changed, text, faults, is_done, is_pending } = row;
    let (row, line, done, pending) = (*row, *line, *is_done, *is_pending);
    RowNote { row, line, cells, changed, text: text.as_deref(), faults, done, pending }
}

#[derive(Serialize)]
struct MendedNote {
    changed: u32,
    good: u32,
}

pub(crate) fn mended(mended: Mended) -> String {
    text(&MendedNote { changed: mended.changed, good: mended.good })
}

#[derive(Serialize, Default)]
struct StepNote<'s> {
    step: &'static str,
    stored: u64,
    kept: u64,
    rows: u32,
    code: &'s str,
    message: &'s str,
}

pub(crate) fn step(step: &DeliveryStep) -> String {
    let note = |step| StepNote { step, ..StepNote::default() };
    text(&match step {
        DeliveryStep::Stored { stored, kept } => {
            StepNote { stored: *stored, kept: *kept, ..note("stored") }
        }
        DeliveryStep::Refused { rows } => StepNote { rows: *rows, ..note("refused") },
        DeliveryStep::SentBefore => note("before"),
        DeliveryStep::SentOtherwise => note("otherwise"),
        DeliveryStep::Smaller => note("smaller"),
        DeliveryStep::Again => note("again"),
        DeliveryStep::Stop { code, message } => StepNote { code, message, ..note("stop") },
    })
}

#[derive(Serialize)]
struct ForecastNote {
    step: &'static str,
    stored: u64,
    updated: u64,
    kept: u64,
    rejected: u64,
}

pub(crate) fn forecast(forecast: Forecast) -> String {
    let Forecast { stored, updated, kept, rejected } = forecast;
    text(&ForecastNote { step: "forecast", stored, updated, kept, rejected })
}

#[derive(Serialize)]
pub(crate) struct BodyNote<'b> {
    pub(crate) body: &'b str,
    pub(crate) key: &'b str,
    pub(crate) rows: usize,
    pub(crate) last: u32,
}
