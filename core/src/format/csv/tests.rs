use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::record_buffer::CELL_LIMIT;
use super::*;
use crate::format::json::BOM;
use crate::table::issue::{RowError, RowErrorKind as Kind};
use crate::table::record::{RawField, RawRow};
use crate::table::schema::table;

/// index, line, and either the cells or the code of the decoder's error.
type Seen = (Option<u64>, u64, Result<Vec<Option<String>>, String>);

fn see(row: &RawRow<'_>) -> Seen {
    let fields = match row.errors.first() {
        Some(error) => Err(error.kind.code().to_owned()),
        None => Ok(row
            .fields
            .iter()
            .map(|field| match field {
                RawField::Null | RawField::Absent => None,
                RawField::Cell(cell) => Some((*cell).to_owned()),
                other => panic!("{other:?} from CSV"),
            })
            .collect()),
    };
    (row.place.index, row.place.line.unwrap(), fields)
}

fn decode_with<'c>(
    mut decoder: CsvDecoder,
    chunks: impl IntoIterator<Item = &'c [u8]>,
) -> Vec<(Seen, Vec<u8>)> {
    let mut rows = Vec::new();
    for mut chunk in chunks {
        while let Some(seen) = decoder.next_row(&mut chunk).as_ref().map(see) {
            rows.push((seen, decoder.text().to_vec()));
        }
        assert!(chunk.is_empty());
    }
    while let Some(seen) = decoder.finish().as_ref().map(see) {
        rows.push((seen, decoder.text().to_vec()));
    }
    rows
}

fn decode<'c>(name: &str, chunks: impl IntoIterator<Item = &'c [u8]>) -> Vec<Seen> {
    let decoder = CsvDecoder::new(table(name).unwrap());
    decode_with(decoder, chunks).into_iter().map(|(seen, _)| seen).collect()
}

/// Decodes whole and byte by byte, and wants the same from both.
fn jobs(text: &[u8]) -> Vec<Seen> {
    let whole = decode("jobs", [text]);
    assert_eq!(whole, decode("jobs", text.chunks(1)), "byte by byte");
    whole
}

fn good(index: u64, line: u64, cells: [&str; 2]) -> Seen {
    (Some(index), line, Ok(cells.map(|cell| Some(cell.to_owned())).into()))
}

fn bad(index: Option<u64>, line: u64, code: &str) -> Seen {
    (index, line, Err(code.to_owned()))
}

/// The errors of a file that is refused as a whole.
fn refusal(name: &str, text: &str) -> RowError {
    let mut decoder = CsvDecoder::new(table(name).unwrap());
    let mut input = text.as_bytes();
    let refused = match decoder.next_row(&mut input) {
        Some(row) => (row.place.index, row.errors),
        None => {
            let row = decoder.finish().unwrap();
            (row.place.index, row.errors)
        }
    };
    assert_eq!(refused.0, None, "{text:?}");
    assert!(decoder.next_row(&mut input).is_none() && decoder.finish().is_none());
    refused.1.into_iter().next().unwrap()
}

#[test]
fn line_ends_byte_order_marks_and_padding() {
    let expected = [good(0, 1, ["1", "Sales"]), good(1, 2, ["2", "Support"])];
    for text in [
        "1,Sales\n2,Support\n",
        "1,Sales\n2,Support",
        "1,Sales\r\n2,Support\r\n",
        "1,Sales\r\n2,Support",
        "1,Sales\r\r\n2,Support\r\r\n",
        "1,Sales\r2,Support\r",
        "1,Sales\r2,Support",
        "\u{feff}1,Sales\n2,Support\n",
        "\u{feff}\u{feff}1,Sales\n2,Support\n",
        "1,Sales\n\u{feff}2,Support\n",
        "1,Sales\n\u{feff}\"2\",Support\n",
        "1, Sales\n2,\tSupport \n",
        "1,\u{a0}Sales\u{a0}\n2,Support\u{200b}\n",
        "1,\"Sales\"\n2,\" Support\t\"",
        "1, \"Sales\" \r\n 2\t,\t\"Support\"\t\r\n",
    ] {
        assert_eq!(jobs(text.as_bytes()), expected, "{text:?}");
    }
}

