//! The one way to standard output and standard error.

mod columns;
mod line;
mod manner;

use std::fmt::Arguments;
use std::io::{self, IsTerminal, Stderr, Stdout, Write};

use rowgate_core::printable;

pub(crate) use columns::Columns;
pub(crate) use line::{Line, Look};
pub(crate) use manner::{Manner, is_quiet, is_verbose};

/// A stream that is given whole lines, by `writeln!`, and shows what steers a terminal as `\u001b`.
///
/// All but the end of the line is escaped, so that no key, name or message of others begins a line of
/// its own. JSON means the same with these escapes.
#[derive(Debug)]
pub(crate) struct Terminal<W> {
    stream: W,
    is_coloured: bool,
}

/// Standard output as lines.
pub(crate) type Out = Terminal<Stdout>;

/// Standard output.
pub(crate) fn out() -> Out {
    Terminal { stream: io::stdout(), is_coloured: console::colors_enabled() }
}

/// Standard error.
pub(crate) fn errors() -> Terminal<Stderr> {
    Terminal { stream: io::stderr(), is_coloured: console::colors_enabled_stderr() }
}

/// Whether a person reads standard output: lists are aligned then.
pub(crate) fn is_for_people() -> bool {
    io::stdout().is_terminal()
}

/// Says on standard error by the program's name what went wrong; further lines of a message are indented.
pub(crate) fn complain(text: &str) {
    say(Look::Bad, text);
}

/// Says on standard error by the program's name what is good to know; nothing if it is to be quiet.
pub(crate) fn advise(text: &str) {
    if !is_quiet() {
        say(Look::Heading, text);
    }
}

fn say(look: Look, text: &str) {
    let mut lines = text.lines();
    let first = Line::of(look, "rowgate:").with(Look::Plain, " ");
    let _ = errors().line(&first.with(Look::Plain, lines.next().unwrap_or_default()));
    for line in lines {
        note(&format!("  {line}"));
    }
}

/// Writes a line on standard error; a terminal that is gone is no reason to stop.
pub(crate) fn note(line: &str) {
    let _ = writeln!(errors(), "{line}");
}

impl<W: Write> Terminal<W> {
    /// Writes a line of parts.
    pub(crate) fn line(&mut self, line: &Line) -> io::Result<()> {
        self.stream.write_all((line.to_text(self.is_coloured) + "\n").as_bytes())
    }

    /// Writes one line of JSON.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        let json = serde_json::to_string(value)?;
        writeln!(self, "{json}")
    }

    /// Writes a list.
    pub(crate) fn columns(&mut self, columns: &Columns) -> io::Result<()> {
        columns.lines().iter().try_for_each(|line| self.line(line))
    }
}

impl<W: Write> Write for Terminal<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Bytes that come without a line around them, which are no text of ours.
        self.stream.write_all(printable(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn write_fmt(&mut self, arguments: Arguments<'_>) -> io::Result<()> {
        let text = arguments.to_string();
        let line = text.strip_suffix('\n');
        let mut shown = printable(line.unwrap_or(&text)).into_owned();
        shown.extend(line.map(|_| '\n'));
        self.stream.write_all(shown.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line() -> io::Result<()> {
        let mut terminal = Terminal { stream: Vec::new(), is_coloured: false };
        let (key, name) = ("a\n\u{1b}[31mrowgate\u{202e}", "Zoë\u{9b}");
        writeln!(terminal, "{key}: stored")?;
        writeln!(terminal)?;
        write!(terminal, "{name}")?;
        let text = String::from_utf8_lossy(&terminal.stream).into_owned();
        assert_eq!(text, "a\\u000a\\u001b[31mrowgate\\u202e: stored\n\nZoë\\u009b");
        Ok(())
    }

    #[test]
    fn bytes_are_shown_as_text() -> io::Result<()> {
        let mut terminal = Terminal { stream: Vec::new(), is_coloured: false };
        terminal.write_all(b"a\x1b\xff\n")?;
        assert_eq!(String::from_utf8_lossy(&terminal.stream), "a\\u001b\u{fffd}\\u000a");
        Ok(())
    }
}
