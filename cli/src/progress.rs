//! A bar for what takes longer than a moment.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is over sooner needs no progress bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Counts bytes; hidden at first, and indicatif itself shows nothing where standard error is no
/// terminal.
pub(crate) fn bar(bytes: u64) -> ProgressBar {
    let template = "{wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left {msg}";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::hidden().with_style(style);
    bar.set_length(bytes);
    bar
}

/// Counts further bytes.
pub(crate) fn advance(bar: &ProgressBar, bytes: u64) {
    bar.inc(bytes);
    if bar.elapsed() > PATIENCE && bar.is_hidden() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
}
