//! What is wrong with a row, in words.

use core::fmt;

use super::issue::RowErrorKind;
use super::schema::ForeignKey;
use super::time_zone::TimeZone;
use crate::base::all_of::AllOf;
use crate::base::counted::counted;

impl fmt::Display for RowErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AmbiguousTime { zone, offsets } => write!(
                f,
                "the clocks of {zone} show this time twice, as they are put back; write its offset behind it, \
                 {} or {}",
                offsets[0], offsets[1]
            ),
            Self::SkippedTime { zone } => write!(
                f,
                "the clocks of {zone} never show this time, as they are put forward past it; write an offset \
                 from UTC behind it"
            ),
            Self::ChangedHeader { line } => {
                write!(f, "line {line} is a header of other columns; load what follows as a file of its own")
            }
            Self::CheckViolated { check } => write!(f, "the row does not fulfil {check}"),
            Self::Conflict { key, first } => conflict(f, key, *first),
            Self::DatabaseRefused { number, alone } => {
                let rows = if *alone { "the row" } else { "rows around this one" };
                write!(f, "the database refused {rows} with MySQL error {number}")?;
                cause(*number, *alone).map_or(Ok(()), |cause| write!(f, ": {cause}"))
            }
            Self::DecimalInteger => f.write_str(
                "a number with a decimal point where an integer is expected; write 5, not 5.0",
            ),
            Self::HiddenCharacter { expected, character } => {
                let code = u32::from(*character);
                write!(f, "text with the invisible character U+{code:04X} where {expected} is expected")
            }
            Self::DuplicateColumn | Self::DuplicateTable => f.write_str("appears twice"),
            Self::DuplicateInBatch { first } => write!(f, "the row at index {first} has this key"),
            Self::Exists => f.write_str("the table has a row with this key already"),
            Self::BeyondTimestamp => f.write_str(
                "a TIMESTAMP holds moments from 1970-01-01T00:00:01Z to 2038-01-19T03:14:07Z",
            ),
            Self::NoOffset => f.write_str(
                "a date-time without an offset, which says no moment; write one such as Z or +02:00 behind \
                 it, or say time_zone",
            ),
            Self::BeyondFloat => f.write_str(
                "the number is larger than the column holds, or so near to 0 that it would be stored as 0",
            ),
            Self::FilledColumn => f.write_str(
                "the option fill gives this column its value; leave it out, or take it out of fill",
            ),
            Self::InvalidFill(kind) => write!(f, "the option fill does not fit the table: {kind}"),
            Self::GeneratedColumn => {
                f.write_str("the database computes this column; leave it out")
            }
            Self::InvalidDocument => f.write_str("no JSON document; a text in one has quotes around it"),
            Self::NumberNotKept => f.write_str(
                "the document has a number of more digits than a database keeps; send it as a string",
            ),
            Self::RepeatedMember => f.write_str("an object of the document has a member twice"),
            Self::TooDeep { limit } => write!(
                f,
                "the document has more than {limit} arrays and objects in each other"
            ),
            Self::InvalidBase64 => f.write_str("bytes are expected as base64, with = at its end"),
            Self::InvalidTime => f.write_str(
                "not a time from -838:59:59 to 838:59:59 such as 16:02:08; hours, minutes and seconds",
            ),
            Self::InvalidDate => f.write_str("not a day of the years 1 to 9999 such as 2021-07-27"),
            Self::InvalidDateTime => {
                f.write_str("not an RFC 3339 date-time such as 2021-07-27T16:02:08Z")
            }
            Self::InvalidLocalDateTime => f.write_str(
                "not a date-time of the years 1 to 9999 such as 2021-07-27 16:02:08 or \
                 2021-07-27T16:02:08+02:00",
            ),
            Self::InvalidJson { column } => {
                write!(f, "the line is not one JSON value; that shows at byte {column}")
            }
            Self::InvalidUtf8 => f.write_str("the line is not valid UTF-8"),
            Self::LoneSurrogate => {
                f.write_str("half of a surrogate pair such as \\ud83d; send the whole character")
            }
            // Without commas and quotes: in a reject file this text comes into quotes that are open.
            Self::MalformedQuote { first, last } if first == last => f.write_str(
                "a quote inside the text of a cell; put the cell in quotes and double each quote in it",
            ),
            Self::MalformedQuote { first, last } => write!(
                f,
                "a cell in quotes begins on line {first} and has text behind its closing quote on line \
                 {last}; a quote is missing or not doubled"
            ),
            Self::MarksInCell => f.write_str(
                "the cell holds rejected lines with rowgate's marks; delete the marks at the start of \
                 its lines, or close the quote where the cell ends",
            ),
            Self::Missing => f.write_str("a value is required"),
            Self::MixedIds { limit } => write!(
                f,
                "the rows whose ids the database assigns are in more than {limit} places; send them one \
                 behind the other, or without return=ids"
            ),
            Self::MixedOffsets { has_offset } => {
                let (this, first) = if *has_offset { ("an", "none") } else { ("no", "one") };
                write!(
                    f,
                    "a date-time with {this} offset from UTC where the first one has {first}; write all \
                     of them alike, or set time_zone to {}",
                    TimeZone::FORMS
                )
            }
            Self::MoreErrors { count } => write!(f, "the row has {count} more errors"),
            Self::NoHeader { columns } => write!(
                f,
                "the first line is neither a header nor a row; the columns are {}; \
                 a file without a header needs the option header=absent; other names are told by \
                 header={{\"name in the file\":\"column\"}}",
                columns.join(", ")
            ),
            Self::NotAMember { members } => not_a_member(f, members),
            Self::NotInCharset { charset, character } => write!(
                f,
                "character {character} is none of {charset}, the character set of the column; send \
                 another one, or let the column be utf8mb4"
            ),
            Self::NoTableInPath { tables, near } => no_table(f, tables, *near),
            Self::ObjectGone => f.write_str("the object is gone, or was written anew"),
            Self::OutOfRange { min, max, not_zero } => {
                write!(f, "not between {min} and {max}")?;
                if *not_zero {
                    f.write_str(", or 0, which the database would renumber")
                } else {
                    Ok(())
                }
            }
            Self::Negative => f.write_str("a number below 0, which the UNSIGNED column does not take"),
            Self::NoParent { key: ForeignKey { name, parent, .. } } => {
                write!(f, "table {parent} has no such row, which FOREIGN KEY {name} asks for")
            }
            Self::ReferenceCycle => f.write_str(
                "rows are each other's parents, or refer to rows that are; store them without the \
                 reference first, and send them again with on_duplicate=update",
            ),
            Self::RowTooLong { limit } => write!(f, "the row has more than {limit} bytes"),
            Self::TooFewBytes { expected, got } => {
                write!(f, "{} where {expected} are expected", counted(*got, "byte"))
            }
            Self::TooManyBytes { limit, got } => write!(f, "{got} bytes; at most {limit} fit"),
            Self::TooLong { limit, got } => write!(f, "{got} characters; at most {limit} fit"),
            Self::TooManyErrors { errors, rows } => {
                write!(f, "{errors} of {rows} rows are bad, which is more than is allowed")
            }
            Self::TooManyDigits { limit } => {
                write!(f, "the number has more than {limit} digits before its decimal point")
            }
            Self::TooPrecise { limit } => write!(
                f,
                "the number has more than {limit} digits behind its decimal point; round it before you \
                 send it"
            ),
            Self::TooManyShapes { limit } => write!(
                f,
                "the rows carry more than {limit} different sets of columns; send null or the value \
                 for the same columns in every row, or split the request"
            ),
            Self::UnclearLayout { questions } => {
                for (number, question) in questions.iter().enumerate() {
                    write!(f, "{}{question}", if number > 0 { "; " } else { "" })?;
                }
                Ok(())
            }
            Self::UnreadableLayout { column, kind } => {
                let advice = readable(kind);
                write!(f, "the {kind} of column {column} are in no form that is read, or in two; write {advice}")
            }
            Self::ContradictedLayout { line, column } => {
                write!(f, "line {line} does not fit how the start of the file is written")?;
                if let Some(column) = column {
                    write!(f, ": its {column} has another form")?;
                }
                f.write_str(
                    "; nothing is stored: mend the line, or give the layout as options to have the lines above it \
                     loaded",
                )
            }
            Self::ContradictedOptions { line, column } => write!(
                f,
                "line {line} does not fit the layout that is given: its {column} has another form; nothing is \
                 read from there on. Mend the line and load the file again, or load what follows as a file of its \
                 own with other options"
            ),
            Self::UnclosedQuote { line } => {
                write!(f, "the quote that line {line} opens is never closed")
            }
            Self::UnknownColumn => f.write_str("the table has no such column"),
            Self::UnknownHeader(unknown) => unknown.fmt(f),
            Self::UnknownKey(wrong) => wrong.fmt(f),
            Self::UnknownReference { table } => write!(f, "table {table} has no such row"),
            Self::UnfitTable(unfit) => {
                write!(f, "table {} is not served: {unfit}", unfit.table)
            }
            Self::UnknownTable => f.write_str("there is no such table"),
            Self::UnnamedColumn { cell } => write!(
                f,
                "cell {cell} has a value but its column has no name; \
                 give it one, or one that begins with _ to have it ignored"
            ),
            Self::UnpacksTooLarge { times, gibibytes } => {
                write!(f, "unpacks to more than {times} times its size, or than {gibibytes} GiB")
            }
            Self::UnreadableFile { what } => f.write_str(what),
            Self::UnreadableGzip => f.write_str("no gzip data, or broken from here on"),
            Self::UnreadableZstandard => f.write_str(
                "no zstandard data, broken from here on, or packed with a window of more than 8 MiB; pack it \
                 with a level up to 19 and without --long",
            ),
            Self::UnsupportedFormat { extensions } => {
                let workbook = if extensions.contains(&"xlsx") { ".xlsx or " } else { "" };
                write!(
                    f,
                    "the name ends in none of {}, with or without .gz or .zst; save a workbook as \
                     {workbook}CSV UTF-8",
                    AllOf(extensions)
                )
            }
            Self::UnreadableKey => f.write_str(
                "the key has a segment . or .., which no request can name; put the file under \
                 another key",
            ),
            Self::WrongDelimiter { found } => {
                write!(f, "the cells are separated by {found}; save the file with commas")
            }
            Self::WrongEncoding => {
                f.write_str("the text is in UTF-16 or UTF-32, and not in UTF-8; save the file as CSV UTF-8")
            }
            Self::WrongFieldCount { expected, got, empty_end } => {
                write!(f, "{} where {expected} are expected", counted(*got, "cell"))?;
                if *empty_end {
                    f.write_str("; the last is empty: remove the comma at the end of the lines")?;
                }
                Ok(())
            }
            Self::WrongFormat { found, advice } => write!(f, "this is {found}; {advice}"),
            Self::WrongType { expected, got } => write!(f, "{got} where {expected} is expected"),
        }
    }
}