#[test]
fn a_return_without_a_feed_belongs_to_its_cell_in_a_file_of_feeds() {
    assert_eq!(jobs(b"1,a\rb\n2,c\n"), [good(0, 1, ["1", "a\rb"]), good(1, 2, ["2", "c"])]);
    assert_eq!(jobs(b"1,\"a\r\"\n"), [good(0, 1, ["1", "a\r"])]);
    assert_eq!(
        jobs(b"id,job\r1,\"a\rb\"\r\r3,c\r"),
        [good(0, 2, ["1", "a\rb"]), good(1, 5, ["3", "c"])]
    );
    let mut long = b"1,a\r".to_vec();
    long.extend(core::iter::repeat_n(b' ', 70_000));
    long.extend(b"\n2,b\r");
    assert_eq!(jobs(&long), [good(0, 1, ["1", "a"]), good(1, 3, ["2", "b"])]);
}

#[test]
fn records_without_a_value_are_no_rows_but_count_as_lines() {
    let expected = [good(0, 3, ["1", "a"]), good(1, 5, ["2", "b"])];
    assert_eq!(jobs(b"\n\r\n1,a\n\r\n2,b\n\n"), expected);
    assert_eq!(jobs(b",\n  \n1,a\n\"\"\n2,b\n,,,\n\"\",\" \"\n\xEF\xBB\xBF\n"), expected);
    assert_eq!(jobs(b""), []);
    assert_eq!(jobs(b"\n\n"), []);
    assert_eq!(jobs(b",,\t"), []);
    assert_eq!(jobs(BOM), []);
    assert_eq!(jobs(&BOM[..2]), [bad(None, 1, "invalid_utf8")]);
}

#[test]
fn quoted_cells_keep_commas_quotes_and_line_breaks() {
    let text = b"1,\"a, b\"\n2,\"say \"\"hi\"\"\"\n3,\"two\nlines\"\n4,d\n5,\"\"\"\"\n";
    assert_eq!(
        jobs(text),
        [
            good(0, 1, ["1", "a, b"]),
            good(1, 2, ["2", "say \"hi\""]),
            good(2, 3, ["3", "two\nlines"]),
            good(3, 5, ["4", "d"]),
            good(4, 6, ["5", "\""]),
        ]
    );
}

#[test]
fn a_wrong_quote_refuses_the_lines_from_its_cell_to_the_next_line_end() {
    let refused = |index, line| bad(Some(index), line, "malformed_quote");
    let last = |index, line| good(index, line, ["9", "z"]);
    for wrong in [
        "1,\"a\"b",
        "1,\"a\" b",
        "1,a\"b",
        "1,a\"\"b",
        "1,\"Tom \"Tiger\" Quill\"",
        "1,\"a\"\"\"b",
        "1,a \"b\"",
        "1\",a",
        "1,\u{a0}\"a\"",
        "1,\"a\\\"b\"",
        "\"1\"x,a",
        "1,a\"b,\"c",
        "1,\"\"a",
    ] {
        let text = format!("id,job\n{wrong}\n9,z\n");
        assert_eq!(jobs(text.as_bytes()), [refused(0, 2), last(1, 3)], "{wrong}");
    }
    let text = b"id,job\n1,\"Lathe operator\n2,Welder\n3,\"Crane driver\"\n9,z\n";
    assert_eq!(jobs(text), [refused(0, 2), refused(1, 3), refused(2, 4), last(3, 5)]);
    // A blank line inside the quotes is one of the lines; the text behind the fault is not read on.
    let text = b"1,\"a\n\nb\"c,\"d\n9,z\n";
    assert_eq!(jobs(text), [refused(0, 1), refused(1, 2), refused(2, 3), last(3, 4)]);
    assert_eq!(jobs(b"1,\"a\nb\"c"), [refused(0, 1), refused(1, 2)]);
}

