//! Bars for what takes longer than a moment, on standard error where that is a terminal.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{
    HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState,
    ProgressStyle,
};
use rowgate_core::backup::Progress;

use crate::terminal;

/// What is over sooner needs no progress bar.
const HIDDEN_FOR: Duration = Duration::from_secs(1);

/// How often a bar moves that counts nothing.
const TICK: Duration = Duration::from_millis(200);

/// Counts bytes of a file; hidden at first, and indicatif itself shows nothing where standard error is no
/// terminal. Its message is for rows.
pub(crate) fn of_bytes(bytes: u64) -> ProgressBar {
    let template = "{wide_bar} {bytes} of {total_bytes}{msg}, {speed}/s, {left} left";
    let speed = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{}", HumanBytes(state.per_sec() as u64));
    };
    let bar = ProgressBar::hidden().with_style(style(template).with_key("speed", speed));
    bar.set_length(bytes);
    bar
}

/// Counts further bytes.
pub(crate) fn advance(bar: &ProgressBar, bytes: u64) {
    bar.inc(bytes);
    if bar.elapsed() > HIDDEN_FOR && bar.is_hidden() {
        bar.set_draw_target(target());
    }
}

/// Says how many rows a bar of bytes has come to.
pub(crate) fn count_rows(bar: &ProgressBar, rows: u64) {
    bar.set_message(format!(", {} rows", HumanCount(rows)));
}

/// Counts rows of tables; how many there will be is the database's estimate.
pub(crate) fn of_rows() -> ProgressBar {
    let template = "{msg} {wide_bar} {human_pos} of ~{human_len} rows, {speed}, {left} left";
    let speed = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{} rows/s", HumanCount(state.per_sec() as u64));
    };
    ProgressBar::with_draw_target(None, target())
        .with_style(style(template).with_key("speed", speed))
}

/// Shows how far a table is.
pub(crate) fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.of.max(progress.rows));
    bar.set_position(progress.rows);
    bar.set_message(format!("{}, {}", progress.table, HumanBytes(progress.bytes)));
}

/// Waits for what comes by itself, with the time that has passed.
pub(crate) fn of_time(what: String) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, target());
    bar.set_style(style("{spinner} {msg}, {elapsed}"));
    bar.set_message(what);
    bar.enable_steady_tick(TICK);
    bar
}

fn target() -> ProgressDrawTarget {
    match terminal::is_quiet() {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    }
}

fn style(template: &str) -> ProgressStyle {
    let left = |state: &ProgressState, out: &mut dyn Write| {
        let _ = write!(out, "{:#}", HumanDuration(state.eta()));
    };
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("left", left)
}