fn conflict(f: &mut fmt::Formatter<'_>, key: &str, first: Option<u64>) -> fmt::Result {
    match first {
        Some(first) => write!(f, "the row at index {first} has the same value in unique key {key}"),
        None => write!(f, "another row of the table has the same value in unique key {key}"),
    }
}

/// How values of a kind are to be written.
fn readable(kind: &str) -> &'static str {
    match kind {
        "dates" => "2021-07-27, 27.07.2021 or 07/27/2021",
        "date-times" => "2021-07-27 16:02, 27.07.2021 16:02 or 07/27/2021 4:02 PM",
        "truth values" => "true and false, or 1 and 0",
        "numbers" => "19.90, without the sign of a currency",
        "orders of dates" => "all dates with the day first, or all with the month first",
        _ => "all numbers with a decimal point, or all with a decimal comma",
    }
}

/// What MySQL's number says of rows that fit the schema.
fn cause(number: u16, alone: bool) -> Option<&'static str> {
    const OTHER_KEY: &str = "another unique key of the table has the value already";
    const NO_DEFAULT: &str = "a column that does not come has no DEFAULT in the table";
    match number {
        1062 if alone => Some(OTHER_KEY),
        1364 => Some(NO_DEFAULT),
        _ => None,
    }
}

/// How many members of an ENUM or SET a message lists.
const LISTED_MEMBERS: usize = 20;

/// Says which texts a column takes.
fn not_a_member(f: &mut fmt::Formatter<'_>, members: &[&str]) -> fmt::Result {
    let listed = &members[..members.len().min(LISTED_MEMBERS)];
    write!(f, "the column takes only {}", listed.join(", "))?;
    match members.len() - listed.len() {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// Says which tables there are, and how a path names one.
fn no_table(f: &mut fmt::Formatter<'_>, tables: &[&str], near: Option<&str>) -> fmt::Result {
    let what = "neither a folder nor the file's name up to its first dot is a table";
    write!(f, "{what}; the tables are {}", tables.join(", "))?;
    match near {
        Some(near) => write!(f, "; put the file into a folder {near}, or call it {near}.csv"),
        None => f.write_str("; put the file into a folder that is called like its table"),
    }
}