#[test]
fn a_wrong_quote_names_its_lines() {
    let mut decoder = CsvDecoder::new(table("jobs").unwrap());
    let row = decoder.next_row(&mut b"\"1\n2\",\"a\n\nb\"c\n".as_slice()).unwrap();
    assert_eq!(row.errors, [RowError::row(Kind::MalformedQuote { first: 2, last: 4 })]);
    let mut decoder = CsvDecoder::new(table("jobs").unwrap());
    let row = decoder.next_row(&mut b"\n1,a\"b\n".as_slice()).unwrap();
    assert_eq!(row.errors, [RowError::row(Kind::MalformedQuote { first: 2, last: 2 })]);
}

#[test]
fn an_open_quote_gives_back_every_line_to_the_end() {
    let texts = |text: &str| -> Vec<String> {
        let decoder = CsvDecoder::new(table("jobs").unwrap());
        let rows = decode_with(decoder, [text.as_bytes()]);
        let lines = rows.into_iter().skip(1).map(|(seen, text)| {
            assert_eq!(seen.2, Err("unclosed_quote".to_owned()));
            String::from_utf8(text).unwrap()
        });
        lines.collect()
    };
    assert_eq!(texts("1,a\n2,\"b\n3,c\n\n4,d"), ["2,\"b", "3,c", "", "4,d"]);
    assert_eq!(texts("1,a\r\n2,\"b\r\n3,c\r\n"), ["2,\"b", "3,c"]);
    for (text, line) in [("1,a\n2,\"b\n3,c\n4,d", 2), ("1,a\n\"2\n\n\",\"b\r\n", 4)] {
        let mut decoder = CsvDecoder::new(table("jobs").unwrap());
        let mut input = text.as_bytes();
        decoder.next_row(&mut input).unwrap();
        assert!(decoder.next_row(&mut input).is_none());
        let row = decoder.finish().unwrap();
        assert_eq!(row.place.line, Some(2));
        assert_eq!(row.errors, [RowError::row(Kind::UnclosedQuote { line })], "{text:?}");
    }
}

#[test]
fn a_quote_that_stays_open_for_too_long_ends_the_file() {
    let mut text = b"1,a\n2,\"b\n".to_vec();
    while text.len() < 3 * ROW_LIMIT {
        text.extend(b"3,c\n");
    }
    text.extend(b"4,\"d\"\n5,e");
    let lines = text.iter().filter(|byte| **byte == b'\n').count() + 1;
    for chunk in [1_000, 65_536, text.len()] {
        let decoder = CsvDecoder::new(table("jobs").unwrap());
        let rows = decode_with(decoder, text.chunks(chunk));
        assert_eq!(rows.len(), lines, "chunks of {chunk}");
        assert_eq!(rows[0].0, good(0, 1, ["1", "a"]));
        let rest = rows.iter().skip(1).enumerate();
        for (at, (seen, _)) in rest {
            assert_eq!(*seen, bad(Some(at as u64 + 1), at as u64 + 2, "unclosed_quote"));
        }
        let given: Vec<u8> =
            rows.iter().map(|(_, text)| text.as_slice()).collect::<Vec<_>>().join(&b'\n');
        assert!(given == text, "chunks of {chunk}");
    }
}

#[test]
fn a_header_is_every_cell_a_name() {
    let expected = [good(0, 2, ["1", "Clerk"])];
    for text in [
        "id,job_name\n1,Clerk\n",
        "id,job\n1,Clerk\n",
        "\u{feff}\"ID\", Job\n1,Clerk",
        "job,id\nClerk,1",
        "_line,_code,id,job\n7,missing,1,Clerk",
        "Id,Job Name\n1,Clerk",
        "ID,job\u{a0}\n1,Clerk",
        "id,JOB-NAME\n1,Clerk",
        "id,job,,\n1,Clerk,,\n",
        "sep=,\nid,job\n1,Clerk\n",
    ] {
        let seen: Vec<_> =
            jobs(text.as_bytes()).into_iter().map(|(index, _, cells)| (index, cells)).collect();
        let expected: Vec<_> =
            expected.iter().map(|(index, _, cells)| (*index, cells.clone())).collect();
        assert_eq!(seen, expected, "{text:?}");
    }
    assert_eq!(jobs(b"id,job\n"), []);
    assert_eq!(jobs(b"id,job"), []);
    // A job may be called "job"; its line still is data.
    assert_eq!(jobs(b"1,job\n"), [good(0, 1, ["1", "job"])]);
}

