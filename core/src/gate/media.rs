//! What a body is, by its Content-Type.

use alloc::borrow::Cow;

use super::problem::Problem;

/// A form of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Ndjson,
    Csv,
}

/// The media types that are read, in lower case.
const NAMES: [(&str, Media); 7] = [
    ("application/json", Media::Json),
    ("application/x-ndjson", Media::Ndjson),
    ("application/ndjson", Media::Ndjson),
    ("application/jsonl", Media::Ndjson),
    ("application/x-jsonlines", Media::Ndjson),
    ("text/csv", Media::Csv),
    ("application/csv", Media::Csv),
];

/// The names of UTF-8, and of ASCII, which is a part of it; in lower case.
const CHARSETS: [&str; 4] = ["utf-8", "utf8", "us-ascii", "ascii"];

impl Media {
    /// The form that a Content-Type names, if it is known. Parameters other than `charset` are
    /// ignored.
    pub(super) fn of(content_type: &str) -> Option<Self> {
        let name = parts(content_type).next().unwrap_or_default().trim();
        let known = NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        known.map(|(_, media)| *media)
    }
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

    #[test]
    fn a_media_type_has_synonyms_any_case_and_parameters() {
        for (content_type, media) in [
            ("application/json", Some(Media::Json)),
            (" Application/JSON ; charset=latin1", Some(Media::Json)),
            ("application/x-ndjson", Some(Media::Ndjson)),
            ("application/ndjson", Some(Media::Ndjson)),
            ("application/jsonl", Some(Media::Ndjson)),
            ("application/x-jsonlines;x=y", Some(Media::Ndjson)),
            ("text/csv; header=absent", Some(Media::Csv)),
            ("application/csv", Some(Media::Csv)),
            ("text/json", None),
            ("application/json, text/csv", None),
            ("application/json x", None),
            (";charset=utf-8", None),
            ("", None),
        ] {
            assert_eq!(Media::of(content_type), media, "{content_type}");
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
