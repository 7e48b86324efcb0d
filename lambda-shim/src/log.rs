//! The function's log: one JSON object a line on standard output.

use std::io::{self, Stdout, Write};

use rowgate_core::printable;
use tracing::Level;

/// Begins to write the log, which Lambda takes to CloudWatch; `span.requestId` is the invocation's.
///
/// Never below INFO: at TRACE the runtime writes whole events.
pub(crate) fn begin() {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_max_level(Level::INFO)
        .with_writer(|| Lines::<Stdout>(io::stdout()))
        .init();
}

/// A stream that is given whole lines of JSON, and writes what steers a terminal or turns the direction
/// of a text as `\u001b`, which means the same in JSON.
struct Lines<W>(W);

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line = text.strip_suffix('\n');
        let mut shown = printable(line.unwrap_or(&text)).into_owned();
        shown.extend(line.map(|_| '\n'));
        self.0.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::Value;
    use tracing::info;

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_json_that_shows_what_is_hidden_and_keeps_it() {
        let key = "incoming/\u{1b}[31m\n\u{9b}2J\u{202e}vsc.\u{2066}Zoë \"😀\\u001b";
        let written = Written::default();
        let writer = written.clone();
        let log = tracing_subscriber::fmt().json().flatten_event(true);
        let log = log.with_writer(move || Lines(writer.clone())).finish();
        tracing::subscriber::with_default(log, || info!(key, "loaded {key}"));

        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let line = text.strip_suffix('\n').unwrap();
        assert_eq!(printable(line), line);
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["key"], key);
        assert_eq!(event["message"], format!("loaded {key}"));
    }
}