#[test]
fn a_header_may_leave_columns_out() {
    let rows = decode("employees", [b"name,id\nAnn,1\n".as_slice()]);
    let cells = [Some("1"), Some("Ann"), None, None, None].map(|cell| cell.map(str::to_owned));
    assert_eq!(rows, [(Some(0), 2, Ok(cells.into()))]);
}

#[test]
fn a_first_line_that_is_neither_refuses_the_file() {
    for (text, code) in [
        ("id,title\n1,Clerk\n2,Cook\n", "unknown_column"),
        ("title,job\nClerk,1\n", "unknown_column"),
        ("Emp no,Title\n1,Clerk\n", "no_header"),
        ("a\n1,Clerk\n", "no_header"),
        ("1,Clerk,x\n2,Cook\n", "no_header"),
        (",Clerk\n2,Cook\n", "no_header"),
        ("_a,_b\n1,Clerk\n", "no_header"),
        ("id,id\n1,2\n", "duplicate_column"),
        ("id;job\n1;Clerk\n", "wrong_delimiter"),
        ("id\tjob\n1\tClerk\n", "wrong_delimiter"),
        ("1;Lager, Versand\n", "wrong_delimiter"),
        ("sep=;\nid;job\n", "wrong_delimiter"),
        ("id,\"job\n1,Clerk\n2,\"Cook\"\n3,c\n", "malformed_quote"),
        ("id,\"job\n1,Clerk\n", "unclosed_quote"),
        (",id,job\n0,1,Clerk\n", "unnamed_column"),
    ] {
        assert_eq!(refusal("jobs", text).kind.code(), code, "{text:?}");
    }
    // A row with a value of an integer column is one, however wrong its other cells are.
    assert_eq!(jobs(b"1,\n2,b\n")[1], good(1, 2, ["2", "b"]));
    assert_eq!(
        jobs(b"1,\"a\"b\n2,b\n"),
        [bad(Some(0), 1, "malformed_quote"), good(1, 2, ["2", "b"])]
    );
}

#[test]
fn an_unknown_name_is_told_with_the_nearest_and_all_columns() {
    let error = refusal("employees", "id,name,datetime,departmentt_id,mail\n");
    assert_eq!(error.column.as_deref(), Some("departmentt_id"));
    assert_eq!(
        error.kind.to_string(),
        "no column is called departmentt_id (did you mean department_id?), mail; the columns are \
         id, name, datetime, department_id, job_id"
    );
}

#[test]
fn the_option_says_whether_there_is_a_header() {
    let with = |option, text: &str| -> Vec<Seen> {
        let decoder = CsvDecoder::with_header(table("jobs").unwrap(), option);
        decode_with(decoder, [text.as_bytes()]).into_iter().map(|(seen, _)| seen).collect()
    };
    let row = |line| good(1, line, ["2", "b"]);
    assert_eq!(with(Header::Absent, "x,a\n2,b\n"), [good(0, 1, ["x", "a"]), row(2)]);
    assert_eq!(with(Header::Absent, "x\n2,b\n"), [bad(Some(0), 1, "wrong_field_count"), row(2)]);
    assert_eq!(with(Header::Absent, "x,\"\n2,\"b\n2,b\n")[2], good(2, 3, ["2", "b"]));
    assert_eq!(with(Header::Present, "1,a\n2,b\n"), [bad(None, 1, "no_header")]);
    assert_eq!(with(Header::Present, "id,job\n2,b\n"), [good(0, 2, ["2", "b"])]);
}

