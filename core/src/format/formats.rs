//! The formats in which rows come: their names, extensions and media types.
//!
//! What else names a format is made from [`FORMATS`].

use alloc::boxed::Box;
use core::fmt;

use serde::{Serialize, Serializer};

#[cfg(feature = "avro")]
use super::avro::open_avro;
use super::json_array::open_json_array;
#[cfg(feature = "parquet")]
use super::parquet::open_parquet;
use super::row_reader::{Opening, RowReader, open_csv, open_ndjson};
#[cfg(feature = "xlsx")]
use super::xlsx::open_xlsx;
use crate::table::issue::RowErrorKind;

/// A format in which rows come.
pub struct RowFormat {
    /// What it is called, in lower case; no two have the same name.
    pub name: &'static str,
    /// How its lines are read; `None` of one that does not come line by line.
    pub lines: Option<LineFormat>,
    /// Whether the body of a request may be in it.
    pub is_body: bool,
    /// What its files end in, in lower case and without the dot; the first is what is written.
    pub extensions: &'static [&'static str],
    /// Its media types, in lower case; the first is the one that is asked for.
    pub media_types: &'static [&'static str],
    /// The format of the files with its rejected rows.
    rejects: Rejects,
    /// How a file of it is opened.
    open: fn(Opening<'_>) -> Box<dyn RowReader>,
}

/// The format of a file with rejected rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rejects {
    Csv,
    Ndjson,
    #[cfg(feature = "xlsx-write")]
    Xlsx,
}

/// How the lines of a format are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFormat {
    /// Comma-separated values, `text/csv`.
    Csv,
    /// One JSON object a line, `application/x-ndjson`.
    Ndjson,
}

impl LineFormat {
    /// What it is called.
    pub fn format(self) -> &'static RowFormat {
        match self {
            Self::Csv => &CSV,
            Self::Ndjson => &NDJSON,
        }
    }
}

/// The formats, in the order in which messages name them.
pub static FORMATS: &[&RowFormat] = &[
    &JSON,
    &NDJSON,
    &CSV,
    #[cfg(feature = "avro")]
    &AVRO,
    #[cfg(feature = "xlsx")]
    &XLSX,
    #[cfg(feature = "parquet")]
    &PARQUET,
];

/// An array of rows; a body may also be an object of tables.
pub(crate) static JSON: RowFormat = RowFormat {
    name: "json",
    lines: None,
    is_body: true,
    extensions: &["json"],
    media_types: &["application/json"],
    rejects: Rejects::Ndjson,
    open: open_json_array,
};

/// One JSON object a line.
pub(crate) static NDJSON: RowFormat = RowFormat {
    name: "ndjson",
    lines: Some(LineFormat::Ndjson),
    is_body: true,
    extensions: &["ndjson", "jsonl"],
    media_types: &[
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
    ],
    rejects: Rejects::Ndjson,
    open: open_ndjson,
};

/// Comma-separated values.
pub(crate) static CSV: RowFormat = RowFormat {
    name: "csv",
    lines: Some(LineFormat::Csv),
    is_body: true,
    extensions: &["csv"],
    media_types: &["text/csv", "application/csv"],
    rejects: Rejects::Csv,
    open: open_csv,
};

/// Avro container files.
#[cfg(feature = "avro")]
pub(crate) static AVRO: RowFormat = RowFormat {
    name: "avro",
    lines: None,
    is_body: false,
    extensions: &["avro"],
    media_types: &["application/avro", "application/vnd.apache.avro"],
    rejects: Rejects::Ndjson,
    open: open_avro,
};

/// Parquet files.
#[cfg(feature = "parquet")]
pub(crate) static PARQUET: RowFormat = RowFormat {
    name: "parquet",
    lines: None,
    is_body: false,
    extensions: &["parquet"],
    media_types: &["application/vnd.apache.parquet"],
    rejects: Rejects::Ndjson,
    open: open_parquet,
};

/// Excel workbooks.
#[cfg(feature = "xlsx")]
pub(crate) static XLSX: RowFormat = RowFormat {
    name: "xlsx",
    lines: None,
    is_body: false,
    extensions: &["xlsx"],
    media_types: &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
    #[cfg(feature = "xlsx-write")]
    rejects: Rejects::Xlsx,
    #[cfg(not(feature = "xlsx-write"))]
    rejects: Rejects::Csv,
    open: open_xlsx,
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
    /// Opens a file of it.
    pub(crate) fn open(&self, opening: Opening<'_>) -> Box<dyn RowReader> {
        (self.open)(opening)
    }

    /// Whether the end of a file comes first, which says where all else is.
    #[cfg(feature = "parquet")]
    pub(crate) fn has_directory(&self) -> bool {
        self.name == "parquet"
    }

    /// The format of the files with its rejected rows.
    pub fn of_rejects(&self) -> &'static Self {
        match self.rejects {
            Rejects::Csv => &CSV,
            Rejects::Ndjson => &NDJSON,
            #[cfg(feature = "xlsx-write")]
            Rejects::Xlsx => &XLSX,
        }
    }

    /// The media type of the files that are written.
    pub fn written_type(&self) -> &'static str {
        if *self == CSV { "text/csv; charset=utf-8" } else { self.media_types[0] }
    }

    /// The format that a file's name says, with or without `.gz` or `.zst` behind it.
    pub fn of_file(path: &str) -> Option<&'static Self> {
        let path = packed(path).map_or(path, |(path, _)| path);
        Self::of_extension(path.rsplit_once('.')?.1)
    }

    /// The format of an extension, in any case.
    pub fn of_extension(extension: &str) -> Option<&'static Self> {
        FORMATS
            .iter()
            .copied()
            .find(|it| it.extensions.iter().any(|its| its.eq_ignore_ascii_case(extension)))
    }

    /// The format of a media type without its parameters, in any case.
    pub fn of_media_type(name: &str) -> Option<&'static Self> {
        FORMATS
            .iter()
            .copied()
            .find(|it| it.media_types.iter().any(|its| its.eq_ignore_ascii_case(name)))
    }
}

impl PartialEq for RowFormat {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for RowFormat {}

impl fmt::Debug for RowFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for RowFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
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

/// The error of a file whose name says no format.
pub(crate) fn unsupported_format() -> RowErrorKind {
    let extensions = FORMATS.iter().flat_map(|it| it.extensions);
    RowErrorKind::UnsupportedFormat { extensions: extensions.copied().collect() }
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
            ("jobs.xls", None),
            ("jobs.xlsm", None),
        ] {
            assert_eq!(RowFormat::of_file(path), format, "{path}");
        }
    }

    #[test]
    fn no_extension_and_no_media_type_is_that_of_two_formats() {
        for format in FORMATS.iter().copied() {
            for extension in format.extensions {
                assert_eq!(RowFormat::of_extension(extension), Some(format));
            }
            for media_type in format.media_types {
                assert_eq!(RowFormat::of_media_type(media_type), Some(format));
            }
            assert!(format.written_type().starts_with(format.media_types[0]), "{format:?}");
            assert_eq!(format.of_rejects().of_rejects(), format.of_rejects());
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
        let text = unsupported_format().to_string();
        assert!(
            text.starts_with("the name ends in none of .json, .ndjson, .jsonl, .csv"),
            "{text}"
        );
        assert!(text.contains(", with or without .gz or .zst; save a workbook as "), "{text}");
    }
}
