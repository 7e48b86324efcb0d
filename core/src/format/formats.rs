//! The formats in which rows come: their names, extensions and media types.
//!
//! What else names a format is made from [`FORMATS`].

use serde::Serialize;

use crate::table::issue::RowErrorKind;

/// A format in which rows come.
#[derive(Debug, PartialEq, Eq)]
pub struct RowFormat {
    /// How its lines are read; `None` of one that is read as a whole.
    pub lines: Option<LineFormat>,
    /// What its files end in, in lower case and without the dot; the first is what is written.
    pub extensions: &'static [&'static str],
    /// Its media types, in lower case; the first is the one that is asked for.
    pub media_types: &'static [&'static str],
    /// The media type of the files that are written.
    pub written_type: &'static str,
}

/// How the lines of a format are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineFormat {
    /// Comma-separated values, `text/csv`.
    Csv,
    /// One JSON object a line, `application/x-ndjson`.
    Ndjson,
}

impl LineFormat {
    /// The format that a file's name says, with or without `.gz` or `.zst` behind it.
    pub fn of_file(path: &str) -> Option<Self> {
        RowFormat::of_file(path)?.lines
    }

    /// What it is called.
    pub fn format(self) -> &'static RowFormat {
        match self {
            Self::Csv => &CSV,
            Self::Ndjson => &NDJSON,
        }
    }
}

/// The formats, in the order in which messages name them.
pub static FORMATS: [&RowFormat; 3] = [&JSON, &NDJSON, &CSV];

/// An array of rows, or an object of tables.
pub(crate) static JSON: RowFormat = RowFormat {
    lines: None,
    extensions: &["json"],
    media_types: &["application/json"],
    written_type: "application/json",
};

/// One JSON object a line.
pub(crate) static NDJSON: RowFormat = RowFormat {
    lines: Some(LineFormat::Ndjson),
    extensions: &["ndjson", "jsonl"],
    media_types: &[
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
    ],
    written_type: "application/x-ndjson",
};

/// Comma-separated values.
pub(crate) static CSV: RowFormat = RowFormat {
    lines: Some(LineFormat::Csv),
    extensions: &["csv"],
    media_types: &["text/csv", "application/csv"],
    written_type: "text/csv; charset=utf-8",
};

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstandard,
}

/// What the names of packed files end in, behind the format's own extension.
const PACKINGS: [(&str, Packing); 2] = [(".gz", Packing::Gzip), (".zst", Packing::Zstandard)];

impl RowFormat {
    /// The format that a file's name says, with or without `.gz` or `.zst` behind it.
    pub fn of_file(path: &str) -> Option<&'static Self> {
        let path = packed(path).map_or(path, |(path, _)| path);
        Self::of_extension(path.rsplit_once('.')?.1)
    }

    /// The format of an extension, in any case.
    pub fn of_extension(extension: &str) -> Option<&'static Self> {
        FORMATS
            .into_iter()
            .find(|it| it.extensions.iter().any(|its| its.eq_ignore_ascii_case(extension)))
    }

    /// The format of a media type without its parameters, in any case.
    pub fn of_media_type(name: &str) -> Option<&'static Self> {
        FORMATS
            .into_iter()
            .find(|it| it.media_types.iter().any(|its| its.eq_ignore_ascii_case(name)))
    }
}

/// How a file's name says that it is packed.
pub(crate) fn named_packing(path: &str) -> Option<Packing> {
    packed(path).map(|(_, packing)| packing)
}

/// A name without the extension of its packing, if it has one.
fn packed(path: &str) -> Option<(&str, Packing)> {
    PACKINGS.iter().find_map(|(extension, packing)| {
        let (name, end) = path.split_at_checked(path.len().checked_sub(extension.len())?)?;
        end.eq_ignore_ascii_case(extension).then_some((name, *packing))
    })
}

/// The error of a file whose name says no format that comes line by line.
pub(crate) fn unsupported_format() -> RowErrorKind {
    let lines = FORMATS.iter().rev().filter(|it| it.lines.is_some());
    RowErrorKind::UnsupportedFormat {
        extensions: lines.flat_map(|it| it.extensions).copied().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_file_s_name_says_its_format() {
        for (path, format) in [
            ("jobs.csv", Some(&CSV)),
            ("a.b/JOBS.CSV.GZ", Some(&CSV)),
            ("jobs.ndjson.gz", Some(&NDJSON)),
            ("jobs.jsonl", Some(&NDJSON)),
            ("jobs.json", Some(&JSON)),
            ("jobs.csv.zst", Some(&CSV)),
            ("jobs.NDJSON.ZST", Some(&NDJSON)),
            ("jobs.csv.gz.gz", None),
            ("jobs.csv.gz.zst", None),
            ("jobs.gz", None),
            ("jobs", None),
            ("csv", None),
            (".gz", None),
            ("gz", None),
            ("", None),
            ("é", None),
            ("jobs.xlsx", None),
        ] {
            assert_eq!(RowFormat::of_file(path), format, "{path}");
        }
    }

    #[test]
    fn no_extension_and_no_media_type_is_that_of_two_formats() {
        for format in FORMATS {
            for extension in format.extensions {
                assert_eq!(RowFormat::of_extension(extension), Some(format));
            }
            for media_type in format.media_types {
                assert_eq!(RowFormat::of_media_type(media_type), Some(format));
            }
            assert!(format.written_type.starts_with(format.media_types[0]), "{format:?}");
        }
    }

    #[test]
    fn each_line_format_is_one_of_the_formats() {
        for lines in [LineFormat::Csv, LineFormat::Ndjson] {
            assert_eq!(lines.format().lines, Some(lines));
            assert!(FORMATS.contains(&lines.format()));
        }
    }

    #[test]
    fn a_message_names_the_extensions_of_files() {
        assert_eq!(
            unsupported_format().to_string(),
            "the name ends in none of .csv, .ndjson and .jsonl, with or without .gz or .zst; save a \
             workbook as CSV UTF-8"
        );
    }
}