#[test]
fn a_header_once_more_is_skipped_and_another_one_ends_the_file() {
    let rows = jobs(b"id,job\n1,a\n\xEF\xBB\xBFID,Job Name\n2,b\n");
    assert_eq!(rows, [good(0, 2, ["1", "a"]), good(1, 4, ["2", "b"])]);
    assert_eq!(jobs(b"1,a\nid,job\n2,b\n"), [good(0, 1, ["1", "a"]), good(1, 3, ["2", "b"])]);
    let changed = |index, line| bad(Some(index), line, "changed_header");
    for text in ["id,job\n1,a\njob,id\nb,2\n", "1,a\njob,id\nb,2\n", "id,job\n1,a\nid,title\nb,2\n"]
    {
        let first = u64::from(text.starts_with("id"));
        let rows = jobs(text.as_bytes());
        let expected =
            [good(0, 1 + first, ["1", "a"]), changed(1, 2 + first), changed(2, 3 + first)];
        assert_eq!(rows, expected, "{text:?}");
    }
    // Names alone are no header where a row can have them.
    let rows = decode("employees", [b"name,id\njob_id,1\nname,2\n".as_slice()]);
    assert!(rows.iter().all(|(_, _, cells)| cells.is_ok()), "{rows:?}");
}

#[test]
fn a_value_below_an_empty_name_refuses_its_row() {
    let rows = jobs(b"id,job,\n1,a,\n2,b,c\n3,d,\n");
    assert_eq!(
        rows,
        [good(0, 2, ["1", "a"]), bad(Some(1), 3, "unnamed_column"), good(2, 4, ["3", "d"])]
    );
}

#[test]
fn a_null_marker_is_null_only_without_quotes() {
    let rows = jobs(b"1,\\N\n2,\"\\N\"\n3,NULL\n");
    assert_eq!(rows[0].2, Ok(vec![Some("1".to_owned()), None]));
    assert_eq!(rows[1..], [good(1, 2, ["2", "\\N"]), good(2, 3, ["3", "NULL"])]);
}

#[test]
fn short_and_long_lines_say_what_came() {
    let wrong_count = |line: &str| {
        let mut decoder = CsvDecoder::new(table("jobs").unwrap());
        let text = format!("id,job\n{line}\n");
        let mut input = text.as_bytes();
        decoder.next_row(&mut input).unwrap().errors
    };
    let error =
        |got, empty_end| [RowError::row(Kind::WrongFieldCount { expected: 2, got, empty_end })];
    assert_eq!(wrong_count("1,Sales,EMEA"), error(3, false));
    assert_eq!(wrong_count("7"), error(1, false));
    assert_eq!(wrong_count("1,Sales,,"), error(4, true));
}

#[test]
fn lines_put_together_with_their_marks_are_refused() {
    let header = "_line,_column,_code,_message,id,job\n";
    let rows = |text: &str| jobs(format!("{header}{text}").as_bytes());
    let lines = "2,,unclosed_quote,m,2,\"b\n3,,unclosed_quote,m,c\"\n";
    assert_eq!(rows(lines), [bad(Some(0), 2, "marks_in_cell")]);
    assert_eq!(rows("2,,unclosed_quote,m,2,\"b\nc\"\n"), [good(0, 2, ["2", "b\nc"])]);
}

#[test]
fn marked_and_unmarked_rejected_lines_do_not_share_a_file() {
    let header = |message| format!("_line,_column,_code,{message},id,job\n");
    for kinds in [["_message", "_message_marked"], ["_message_marked", "_message"]] {
        let [first, second] = kinds.map(header);
        let text = format!("{first}2,id,missing,m,1,a\n{second}3,id,missing,m,2,'=b\n");
        let rows = jobs(text.as_bytes());
        let changed = |index, line| bad(Some(index), line, "changed_header");
        assert_eq!(rows, [good(0, 2, ["1", "a"]), changed(1, 3), changed(2, 4)], "{kinds:?}");
    }
}

#[test]
fn the_text_of_a_row_is_kept_as_it_is() {
    let file = b"\xEF\xBB\xBFJob, id\r\n\r\n a ,\"1\"\r\n\"b\nc\",2\nd,3,\"\"\n\"e\nf\"g\r\n h,4";
    for size in [1, 2, 3, file.len()] {
        let decoder = CsvDecoder::new(table("jobs").unwrap());
        let rows = decode_with(decoder, file.chunks(size));
        let texts: Vec<_> = rows.into_iter().map(|(_, text)| text).collect();
        let expected: [&[u8]; 6] =
            [b" a ,\"1\"", b"\"b\nc\",2", b"d,3,\"\"", b"\"e", b"f\"g", b" h,4"];
        assert_eq!(texts, expected, "in pieces of {size}");
    }
}

