//! Bars for what takes longer than a moment.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rowgate_core::backup::Progress;

/// What is over sooner needs no progress bar.
const HIDDEN_FOR: Duration = Duration::from_secs(1);

/// Counts bytes; hidden at first, and indicatif itself shows nothing where standard error is no
/// terminal.
pub(crate) fn of_bytes(bytes: u64) -> ProgressBar {
    let template = "{wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left {msg}";
    let bar = ProgressBar::hidden().with_style(style(template));
    bar.set_length(bytes);
    bar
}

/// Counts further bytes.
pub(crate) fn advance(bar: &ProgressBar, bytes: u64) {
    bar.inc(bytes);
    if bar.elapsed() > HIDDEN_FOR && bar.is_hidden() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
}

/// Counts rows of tables.
pub(crate) fn of_rows() -> ProgressBar {
    let style = style("{msg} {wide_bar} {pos}/{len} rows, {per_sec}, {eta} left");
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
}

/// Shows how far a table is.
pub(crate) fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.of);
    bar.set_position(progress.rows);
    bar.set_message(format!("{}, {} kB", progress.table, progress.bytes / 1000));
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
