//! What a body is, by its Content-Type.

use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

use super::problem::Problem;
use crate::format::encoding::Encoding;
use crate::format::formats::RowFormat;

/// The format that a Content-Type names, if it is known. Parameters other than `charset` are ignored.
pub(super) fn format_of(content_type: &str) -> Option<&'static RowFormat> {
    let name = parts(content_type).next().unwrap_or_default().trim();
    RowFormat::of_media_type(name).filter(|format| format.is_body)
}

/// The encoding that `charset` names, if it is given; one that is not read is refused.
pub(super) fn charset(content_type: &str) -> Result<Option<Encoding>, Problem> {
    let parameters = parts(content_type).skip(1).filter_map(|part| part.split_once('='));
    let charsets = parameters
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .map(|(_, it)| Encoding::of(&unquoted(it)));
    let known: Option<Vec<_>> = charsets.collect();
    match known.as_deref() {
        Some([]) => Ok(None),
        Some([first, others @ ..]) if others.iter().all(|it| it == first) => Ok(Some(*first)),
        _ => Err(unsupported_charset("charset is none that is read here")),
    }
}

/// A charset that is not read, or not for this format.
pub(super) fn unsupported_charset(what: &str) -> Problem {
    let detail = format!("{what}; send the body as UTF-8, with charset=utf-8 or without charset");
    Problem::new(415, "unsupported_charset", detail)
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
    fn a_charset_is_one_that_is_read_or_refused() {
        for (label, encoding) in [
            ("iso-8859-1", Encoding::Windows1252),
            ("\"Windows-1252\"", Encoding::Windows1252),
            ("utf-16", Encoding::Utf16Le),
        ] {
            let read = charset(&format!("text/csv; charset={label}")).ok().flatten();
            assert_eq!(read, Some(encoding), "{label}");
        }
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
            let read = charset(good).ok();
            assert!(matches!(read, Some(None | Some(Encoding::Utf8))), "{good}");
        }
        for bad in [
            "text/csv; charset=utf-32",
            "text/csv; charset=x-user-defined",
            "text/csv; charset=",
            "text/csv; charset=utf-8; charset=latin1",
            "text/csv; note=\"\\\\\"; charset=latin2000",
        ] {
            assert!(charset(bad).is_err(), "{bad}");
        }
    }
}