#[test]
fn a_line_that_is_not_utf_8_is_one_bad_row() {
    let rows = jobs(b"1,a\n2,\xff\n3,\xc3,\xa9\n4,d\n5,\xc3\n");
    assert_eq!(
        rows,
        [
            good(0, 1, ["1", "a"]),
            bad(Some(1), 2, "invalid_utf8"),
            bad(Some(2), 3, "invalid_utf8"),
            good(3, 4, ["4", "d"]),
            bad(Some(4), 5, "invalid_utf8"),
        ]
    );
    assert_eq!(jobs(b"\xc3,\xa9\n"), [bad(None, 1, "invalid_utf8")]);
    assert_eq!(jobs(b"1,\xa9\n"), [bad(Some(0), 1, "invalid_utf8")]);
}

#[test]
fn an_overlong_row_is_refused_in_bounded_memory() {
    let mut text = b"1,a\n2,".to_vec();
    text.extend(core::iter::repeat_n(b'x', 3 * ROW_LIMIT));
    text.extend(b"\n3,c\n");
    text.extend(core::iter::repeat_n(b'1', 1));
    text.extend(core::iter::repeat_n(b',', 3 * CELL_LIMIT));
    text.extend(b"\n4,d\n5,");
    text.extend(core::iter::repeat_n(b'y', 2 * ROW_LIMIT));
    for chunk in [4_096, 65_536, text.len()] {
        let rows = decode("jobs", text.chunks(chunk));
        assert_eq!(
            rows,
            [
                good(0, 1, ["1", "a"]),
                bad(Some(1), 2, "row_too_long"),
                good(2, 3, ["3", "c"]),
                bad(Some(3), 4, "row_too_long"),
                good(4, 5, ["4", "d"]),
                bad(Some(5), 6, "row_too_long"),
            ]
        );
    }
}

#[test]
fn the_files_of_the_task_are_read_in_each_of_their_forms() {
    let employee = |cells: [&str; 5]| Ok(cells.map(|cell| Some(cell.to_owned())).into());
    let ann = employee(["1", "Ann O'Leary", "2021-02-01T12:28:13Z", "7", "21"]);
    let blank = employee(["2", "", "2021-02-01T12:28:13Z", "", ""]);
    let lines = "1,Ann O'Leary,2021-02-01T12:28:13Z,7,21\n2,,2021-02-01T12:28:13Z,,\n";
    let header = "id,name,datetime,department_id,job_id\n";
    for text in [
        lines.to_owned(),
        format!("\u{feff}{lines}"),
        format!("{header}{lines}"),
        format!("\u{feff}{header}{lines}"),
        lines.replace('\n', "\r\n"),
        lines.trim_end().to_owned(),
        lines.replace(',', ", "),
    ] {
        let rows = decode("employees", [text.as_bytes()]);
        let cells: Vec<_> = rows.into_iter().map(|(_, _, cells)| cells).collect();
        assert_eq!(cells, [ann.clone(), blank.clone()], "{text:?}");
    }
    // A line that lost its last empty cell is a bad row, and a first line all the same.
    let short = "1,Ann,2021-02-01T12:28:13Z,7,21\n2,Bo,2021-02-01T12:28:13Z,7\n";
    let codes = decode("employees", [short.as_bytes()]);
    assert_eq!(codes[1], bad(Some(1), 2, "wrong_field_count"));
}

