//! The columns that rowgate itself puts in front of a rejected line.

use super::dialect::Syntax;
use crate::table::issue::RowErrorKind;

/// Their names.
pub(crate) const MARKS: [&str; 4] = ["_line", "_column", "_code", "_message"];

/// Their names in a file in which formulas are marked.
pub(crate) const MARKS_WITH_FORMULAS: [&str; 4] = ["_line", "_column", "_code", "_message_marked"];

/// What a reject file's header says of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marks {
    /// They are as they were.
    Plain,
    /// Formulas in them are marked.
    Formulas,
}

impl Marks {
    /// What the names of a header say, if they begin with rowgate's own.
    pub(super) fn of_names(names: &[&str]) -> Option<Self> {
        match names.get(..MARKS.len())? {
            own if own == MARKS => Some(Self::Plain),
            own if own == MARKS_WITH_FORMULAS => Some(Self::Formulas),
            _ => None,
        }
    }
}

/// Where the line's own text begins, if rowgate's marks are in front of it: a line number, the
/// columns, known codes, and a message.
pub(crate) fn end_of_marks(line: &[u8], syntax: Syntax) -> Option<usize> {
    let mut start = 0;
    for at in 0..MARKS.len() {
        let end = start + cell_length(&line[start..], syntax)?;
        let cell = &line[start..end];
        let is_mark = match at {
            0 => !cell.is_empty() && cell.iter().all(u8::is_ascii_digit),
            2 => is_codes(cell),
            _ => true,
        };
        if !is_mark || line.get(end) != Some(&syntax.delimiter) {
            return None;
        }
        start = end + 1;
    }
    Some(start)
}

/// Whether a line of a record other than its first begins with marks: lines that were rejected one
/// by one, and would now be stored as parts of a cell.
pub(super) fn holds_marks(record: &[u8], syntax: Syntax) -> bool {
    let mut breaks = memchr::memchr_iter(b'\n', record);
    breaks.any(|feed| end_of_marks(&record[feed + 1..], syntax).is_some())
}

/// The bytes of a cell as rowgate writes it, quoted or not.
fn cell_length(text: &[u8], syntax: Syntax) -> Option<usize> {
    let Syntax { delimiter, quote, .. } = syntax;
    if text.first() != Some(&quote) {
        return memchr::memchr2(delimiter, b'\n', text);
    }
    let mut at = 1;
    loop {
        at += memchr::memchr(quote, &text[at..])? + 1;
        if text.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

fn is_codes(cell: &[u8]) -> bool {
    let mut codes = cell.split(|byte| *byte == b';');
    codes.all(|code| RowErrorKind::CODES.iter().any(|known| known.as_bytes() == code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn only_what_rowgate_wrote_is_taken_off() {
        let own = |line: &str| {
            end_of_marks(line.as_bytes(), Syntax::default()).map(|end| line[end..].to_string())
        };
        assert_eq!(own("7,name,missing,a value is required,7,,x").as_deref(), Some("7,,x"));
        assert_eq!(own("7,a;b,missing;too_long,\"a, \"\"b\"\"\",").as_deref(), Some(""));
        for line in [
            "2,Max,sales,a note,5",
            "x,name,missing,a,7",
            "7,name,missing,a",
            "7,name,,a,7",
            "",
            ",,,,",
            "7,name,missing,\"a,7",
        ] {
            assert_eq!(own(line), None, "{line}");
        }
    }

    #[test]
    fn marks_inside_a_record_are_found() {
        assert!(holds_marks(
            b"2,,unclosed_quote,m,1,\"a\n3,,unclosed_quote,m,b\",5\n",
            Syntax::default()
        ));
        assert!(!holds_marks(b"2,,unclosed_quote,m,1,\"a\nb\",5\n", Syntax::default()));
    }
}
