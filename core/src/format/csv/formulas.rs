//! Cells that a spreadsheet takes for formulas: made texts by an apostrophe, and what they were again.
//!
//! A sign begins a formula wherever some program may see the start of a cell: at the start of a line,
//! and behind a comma, a semicolon, a tab or a vertical bar, inside quotes or not. So marks do not
//! depend on how quotes are read, and a line whose quotes are wrong gets its own back as well.

use alloc::vec::Vec;

/// The signs, also those of full width.
const SIGNS: [&[u8]; 8] =
    [b"=", b"+", b"-", b"@", "＝".as_bytes(), "＋".as_bytes(), "－".as_bytes(), "＠".as_bytes()];

/// Puts an apostrophe in front of each sign and the apostrophes that are there already.
pub(crate) fn mark(text: &[u8]) -> Vec<u8> {
    let mut marked = Vec::with_capacity(text.len());
    let mut done = 0;
    for at in formulas(text) {
        marked.extend_from_slice(&text[done..at]);
        marked.push(b'\'');
        done = at;
    }
    marked.extend_from_slice(&text[done..]);
    marked
}

/// Takes away what [`mark`] has put there.
pub(super) fn unmark(text: &[u8]) -> Vec<u8> {
    let mut unmarked = Vec::with_capacity(text.len());
    let mut done = 0;
    for at in formulas(text).filter(|at| text[*at] == b'\'') {
        unmarked.extend_from_slice(&text[done..at]);
        done = at + 1;
    }
    unmarked.extend_from_slice(&text[done..]);
    unmarked
}

/// Where the signs are, or the apostrophes in front of them.
fn formulas(text: &[u8]) -> impl Iterator<Item = usize> {
    let behind = text.iter().enumerate().filter(|(_, byte)| is_separator(**byte));
    let starts = core::iter::once(0).chain(behind.map(|(at, _)| at + 1));
    starts.filter_map(|start| {
        let at = start + count(&text[start..], |byte| is_skipped(byte) && !is_separator(byte));
        let sign = at + count(&text[at..], |byte| byte == b'\'');
        SIGNS.iter().any(|it| text[sign..].starts_with(it)).then_some(at)
    })
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b'\t' | b'|' | b'\n' | b'\r')
}

/// What is not seen at the start of a cell: quotes, blanks and control characters.
fn is_skipped(byte: u8) -> bool {
    matches!(byte, b'"' | b' ') || byte.is_ascii_control()
}

fn count(text: &[u8], is_meant: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|byte| is_meant(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(text: &str) -> alloc::string::String {
        alloc::string::String::from_utf8(mark(text.as_bytes())).unwrap()
    }

    #[test]
    fn every_start_of_a_formula_is_marked_and_nothing_else() {
        for (text, wanted) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("1,+1,-1,@a", "1,'+1,'-1,'@a"),
            ("1,\"=a\", =b,\u{7}=c", "1,\"'=a\", '=b,\u{7}'=c"),
            ("a;=b\t=c|=d", "a;'=b\t'=c|'=d"),
            ("\"a\n=b\r=c\"", "\"a\n'=b\r'=c\""),
            ("1,'=a,''=b,\"\"\"=c", "1,''=a,'''=b,\"\"\"'=c"),
            ("＝a,＋b,－c,＠d", "'＝a,'＋b,'－c,'＠d"),
            ("a=b,1-2,O'Brien,'a,'", "a=b,1-2,O'Brien,'a,'"),
            ("", ""),
        ] {
            assert_eq!(marked(text), wanted);
        }
    }

    #[test]
    fn only_one_apostrophe_in_front_of_a_sign_is_taken_away() {
        let own = |text: &str| alloc::string::String::from_utf8(unmark(text.as_bytes())).unwrap();
        assert_eq!(own("'=a,''=b,=c,'d,O'=e,\"'-1\""), "=a,'=b,=c,'d,O'=e,\"-1\"");
    }

    proptest! {
        #[test]
        fn a_marked_text_comes_back(text in "[='\", ;\n\t+a＝é]{0,40}") {
            prop_assert_eq!(unmark(&mark(text.as_bytes())), text.as_bytes());
        }

        #[test]
        fn no_cell_of_a_marked_text_begins_with_a_sign(text in "[='\" \r\n,+a]{0,40}") {
            let marked = marked(&text);
            for cell in marked.split([',', '\n', '\r']) {
                prop_assert!(!cell.trim_start_matches([' ', '"']).starts_with(['=', '+']), "{cell}");
            }
        }

        #[test]
        fn any_bytes_come_back(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert_eq!(unmark(&mark(&text)), text);
        }
    }
}