/// Writes a cell so that any reader of RFC 4180 gets it back.
fn encode(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(",") + "\r\n"
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        prop_oneof![
            Just(b','),
            Just(b'"'),
            Just(b'\n'),
            Just(b'\r'),
            Just(b' '),
            Just(b'1'),
            Just(0xEF),
            Just(0xBB),
            Just(0xBF),
            any::<u8>(),
        ],
        0..80,
    )
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_rows(
        text in any_bytes(),
        cuts in proptest::collection::vec(0..80_usize, 0..8),
    ) {
        let mut cuts = cuts.into_iter().filter(|cut| *cut < text.len()).collect::<Vec<_>>();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let chunks = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]);
        prop_assert_eq!(jobs(&text), decode("jobs", chunks));
    }

    #[test]
    fn a_marked_file_is_read_as_the_unmarked_one(
        text in "([,\"\r\n 1é'=+]|2,,unclosed_quote,a note,){0,60}",
        end in proptest::sample::select(vec!["", "=,job,id,,job,id", "1,a,missing,m,'=b"]),
        cuts in proptest::collection::vec(0..80_usize, 0..8),
    ) {
        let text = format!("{text}{end}");
        let plain = [b"_line,_column,_code,_message,id,job\n", text.as_bytes()].concat();
        let marked = mark_formulas(text.as_bytes());
        let marked = [b"_line,_column,_code,_message_marked,id,job\n".as_slice(), &marked].concat();
        let mut cuts = cuts.into_iter().filter(|cut| *cut < marked.len()).collect::<Vec<_>>();
        cuts.extend([0, marked.len()]);
        cuts.sort_unstable();
        let chunks = cuts.windows(2).map(|cut| &marked[cut[0]..cut[1]]);
        let decoder = || CsvDecoder::new(table("jobs").unwrap());
        prop_assert_eq!(decode_with(decoder(), chunks), decode_with(decoder(), [plain.as_slice()]));
    }

    #[test]
    fn every_line_with_a_value_is_a_row_or_part_of_one(
        text in "(id,job\n)?([,\"\r\n 1é]|1,a\n|job,id\n|[\u{feff}]){0,60}",
    ) {
        // What the rows are taken from, put together, is the file without its header, its line
        // ends, and its lines without a value.
        let decoder = CsvDecoder::with_header(table("jobs").unwrap(), Header::Absent);
        let rows = decode_with(decoder, [text.as_bytes()]);
        let kept = |text: &str| -> String {
            text.chars().filter(|it| !matches!(it, ',' | '"' | '\r' | '\n' | ' ' | '\u{feff}')).collect()
        };
        let given: Vec<u8> = rows.into_iter().flat_map(|(_, text)| text).collect();
        let mut given = kept(&String::from_utf8(given).unwrap());
        let mut wanted = kept(&text);
        // A header of the table's own order is skipped wherever it is.
        given = given.replace("idjob", "");
        wanted = wanted.replace("idjob", "");
        prop_assert_eq!(given, wanted);
    }

    #[test]
    fn from_the_start_of_a_record_the_same_rows_follow(
        text in "(_line,_column,_code,_message_marked,id,job\n)?([,\"\r\n 1é'=]|id,job\n|job,id\n|[\u{feff}]){0,60}",
        cut in 0..80_usize,
    ) {
        let text = text.as_bytes();
        let cut = cut.min(text.len());
        let mut decoder = CsvDecoder::new(table("jobs").unwrap());
        let mut before = &text[..cut];
        let mut rows = Vec::new();
        while let Some(row) = decoder.next_row(&mut before) {
            rows.push(see(&row));
        }
        let (back, decoder) = decoder.at_record_start();
        let after = &text[cut - back as usize..];
        rows.extend(decode_with(decoder, [after]).into_iter().map(|(seen, _)| seen));
        prop_assert_eq!(rows, decode("jobs", [text]));
    }

    #[test]
    fn what_was_written_comes_back(
        rows in proptest::collection::vec((1..i32::MAX, "[^ \t\u{a0}\u{200b}\u{feff}](.*[^ \t\u{a0}\u{200b}\u{feff}])?"), 0..8),
    ) {
        let rows = rows.into_iter().map(|(id, name)| [id.to_string(), name]).collect::<Vec<_>>();
        let text: String = rows.iter().map(|row| encode(row)).collect();
        let seen = decode("jobs", [text.as_bytes()]);
        let cells: Vec<_> = seen.into_iter().map(|(_, _, cells)| cells.unwrap()).collect();
        let expected: Vec<Vec<_>> =
            rows.into_iter().map(|row| row.map(Some).into()).collect();
        prop_assert_eq!(cells, expected);
    }

    #[test]
    fn records_without_a_fault_are_those_of_another_reader(
        rows in proptest::collection::vec(proptest::collection::vec("[a-c\",\n]{0,4}", 1..4), 1..8),
    ) {
        let text: String = rows.iter().map(|row| encode(row)).collect();
        let mut decoder = CsvDecoder::with_header(table("jobs").unwrap(), Header::Absent);
        let mut input = text.as_bytes();
        let mut cells = Vec::new();
        while decoder.advance(&mut input) {
            let texts = decoder.record.texts().unwrap();
            cells.push(texts.map(|cell| cell.text.to_owned()).collect::<Vec<_>>());
        }
        let has_value = |row: &Vec<String>| row.iter().any(|cell| !cell.is_empty());
        let expected: Vec<_> = by_csv_core(&text).into_iter().filter(has_value).collect();
        prop_assert_eq!(cells, expected);
    }
}

