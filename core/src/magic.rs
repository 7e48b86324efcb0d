//! Files that are no text by how they begin.

use crate::outcome::RowErrorKind;

/// Why a file that begins like this is not read as text.
pub(crate) fn wrong_format(start: &[u8]) -> Option<RowErrorKind> {
    let utf16 = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
    utf16.then_some(RowErrorKind::WrongEncoding)
}
