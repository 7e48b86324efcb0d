//! The one way to standard output and standard error.

use std::fmt::Arguments;
use std::io::{self, Stderr, Stdout, Write};

use rowgate_core::printable;

/// A stream that is given whole lines, by `writeln!`, and shows what steers a terminal as `\u001b`.
///
/// All but the end of the line is escaped, so that no key, name or message of others begins a line of
/// its own. JSON means the same with these escapes.
#[derive(Debug)]
pub(crate) struct Terminal<W>(W);

/// Standard output.
pub(crate) fn out() -> Terminal<Stdout> {
    Terminal(io::stdout())
}

/// Standard error.
pub(crate) fn errors() -> Terminal<Stderr> {
    Terminal(io::stderr())
}

/// Says something on standard error by the program's name; further lines of a message are indented.
pub(crate) fn complain(text: &str) {
    let mut lines = text.lines();
    note(&format!("rowgate: {}", lines.next().unwrap_or_default()));
    for line in lines {
        note(&format!("  {line}"));
    }
}

/// Writes a line on standard error; a terminal that is gone is no reason to stop.
pub(crate) fn note(line: &str) {
    let _ = writeln!(errors(), "{line}");
}

impl<W: Write> Write for Terminal<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Bytes that come without a line around them, which are no text of ours.
        self.0.write_all(printable(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn write_fmt(&mut self, arguments: Arguments<'_>) -> io::Result<()> {
        let text = arguments.to_string();
        let line = text.strip_suffix('\n');
        let mut shown = printable(line.unwrap_or(&text)).into_owned();
        shown.extend(line.map(|_| '\n'));
        self.0.write_all(shown.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line() -> io::Result<()> {
        let mut terminal = Terminal(Vec::new());
        let (key, name) = ("a\n\u{1b}[31mrowgate\u{202e}", "Zoë\u{9b}");
        writeln!(terminal, "{key}: stored")?;
        writeln!(terminal)?;
        write!(terminal, "{name}")?;
        let text = String::from_utf8_lossy(&terminal.0).into_owned();
        assert_eq!(text, "a\\u000a\\u001b[31mrowgate\\u202e: stored\n\nZoë\\u009b");
        Ok(())
    }

    #[test]
    fn bytes_are_shown_as_text() -> io::Result<()> {
        let mut terminal = Terminal(Vec::new());
        terminal.write_all(b"a\x1b\xff\n")?;
        assert_eq!(String::from_utf8_lossy(&terminal.0), "a\\u001b\u{fffd}\\u000a");
        Ok(())
    }
}