fn by_csv_core(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv_core::Reader::new();
    let (mut bytes, mut ends) = (vec![0; text.len() + 1], vec![0; text.len() + 1]);
    let (mut rest, mut rows) = (text.as_bytes(), Vec::new());
    loop {
        let (result, read, _, cells) = reader.read_record(rest, &mut bytes, &mut ends);
        rest = &rest[read..];
        if result != csv_core::ReadRecordResult::Record {
            return rows;
        }
        let starts = core::iter::once(&0).chain(&ends);
        let cell = |(start, end): (&usize, &usize)| {
            String::from_utf8(bytes[*start..*end].to_vec()).unwrap()
        };
        rows.push(starts.zip(&ends[..cells]).map(cell).collect());
    }
}

/// A cell as a program writes it that follows a dialect.
fn written_cell(cell: &str, syntax: dialect::Syntax) -> String {
    let Syntax { delimiter, quote, escapes, .. } = syntax;
    let (delimiter, mark) = (char::from(delimiter), char::from(quote));
    if escapes && !syntax.has_quotes() {
        let escaped = |it: char| matches!(it, '\\' | '\n' | '\r') || it == delimiter;
        return cell
            .chars()
            .flat_map(|it| escaped(it).then_some('\\').into_iter().chain([it]))
            .collect();
    }
    let cell = if escapes { cell.replace('\\', "\\\\") } else { cell.to_owned() };
    format!("{mark}{}{mark}", cell.replace(mark, &format!("{mark}{mark}")))
}

proptest! {
    /// What is written in a dialect is read back, however it is cut into chunks.
    #[test]
    fn a_row_of_any_dialect_comes_back(
        cells in proptest::collection::vec("[a-z,;|'\"\\\\\n\r é]{0,8}", 1..9),
        delimiter in proptest::sample::select(vec![b',', b';', b'\t', b'|']),
        quote in proptest::sample::select(vec![b'"', b'\'', dialect::NO_QUOTE]),
        escapes in any::<bool>(),
        skip_lines in 0..3_u64,
        chunk in 1..20_usize,
    ) {
        let escapes = escapes || quote == dialect::NO_QUOTE;
        let syntax = Syntax { delimiter, quote, escapes, ..Syntax::default() };
        let mut text = "\"no record\n".repeat(skip_lines as usize);
        // In front of a line end, where there are no quotes, a carriage return is part of it.
        let own_return = |it: char| it != '\r' || syntax.has_quotes();
        let cells: Vec<String> =
            cells.iter().map(|cell| cell.chars().filter(|it| own_return(*it)).collect()).collect();
        for (number, cell) in cells.iter().enumerate() {
            let cell = written_cell(cell, syntax);
            text += &format!("{}{}{cell}\n", number + 1, char::from(delimiter));
        }
        let dialect = Dialect { syntax, skip_lines, header: Header::Absent, ..Dialect::default() };
        let decoder = || CsvDecoder::of_dialect(table("jobs").unwrap(), dialect.clone().into());
        let rows = decode_with(decoder(), [text.as_bytes()]);
        prop_assert_eq!(&rows, &decode_with(decoder(), text.as_bytes().chunks(chunk)));
        let read: Vec<_> = rows.into_iter().map(|((_, _, cells), _)| cells.unwrap()[1].clone()).collect();
        let blanks = |it: char| matches!(it, ' ' | '\t');
        let wanted: Vec<_> = cells.iter().map(|it| Some(it.trim_matches(blanks).to_owned())).collect();
        prop_assert_eq!(read, wanted);
    }
}
