//! What a body is, by its Content-Type.

use alloc::borrow::Cow;

use super::problem::Problem;
use crate::format::formats::RowFormat;

/// The names of UTF-8, and of ASCII, which is a part of it; in lower case.
const CHARSETS: [&str; 4] = ["utf-8", "utf8", "us-ascii", "ascii"];

/// The format that a Content-Type names, if it is known. Parameters other than `charset` are ignored.
pub(super) fn format_of(content_type: &str) -> Option<&'static RowFormat> {
    RowFormat::of_media_type(parts(content_type).next().unwrap_or_default().trim())
}

/// Refuses a charset that is not UTF-8.
pub(super) fn check_charset(content_type: &str) -> Result<(), Problem> {
    let parameters = parts(content_type).skip(1).filter_map(|part| part.split_once('='));
    let mut charsets = parameters
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, it)| it);
    let is_utf8 = |value: &str| CHARSETS.iter().any(|it| unquoted(value).eq_ignore_ascii_case(it));
    if charsets.all(is_utf8) {
        return Ok(());
    }
    let detail =
        "charset is not utf-8; send the body as UTF-8, with charset=utf-8 or without charset";
    Err(Problem::new(415, "unsupported_charset", detail))
}

/// The media type and its parameters: the parts between semicolons outside quotes.
fn parts(content_type: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    content_type.split(move |c| {
        let ends = c == ';' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && quoted && !escaped;
        ends
    })
}

/// The text of a parameter's value, which may be a quoted string.
fn unquoted(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    quoted.map_or(Cow::Borrowed(value), |text| Cow::Owned(text.replace('\\', "")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::formats::{CSV, JSON, NDJSON};

    #[test]
    fn a_media_type_has_synonyms_any_case_and_parameters() {
        for (content_type, format) in [
            ("application/json", Some(&JSON)),
            (" Application/JSON ; charset=latin1", Some(&JSON)),
            ("application/x-ndjson", Some(&NDJSON)),
            ("application/ndjson", Some(&NDJSON)),
            ("application/jsonl", Some(&NDJSON)),
            ("application/x-jsonlines;x=y", Some(&NDJSON)),
            ("text/csv; header=absent", Some(&CSV)),
            ("application/csv", Some(&CSV)),
            ("text/json", None),
            ("application/json, text/csv", None),
            ("application/json x", None),
            (";charset=utf-8", None),
            ("", None),
        ] {
            assert_eq!(format_of(content_type), format, "{content_type}");
        }
    }

    #[test]
    fn a_charset_is_utf_8_or_refused() {
        for good in [
            "text/csv",
            "text/csv;",
            "text/csv; charset=utf-8",
            "text/csv;CHARSET=UTF-8; header=present",
            "text/csv; charset=\"Utf-8\"",
            "text/csv; charset=\"u\\tf-8\"",
            "text/csv; charset=utf8",
            "text/csv; charset=us-ascii",
            "text/csv; charset = utf-8 ",
            "text/csv; note=\"; charset=latin1\"",
            "text/csv; note=\"\\\"; charset=latin1\"",
            "text/csv; mycharset=latin1",
        ] {
            assert!(check_charset(good).is_ok(), "{good}");
        }
        for bad in [
            "text/csv; charset=iso-8859-1",
            "text/csv; charset=\"windows-1252\"",
            "text/csv; charset=utf-16",
            "text/csv; charset=",
            "text/csv; charset=utf-8; charset=latin1",
            "text/csv; note=\"\\\\\"; charset=latin1",
        ] {
            assert!(check_charset(bad).is_err(), "{bad}");
        }
    }
}
