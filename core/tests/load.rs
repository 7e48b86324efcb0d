//! Files through the pipeline: what is stored, what is said of the rest, and what is written back.

use std::ops::Range;
use std::time::Duration;

use crate::world::*;
use proptest::prelude::*;
use rowgate_core::schema::Schema;
use rowgate_core::{
    Client, Counts, Dialect, Job, LiveSchema, LoadError, LoadOptions, LoadReport, OnDuplicate,
    OnError, RejectSink, RejectSinks, Response, SendError, Source, SourceError, Status, load,
};
use serde_json::Value;

pub(crate) struct Memory {
    pub(crate) bytes: Vec<u8>,
    /// The first byte that cannot be read, and why.
    pub(crate) broken: Option<(u64, SourceError)>,
}

impl Source for Memory {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        match &self.broken {
            Some((from, error)) if range.end > *from => Err(error.clone()),
            _ => Ok(self.bytes[range.start as usize..range.end as usize].to_vec()),
        }
    }
}

#[derive(Default)]
struct Rejects {
    text: Vec<u8>,
    ended: bool,
    abandoned: usize,
    full: bool,
}

impl RejectSink for Rejects {
    async fn write(&mut self, bytes: Vec<u8>, last: bool) -> Result<(), String> {
        if self.full {
            return Err("disk full".into());
        }
        assert!(last || bytes.len() >= 5 << 20);
        self.text.extend(bytes);
        self.ended = last;
        Ok(())
    }

    async fn abandon(&mut self) {
        self.text.clear();
        self.abandoned += 1;
    }

    fn name(&self) -> String {
        "rejects/it".into()
    }
}

pub(crate) type Answers = Vec<Result<Response, SendError>>;

/// What became of a file, what was called, and the reject file.
pub(crate) struct Loaded {
    pub(crate) report: LoadReport,
    pub(crate) json: Value,
    pub(crate) world: World,
    pub(crate) rejects: String,
    /// The rejected rows of a workbook, which are one.
    pub(crate) workbook: Vec<u8>,
    /// Whether they have a byte order mark in front.
    pub(crate) has_mark: bool,
    pub(crate) undecoded: Vec<u8>,
}

impl Loaded {
    /// status, received, stored, kept, rejected
    pub(crate) fn counts(&self) -> (Status, [u64; 4]) {
        let LoadReport { status, counts, .. } = self.report;
        let Counts { received, stored, kept, rejected } = counts;
        (status, [received, stored, kept, rejected])
    }

    /// line and code of every error that is listed
    pub(crate) fn errors(&self) -> Vec<(Option<u64>, &'static str)> {
        let listed = self.report.issues.listed();
        listed.iter().map(|issue| (issue.line, issue.error.kind.code())).collect()
    }
}

/// A dialect of which only the header is given.
fn dialect(header: &str) -> Dialect {
    let mut dialect = Dialect::default();
    dialect.set("header", header).unwrap();
    dialect
}

fn headerless() -> LoadOptions {
    LoadOptions { dialect: dialect("absent"), ..LoadOptions::default() }
}

fn load_from(source: &Memory, path: &str, options: LoadOptions, answers: Answers) -> Loaded {
    load_source(OFFICE, source, path, options, answers)
}

/// The same into other tables.
#[cfg(feature = "avro")]
pub(crate) fn load_into(
    schema: Schema,
    bytes: &[u8],
    path: &str,
    options: LoadOptions,
    answers: Answers,
) -> Loaded {
    let source = Memory { bytes: bytes.into(), broken: None };
    load_source(schema, &source, path, options, answers)
}

fn load_source(
    schema: Schema,
    source: &Memory,
    path: &str,
    options: LoadOptions,
    answers: Answers,
) -> Loaded {
    let world = World::new(answers);
    let target = target();
    let client = Client::new(&world, &target, Duration::from_secs(600));
    let mut sinks = RejectSinks { rejects: Rejects::default(), undecoded: Rejects::default() };
    let schema = &LiveSchema::still(schema);
    let job = Job { schema, database: &client, source, path, options };
    let report = run_in_turns(load(&job, &mut sinks));
    let RejectSinks { rejects, undecoded } = sinks;
    assert_eq!(rejects.ended, report.rejects.is_some());
    assert_eq!(undecoded.ended, report.undecoded.is_some());
    assert_eq!(
        report.counts.received,
        report.counts.stored + report.counts.kept + report.counts.rejected
    );
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    let is_workbook = rejects.text.starts_with(b"PK");
    let (workbook, text) =
        if is_workbook { (rejects.text, Vec::new()) } else { (Vec::new(), rejects.text) };
    let text = String::from_utf8(text).unwrap();
    let has_mark = text.starts_with('\u{feff}');
    let rejects = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    Loaded { report, json, world, rejects, workbook, has_mark, undecoded: undecoded.text }
}

pub(crate) fn load_bytes(
    bytes: &[u8],
    path: &str,
    options: LoadOptions,
    answers: Answers,
) -> Loaded {
    load_from(&Memory { bytes: bytes.into(), broken: None }, path, options, answers)
}

fn load_text(text: &str, path: &str, answers: Answers) -> Loaded {
    load_bytes(text.as_bytes(), path, LoadOptions::default(), answers)
}

const MIXED: &str = "1,Clerk\n2,\nx,Cook\n4,Guard,extra\n5,Smith\n";

#[test]
fn good_rows_are_stored_and_the_others_come_back() {
    let loaded = load_text(MIXED, "incoming/jobs/may.csv", vec![updated(2)]);
    assert_eq!(loaded.counts(), (Status::Partial, [5, 2, 0, 3]));
    let sent = &loaded.world.calls()[0].1["parameters"][0]["value"]["stringValue"];
    assert_eq!(sent, r#"[[1,"Clerk"],[5,"Smith"]]"#);
    assert_eq!(
        loaded.rejects,
        "_line,_column,_code,_message,id,job_name\n\
         2,job_name,missing,a value is required,2,\n\
         3,id,wrong_type,text where an integer is expected,x,Cook\n\
         4,,wrong_field_count,3 cells where 2 are expected,4,Guard,extra\n"
    );
    assert_eq!(loaded.json["status"], "partial");
    assert_eq!(loaded.json["tables"]["jobs"]["invalid"], 3);
    assert_eq!(loaded.json["settings"]["on_duplicate"], "update");
    assert_eq!(loaded.json["started"], "2027-01-15T08:00:00Z");
    assert_eq!(loaded.json["rejects"], "rejects/it");
}

#[test]
fn a_reject_file_can_be_mended_and_loaded() {
    let rejects = load_text(MIXED, "jobs.csv", vec![updated(2)]).rejects;
    let mended = rejects.replace("2,\n", "2,Baker\n").replace(",x,", ",3,").replace(",extra", "");
    let loaded = load_text(&mended, "incoming/jobs/mended.csv", vec![updated(3)]);
    assert_eq!(loaded.counts(), (Status::Complete, [3, 3, 0, 0]));
    let sent = &loaded.world.calls()[0].1["parameters"][0]["value"]["stringValue"];
    assert_eq!(sent, r#"[[2,"Baker"],[3,"Cook"],[4,"Guard"]]"#);
}

#[test]
fn a_reject_file_that_comes_back_bad_is_marked_once() {
    let rejects = load_text("7,,yesterday,x,\n", "employees.csv", vec![]).rejects;
    let again = load_text(&rejects, "employees.csv", vec![]);
    assert_eq!(again.counts(), (Status::Rejected, [1, 0, 0, 1]));
    let (header, line) = again.rejects.split_once('\n').unwrap();
    assert_eq!(header, rejects.lines().next().unwrap());
    assert!(line.starts_with("2,name;datetime;") && line.ends_with(",7,,yesterday,x,\n"), "{line}");

    let rejects = load_text("{\"id\":\"2\"}\n7\n", "jobs.ndjson", vec![]).rejects;
    let again = load_text(&rejects, "jobs.ndjson", vec![]).rejects;
    let lines: Vec<&str> = again.lines().collect();
    assert!(lines[0].ends_with("}],\"id\":\"2\"}") && lines[0].matches("_line").count() == 1);
    assert!(lines[1].ends_with("}],\"_text\":\"7\"}") && lines[1].matches("_line").count() == 1);
}

#[test]
fn a_line_that_comes_back_twice_is_still_as_it_was() {
    for (header, line) in [
        ("_a,id,job", r#"x"y,1"z,990077,smuggled"#),
        ("_note,_x,id,job", "hello,world,bad,a"),
        ("_line,id,job", "7,bad,a"),
        ("id,job,_column,_code", "bad,a,b,c"),
    ] {
        let text = format!("{header}\n{line}\n");
        let first = load_text(&text, "incoming/jobs/a.csv", vec![]).rejects;
        assert!(first.ends_with(&format!(",{line}\n")), "{first}");
        let again = load_text(&first, "incoming/jobs/a.csv", vec![]);
        let (status, [_, stored, ..]) = again.counts();
        assert_eq!((status, stored), (Status::Rejected, 0), "{first}");
        assert!(again.rejects.ends_with(&format!(",{line}\n")), "{}", again.rejects);
        assert_eq!(again.rejects.matches("_code").count(), first.matches("_code").count());
    }
}

#[test]
fn the_files_own_header_is_in_the_reject_file() {
    let text = "Job, ID\nClerk,0\n\"Cook, \"\"junior\"\"\",1,2\n";
    let loaded = load_text(text, "jobs.csv", vec![]);
    assert_eq!(loaded.counts(), (Status::Rejected, [2, 0, 0, 2]));
    assert_eq!(
        loaded.rejects,
        "_line,_column,_code,_message,Job, ID\n\
         2,id,out_of_range,\"not between -2147483648 and 2147483647, or 0, which the database would \
         renumber\",Clerk,0\n\
         3,,wrong_field_count,3 cells where 2 are expected,\"Cook, \"\"junior\"\"\",1,2\n"
    );
}

#[test]
fn all_errors_of_a_row_are_one_line() {
    let loaded = load_text("7,,yesterday,x,\n", "employees.csv", vec![]);
    assert_eq!(
        loaded.rejects.lines().nth(1).unwrap(),
        "1,name;datetime;department_id,missing;invalid_date_time;wrong_type,a value is \
         required;not an RFC 3339 date-time such as 2021-07-27T16:02:08Z;text where an integer is \
         expected,7,,yesterday,x,"
    );
    assert_eq!(loaded.errors().len(), 3);
}

#[test]
fn ndjson_rejects_are_ndjson() {
    let text = "{\"id\":1,\"job\":\"a\"}\n {\"id\":\"2\", \"job\":\"b\"}\n{}\nno json\n[1]\n";
    let loaded = load_text(text, "jobs.ndjson", vec![updated(1)]);
    assert_eq!(loaded.counts(), (Status::Partial, [5, 1, 0, 4]));
    let lines: Vec<Value> =
        loaded.rejects.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&lines[0]["_line"], &lines[0]["id"], &lines[0]["job"]),
        (&Value::from(2), &Value::from("2"), &Value::from("b"))
    );
    assert_eq!(lines[0]["_errors"][0]["code"], "wrong_type");
    assert_eq!(lines[1].as_object().unwrap().len(), 2);
    assert_eq!(lines[2]["_text"], "no json");
    assert_eq!(lines[3]["_text"], "[1]");
    // Mended, it loads; what was no object stays wrong.
    let mended = loaded.rejects.replace(":\"2\"", ":2");
    let again = load_text(&mended, "jobs.jsonl", vec![updated(1)]);
    assert_eq!(again.counts(), (Status::Partial, [4, 1, 0, 3]));
}

/// Jobs with names of 255 letters: about 9,300 fill a batch.
fn many(rows: Range<u32>) -> String {
    let name = "x".repeat(255);
    rows.map(|id| format!("{id},{name}\n")).collect()
}

fn batch_rows(loaded: &Loaded) -> Vec<u64> {
    let rows = |(_, call): (String, Value)| {
        let text = call["parameters"][0]["value"]["stringValue"].as_str().unwrap().to_owned();
        serde_json::from_str::<Vec<Value>>(&text).unwrap().len() as u64
    };
    loaded.world.calls().into_iter().map(rows).collect()
}

/// The batches that the rows from 1 on become.
fn batches_of<const N: usize>(rows: u32) -> [u64; N] {
    let loaded = load_text(&many(1..rows + 1), "jobs.csv", vec![updated(1); N]);
    batch_rows(&loaded).try_into().unwrap()
}

#[test]
fn a_large_file_goes_in_batches_that_are_stored_by_themselves() {
    let loaded = load_text(&many(1..30_001), "jobs.csv", vec![updated(1); 4]);
    assert_eq!(loaded.counts(), (Status::Complete, [30_000, 30_000, 0, 0]));
    let batches = batch_rows(&loaded);
    assert_eq!(batches.iter().sum::<u64>(), 30_000);
    assert!(batches[..3].iter().all(|rows| (9_000..10_000).contains(rows)), "{batches:?}");
    assert!(loaded.world.calls().iter().all(|(operation, _)| operation == "Execute"));
}

#[test]
fn rows_that_the_database_refuses_come_back_as_they_were() {
    let text = many(1..20_001);
    let options = LoadOptions { on_duplicate: OnDuplicate::Fail, ..LoadOptions::default() };
    // The second batch begins in the middle of a range; its rows 10 and 11 exist.
    let [first, second, third] = batches_of(20_000);
    let answers = vec![
        updated(first),
        database_error(1062),
        numbers(&[10, 11]),
        updated(second - 2),
        updated(third),
    ];
    let fresh = load_bytes(text.as_bytes(), "jobs.csv", options, answers);
    assert_eq!(fresh.counts(), (Status::Partial, [20_000, 19_998, 0, 2]));
    let (ten, eleven) = (first + 10, first + 11);
    assert_eq!(fresh.errors(), [(Some(ten), "exists"), (Some(eleven), "exists")]);
    let lines: Vec<&str> = fresh.rejects.lines().collect();
    assert_eq!(lines.len(), 3);
    let message = "the table has a row with this key already";
    assert!(lines[1].starts_with(&format!("{ten},id,exists,{message},{ten},xxx")));
    assert!(lines[2].starts_with(&format!("{eleven},id,exists,")));
}

#[test]
fn a_refused_row_comes_back_that_is_before_a_part_of_bad_ones() {
    let bad = format!("x,{}\n", "x".repeat(1_000)).repeat(6_000);
    let text = format!("1,Clerk\n{bad}2,Cook\n");
    let options = LoadOptions { on_duplicate: OnDuplicate::Fail, ..LoadOptions::default() };
    let answers = vec![database_error(1062), numbers(&[1]), updated(1)];
    let loaded = load_bytes(text.as_bytes(), "jobs.csv", options, answers);
    assert_eq!(loaded.counts(), (Status::Partial, [6_002, 1, 0, 6_001]));
    let message = "the table has a row with this key already";
    assert!(loaded.rejects.ends_with(&format!("1,id,exists,{message},1,Clerk\n")));
}

#[test]
fn an_open_quote_comes_last_in_the_reject_file() {
    let options = LoadOptions { on_duplicate: OnDuplicate::Fail, ..LoadOptions::default() };
    let text = b"1,Clerk\n2,\"Cook\n3,x\n";
    let answers = vec![database_error(1062), numbers(&[1])];
    let loaded = load_bytes(text, "jobs.csv", options, answers);
    assert_eq!(loaded.counts(), (Status::Rejected, [3, 0, 0, 3]));
    let lines: Vec<&str> = loaded.rejects.lines().skip(1).collect();
    assert!(lines[0].starts_with("1,id,exists,"), "{lines:?}");
    let mark = "unclosed_quote,the quote that line 2 opens is never closed";
    assert_eq!(lines[1..], [format!("2,,{mark},2,\"Cook"), format!("3,,{mark},3,x")]);
}

#[test]
fn a_forgotten_quote_gives_its_lines_back_to_be_mended() {
    let text = "id,job\n1,\"Lathe operator\n2,Welder\n3,\"Crane driver\"\n4,Rigger\n";
    let loaded = load_text(text, "jobs.csv", vec![updated(1)]);
    assert_eq!(loaded.counts(), (Status::Partial, [4, 1, 0, 3]));
    assert_eq!(loaded.errors(), [2, 3, 4].map(|line| (Some(line), "malformed_quote")));
    let again = load_text(&loaded.rejects, "jobs.csv", vec![]);
    assert_eq!(again.counts(), (Status::Rejected, [3, 0, 0, 3]));
    assert_eq!(again.rejects.lines().count(), 4);
    let mended = loaded.rejects.replace("operator", "operator\"");
    let again = load_text(&mended, "jobs.csv", vec![updated(3)]);
    assert_eq!(again.counts(), (Status::Complete, [3, 3, 0, 0]));
}

#[test]
fn lines_that_are_no_utf_8_come_back_byte_for_byte() {
    // The last line is UTF-8, so the others are meant to be.
    let text = b"id,job\r\n1,Caf\xe9\r\n2,\r\n3,\"x\xe9\n4,y\"z\n5,B\xc3\xa4cker\n";
    let loaded = load_bytes(text, "jobs.csv", LoadOptions::default(), vec![updated(1)]);
    assert_eq!(loaded.counts(), (Status::Partial, [5, 1, 0, 4]));
    assert_eq!(loaded.undecoded, b"id,job\n1,Caf\xe9\n3,\"x\xe9\n4,y\"z\n");
    assert_eq!(loaded.rejects.lines().count(), 2);
    assert_eq!(loaded.json["undecoded"], "rejects/it");
    let lines =
        load_bytes(b"{\"id\":1,\"job\":\"\xe9\"}\n", "jobs.ndjson", LoadOptions::default(), vec![]);
    assert_eq!(lines.counts(), (Status::Rejected, [1, 0, 0, 1]));
    assert_eq!(
        (lines.undecoded.as_slice(), lines.json["rejects"].is_null()),
        (b"{\"id\":1,\"job\":\"\xe9\"}\n".as_slice(), true)
    );
}

#[test]
fn a_file_whose_header_changes_ends_there() {
    let text = "id,job\n1,a\njob,id\nb,2\nc,3\n";
    let loaded = load_text(text, "jobs.csv", vec![updated(1)]);
    assert_eq!(loaded.counts(), (Status::Partial, [4, 1, 0, 3]));
    assert_eq!(loaded.errors(), [3, 4, 5].map(|line| (Some(line), "changed_header")));
    let again = load_text(&loaded.rejects, "jobs.csv", vec![]);
    assert_eq!(again.counts(), (Status::Rejected, [3, 0, 0, 3]));
}

#[test]
fn a_file_may_be_said_to_have_no_header() {
    let options = headerless();
    let loaded = load_bytes(b"x,a\n2,b\n", "jobs.csv", options, vec![updated(1)]);
    assert_eq!(loaded.counts(), (Status::Partial, [2, 1, 0, 1]));
    assert_eq!(loaded.json["settings"]["header"], "absent");
}

#[test]
fn a_reject_file_has_at_most_100_000_lines() {
    let loaded = load_text(&"x,a\n".repeat(100_007), "departments.ndjson", vec![]);
    assert_eq!(loaded.counts(), (Status::Rejected, [100_007, 0, 0, 100_007]));
    assert_eq!(loaded.rejects.lines().count(), 100_000);
    assert_eq!(left_out(&loaded), (100_001.into(), 7.into()));
    assert_eq!(loaded.json["settings"]["max_reject_lines"], 100_000);
}

#[test]
fn a_reject_file_has_at_most_64_mebibytes() {
    let line = format!("x,{}\n", "y".repeat(1_000_000));
    let source = Memory { bytes: line.repeat(90).into_bytes(), broken: None };
    let options = headerless();
    let loaded = load_from(&source, "jobs.csv", options, vec![]);
    assert_eq!(loaded.counts(), (Status::Rejected, [90, 0, 0, 90]));
    let given = loaded.rejects.lines().count() - 1;
    assert_eq!(given, 67, "of 67,108,864 bytes");
    assert_eq!(left_out(&loaded), (68.into(), 23.into()));
    assert!(loaded.rejects.len() <= 64 << 20);
}

/// The first rejected line that is in no reject file, and how many there are.
fn left_out(loaded: &Loaded) -> (Value, Value) {
    let member = |name: &str| loaded.json[name].clone();
    (member("rejects_full_at_line"), member("rejects_left_out"))
}

#[test]
fn what_is_not_full_says_so() {
    let loaded = load_text(MIXED, "jobs.csv", vec![updated(2)]);
    assert_eq!(left_out(&loaded), (Value::Null, 0.into()));
}

#[test]
fn without_room_there_is_no_reject_file() {
    for (max_reject_lines, max_reject_bytes) in [(0, 1_000), (9, 0), (9, 40)] {
        let options = LoadOptions { max_reject_lines, max_reject_bytes, ..LoadOptions::default() };
        let loaded = load_bytes(MIXED.as_bytes(), "jobs.csv", options, vec![updated(2)]);
        assert_eq!(loaded.counts(), (Status::Partial, [5, 2, 0, 3]));
        assert_eq!(left_out(&loaded), (2.into(), 3.into()));
        assert_eq!((loaded.report.rejects, loaded.rejects), (None, String::new()));
    }
}

#[test]
fn both_reject_files_have_one_limit() {
    let options = LoadOptions { max_reject_lines: 3, ..LoadOptions::default() };
    let text = b"1,\xc3\xa9\nx,b\ny,\xff\nz,c\nw,\xfe\nv,d\n";
    let loaded = load_bytes(text, "jobs.csv", options, vec![updated(1)]);
    assert_eq!(entries(&loaded.rejects).len(), 2);
    assert_eq!(loaded.undecoded, b"y,\xff\n");
    assert_eq!(left_out(&loaded), (5.into(), 2.into()));
}

proptest! {
    /// Whatever the limits are, each rejected line is in a file or counted, and what is in a file is
    /// the beginning of what it would be without limits.
    #[test]
    fn each_rejected_line_is_given_back_or_counted(
        lines in proptest::collection::vec("x,[a,]{0,9}", 1..20),
        max_reject_lines in 0..25_u64,
        max_reject_bytes in 0..2_000_u64,
    ) {
        let text = format!("{}\n", lines.join("\n"));
        let options = headerless();
        let all = load_bytes(text.as_bytes(), "jobs.csv", options.clone(), vec![]);
        let options = LoadOptions { max_reject_lines, max_reject_bytes, ..options };
        let some = load_bytes(text.as_bytes(), "jobs.csv", options, vec![]);
        prop_assert_eq!(some.counts(), all.counts());
        prop_assert!(all.rejects.starts_with(&some.rejects));
        let given = some.rejects.lines().count().saturating_sub(1) as u64;
        prop_assert_eq!(given + some.report.rejects_left_out, some.report.counts.rejected);
        prop_assert!(given <= max_reject_lines);
        let bom = if given > 0 { 3 } else { 0 };
        prop_assert!(some.rejects.len() as u64 + bom <= max_reject_bytes);
        let first = (given < some.report.counts.rejected).then_some(given + 1);
        prop_assert_eq!(some.report.rejects_full_at_line, first);
    }
}

/// What a reject file has: of each line its code and text, or the text alone of one that goes on.
fn entries(rejects: &str) -> Vec<(&str, &str)> {
    let entry = |line| marks(line).unwrap_or(("", line));
    rejects.split_inclusive('\n').skip(1).map(entry).collect()
}

/// The code of a rejected line, and what is behind its marks.
fn marks(line: &str) -> Option<(&str, &str)> {
    let (number, rest) = line.split_once(',')?;
    number.parse::<u64>().ok()?;
    let (_, rest) = rest.split_once(',')?;
    let (code, rest) = rest.split_once(',')?;
    let text = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\",")?.1,
        None => rest.split_once(',')?.1,
    };
    let is_code = |it: char| it.is_ascii_lowercase() || matches!(it, '_' | ';' | '8');
    (!code.is_empty() && code.chars().all(is_code)).then_some((code, text))
}

proptest! {
    /// Every line is wrong in itself, since none has a good number.
    #[test]
    fn a_reject_file_dropped_again_is_rejected_again(
        lines in proptest::collection::vec("([,\"\r a]|\"\"|x,\"b|\"c\"|\n|y,\"d|z,e\"f|é){0,9}", 1..12),
        header in proptest::sample::select(vec!["id,job\n", "job,id\n", "id,job,\n", "_x,id,job\n", "\"id\",job\n", ""]),
    ) {
        let text = format!("{header}{}\n", lines.join("\n"));
        let has_header = if header.is_empty() { "absent" } else { "detect" };
        let options = LoadOptions { on_error: OnError::Reject, dialect: dialect(has_header), strict: true, ..LoadOptions::default() };
        let first = load_bytes(text.as_bytes(), "jobs.csv", options.clone(), vec![]);
        prop_assume!(first.report.invalid > 0);
        prop_assert_eq!(first.report.counts.received, first.report.invalid);
        let options = LoadOptions { dialect: dialect("detect"), ..options };
        let again = load_bytes(format!("\u{feff}{}", first.rejects).as_bytes(), "jobs.csv", options, vec![]);
        prop_assert_eq!(entries(&first.rejects), entries(&again.rejects));
        prop_assert_eq!(first.report.counts.rejected, again.report.counts.rejected);
    }

    /// By way of a file with marks it comes to the same.
    #[test]
    fn a_marked_reject_file_comes_back_as_the_unmarked_one(
        lines in proptest::collection::vec("([,\"\r ='+]|x,\"b|\"=c\"|\n|y,\"=d|z,e\"f|＝){0,9}", 1..12),
    ) {
        let text = format!("id,job\n{}\n", lines.join("\n"));
        let options = LoadOptions { on_error: OnError::Reject, ..LoadOptions::default() };
        let plain = load_bytes(text.as_bytes(), "jobs.csv", options.clone(), vec![]);
        prop_assume!(plain.report.invalid > 0);
        let marking = LoadOptions { mark_formulas: true, ..options };
        let marked = load_bytes(text.as_bytes(), "jobs.csv", marking.clone(), vec![]);
        let of_plain = load_text(&plain.rejects, "jobs.csv", vec![]);
        let of_marked = load_text(&marked.rejects, "jobs.csv", vec![]);
        prop_assert_eq!(of_plain.rejects, of_marked.rejects);
        prop_assert_eq!(of_plain.report.counts.rejected, of_marked.report.counts.rejected);
        let marked_again = load_bytes(marked.rejects.as_bytes(), "jobs.csv", marking, vec![]);
        prop_assert_eq!(entries(&marked.rejects), entries(&marked_again.rejects));
    }
}

/// Lines that a spreadsheet would take for formulas, rejected for their ids.
const FORMULAS: &str = "x,=cmd|' /C calc'!A0\ny,\"@a,-b\"\nz,'=c\nw,O'Brien\n";

fn marking() -> LoadOptions {
    LoadOptions { dialect: dialect("absent"), mark_formulas: true, ..LoadOptions::default() }
}

#[test]
fn formulas_are_marked_where_that_is_asked_for() {
    let loaded = load_bytes(FORMULAS.as_bytes(), "jobs.csv", marking(), vec![]);
    let texts: Vec<_> = entries(&loaded.rejects).into_iter().map(|(_, text)| text).collect();
    let wanted = ["x,'=cmd|' /C calc'!A0\n", "y,\"'@a,'-b\"\n", "z,''=c\n", "w,O'Brien\n"];
    assert_eq!(texts, wanted);
    assert!(loaded.rejects.starts_with("_line,_column,_code,_message_marked,id,job_name\n"));
    assert_eq!(loaded.json["settings"]["mark_formulas"], true);

    let plain = LoadOptions { mark_formulas: false, ..marking() };
    let loaded = load_bytes(FORMULAS.as_bytes(), "jobs.csv", plain, vec![]);
    assert!(loaded.rejects.contains(",x,=cmd|' /C calc'!A0\n"));
}

#[test]
fn a_mended_line_is_stored_as_it_was_without_marks() {
    let first = load_bytes(FORMULAS.as_bytes(), "jobs.csv", marking(), vec![]);
    let mut mended = first.rejects;
    for (id, name) in [(7, 'x'), (8, 'y'), (9, 'z'), (10, 'w')] {
        mended = mended.replace(&format!(",{name},"), &format!(",{id},"));
    }
    let loaded = load_text(&mended, "jobs.csv", vec![updated(4)]);
    assert_eq!(loaded.counts(), (Status::Complete, [4, 4, 0, 0]));
    let sent = &loaded.world.calls()[0].1["parameters"][0]["value"]["stringValue"];
    let wanted = r#"[[7,"=cmd|' /C calc'!A0"],[8,"@a,-b"],[9,"'=c"],[10,"O'Brien"]]"#;
    assert_eq!(sent, wanted);
}

#[test]
fn limits_of_errors_are_asked_before_anything_is_stored() {
    let most = |errors| LoadOptions { max_errors: Some(errors), ..LoadOptions::default() };
    let refused = load_bytes(MIXED.as_bytes(), "jobs.csv", most(2), vec![]);
    assert_eq!(refused.counts(), (Status::Rejected, [5, 0, 0, 5]));
    assert_eq!(refused.report.invalid, 3);
    assert_eq!(refused.errors()[0], (None, "too_many_errors"));
    assert_eq!(refused.rejects.lines().count(), 4);

    let taken = load_bytes(MIXED.as_bytes(), "jobs.csv", most(3), vec![updated(2)]);
    assert_eq!(taken.counts(), (Status::Partial, [5, 2, 0, 3]));
    assert_eq!(taken.report.issues.count(), 3);
    assert_eq!(taken.rejects.lines().count(), 4);

    let rate = |rate| LoadOptions { max_error_rate: Some(rate), ..LoadOptions::default() };
    let refused = load_bytes(MIXED.as_bytes(), "jobs.csv", rate(0.59), vec![]);
    assert_eq!(refused.counts().0, Status::Rejected);
    let taken = load_bytes(MIXED.as_bytes(), "jobs.csv", rate(0.6), vec![updated(2)]);
    assert_eq!(taken.counts().0, Status::Partial);
}

#[test]
fn reject_stores_all_or_nothing_of_what_is_known_before() {
    let options = LoadOptions { on_error: OnError::Reject, ..LoadOptions::default() };
    let refused = load_bytes(MIXED.as_bytes(), "jobs.csv", options.clone(), vec![]);
    assert_eq!(refused.counts(), (Status::Rejected, [5, 0, 0, 5]));
    let good = load_bytes(b"1,Clerk\n", "jobs.csv", options.clone(), vec![updated(1)]);
    assert_eq!(good.counts(), (Status::Complete, [1, 1, 0, 0]));
    // With `fail` the first reading looks for the keys.
    let fail = LoadOptions { on_duplicate: OnDuplicate::Fail, ..options };
    let exists = load_bytes(b"1,Clerk\n2,Cook\n", "jobs.csv", fail, vec![numbers(&[2])]);
    assert_eq!(exists.counts(), (Status::Rejected, [2, 0, 0, 2]));
    assert_eq!(exists.errors(), [(Some(2), "exists")]);
    assert!(exists.rejects.ends_with(",2,Cook\n"), "{}", exists.rejects);
}

#[test]
fn kept_rows_are_counted_apart() {
    let options = LoadOptions { on_duplicate: OnDuplicate::Keep, ..LoadOptions::default() };
    let loaded = load_bytes(b"1,a\n2,b\n3,c\n", "jobs.csv", options, vec![updated(1)]);
    assert_eq!(loaded.counts(), (Status::Complete, [3, 1, 2, 0]));
}

#[test]
fn references_are_checked_batch_by_batch() {
    let options = LoadOptions { check_references: true, ..LoadOptions::default() };
    let row = |id, job| format!("{id},Ann,2021-07-27T16:02:08Z,,{job}\n");
    let text = row(1, 5) + &row(2, 6);
    let loaded =
        load_bytes(text.as_bytes(), "employees.csv", options, vec![numbers(&[1]), updated(1)]);
    assert_eq!(loaded.counts(), (Status::Partial, [2, 1, 0, 1]));
    assert_eq!(loaded.errors()[0].1, "unknown_reference");
}

#[test]
fn the_same_key_twice_is_found_across_batches() {
    let text = many(1..12_001) + "7,again\n";
    let loaded = load_text(&text, "jobs.csv", vec![updated(1); 2]);
    assert_eq!(loaded.counts(), (Status::Partial, [12_001, 12_000, 0, 1]));
    assert_eq!(loaded.errors(), [(Some(12_001), "duplicate_in_batch")]);
}

#[test]
fn a_file_without_rows_is_empty() {
    for text in ["", "\n\n", "id,job\n", "\u{feff}id,job", "\u{feff}"] {
        let loaded = load_text(text, "jobs.csv", vec![]);
        assert_eq!(loaded.counts(), (Status::Empty, [0; 4]), "{text:?}");
        assert_eq!(loaded.json["tables"]["jobs"]["received"], 0);
    }
}

#[test]
fn a_file_that_is_for_nothing_is_rejected() {
    let cats = load_text("1,Tom\n", "incoming/cats.csv", vec![]);
    assert_eq!(
        (cats.counts(), cats.errors()),
        ((Status::Rejected, [0; 4]), vec![(None, "unknown_table")])
    );
    assert_eq!(cats.json["errors"][0]["table"], "cats");
    let word = load_text("x", "incoming/jobs/list.docx", vec![]);
    assert_eq!(word.errors(), [(None, "unsupported_format")]);
    let header = load_text("id,title\n1,Clerk\n", "jobs.csv", vec![]);
    assert_eq!(header.counts(), (Status::Rejected, [0; 4]));
    assert_eq!(header.errors(), [(Some(1), "unknown_column")]);
}

#[test]
fn another_encoding_is_named_with_its_line() {
    let both = "1,é\n".bytes().chain(*b"2,caf\xe9\n").collect::<Vec<_>>();
    let both = load_bytes(&both, "jobs.csv", LoadOptions::default(), vec![updated(1)]);
    assert_eq!(both.errors(), [(Some(2), "invalid_utf8")]);
    let utf32: Vec<u8> =
        "\u{feff}1,a\n".chars().flat_map(|it| u32::from(it).to_le_bytes()).collect();
    let utf32 = load_bytes(&utf32, "jobs.csv", LoadOptions::default(), vec![]);
    assert_eq!(utf32.counts(), (Status::Rejected, [0; 4]));
    assert_eq!(utf32.errors(), [(Some(1), "wrong_encoding")]);
}

#[test]
fn a_file_that_goes_away_leaves_what_was_stored() {
    let text = many(1..30_001);
    let broken = Some((6 << 20, SourceError::Gone));
    let source = Memory { bytes: text.into_bytes(), broken };
    let loaded = load_from(&source, "jobs.csv", LoadOptions::default(), vec![updated(1); 2]);
    let (status, [received, stored, ..]) = loaded.counts();
    assert_eq!((status, received), (Status::Gone, stored));
    assert!(stored > 15_000);
    assert_eq!(loaded.errors(), [(None, "object_gone")]);
}

#[test]
fn what_fails_says_so_and_counts_what_was_dealt_with() {
    let text = many(1..30_001);
    let broken = Some((6 << 20, SourceError::Failed("SlowDown (HTTP 503)".into())));
    let source = Memory { bytes: text.clone().into_bytes(), broken };
    let loaded = load_from(&source, "jobs.csv", LoadOptions::default(), vec![updated(1); 2]);
    assert_eq!(loaded.counts().0, Status::Failed);
    assert!(loaded.json["failure"].as_str().unwrap().contains("SlowDown"));

    let refused = vec![updated(1), error(403, "AccessDeniedException")];
    let loaded = load_text(&text, "jobs.csv", refused);
    assert_eq!(loaded.counts().0, Status::Failed);
    assert!(loaded.report.counts.stored > 9_000);
    assert!(matches!(loaded.report.failure, Some(LoadError::Store(_))));
}

/// Lines of NDJSON, every third of which carries a job.
fn mixed(rows: Range<u32>) -> String {
    let at = "2021-07-27T16:02:08Z";
    rows.map(|id| match id % 3 {
        0 => format!("{{\"id\":{id},\"job_id\":7,\"name\":\"Ann\",\"datetime\":\"{at}\"}}\n"),
        _ => format!("{{\"id\":{id},\"name\":\"Ann\",\"datetime\":\"{at}\"}}\n"),
    })
    .collect()
}

/// How many rows a call of the log writes, and with which columns.
fn written((_, call): &(String, Value)) -> (usize, bool) {
    let sent = call["parameters"][0]["value"]["stringValue"].as_str().unwrap();
    let rows: Vec<Value> = serde_json::from_str(sent).unwrap();
    (rows.len(), call["sql"].as_str().unwrap().contains("`job_id`"))
}

#[test]
fn rows_of_a_file_that_carry_different_columns_share_a_batch() {
    let loaded =
        load_text(&mixed(1..7), "employees.ndjson", vec![begun(), updated(4), updated(2), ended()]);
    assert_eq!(loaded.counts(), (Status::Complete, [6, 6, 0, 0]));
    let calls = loaded.world.calls();
    assert_eq!([written(&calls[1]), written(&calls[2])], [(4, false), (2, true)]);
}

#[test]
fn a_batch_of_several_statements_is_no_larger_than_one_of_one() {
    let answers = [begun(), updated(1), updated(1), ended()];
    let answers = answers.iter().chain(&answers).map(|answer| answer.as_ref().unwrap().clone());
    let answers = answers.map(Ok).collect();
    let loaded = load_text(&mixed(1..70_001), "employees.ndjson", answers);
    assert_eq!(loaded.counts(), (Status::Complete, [70_000, 70_000, 0, 0]));
    let calls = loaded.world.calls();
    let rows: Vec<_> = [1, 2, 5, 6].iter().map(|at| written(&calls[*at]).0).collect();
    assert_eq!(rows.iter().sum::<usize>(), 70_000);
    // A batch is a run of rows that follow each other.
    assert_eq!(rows[1], (rows[0] + rows[1]) / 3);
    assert!(loaded.world.largest_body() < 2_500_000);
    assert!(rows[0] + rows[1] > 50_000, "{rows:?}");
}

#[test]
fn rows_of_several_statements_that_are_refused_come_back_in_their_order() {
    let options = LoadOptions { on_duplicate: OnDuplicate::Fail, ..LoadOptions::default() };
    // Of 1, 2, 4, 5 the last exists, of 3, 6 the first.
    let answers = vec![
        begun(),
        database_error(1062),
        numbers(&[4]),
        updated(3),
        database_error(1062),
        numbers(&[1]),
        updated(1),
        ended(),
    ];
    let loaded = load_bytes(mixed(1..7).as_bytes(), "employees.ndjson", options, answers);
    assert_eq!(loaded.counts(), (Status::Partial, [6, 4, 0, 2]));
    assert_eq!(loaded.errors(), [(Some(3), "exists"), (Some(5), "exists")]);
    let lines: Vec<_> = loaded.rejects.lines().map(|line| &line[..10]).collect();
    assert_eq!(lines, [r#"{"_line":3"#, r#"{"_line":5"#]);
}

#[test]
fn columns_that_a_header_does_not_name_are_left_alone() {
    let text = "id,name,datetime\n1,Ann,2021-07-27T16:02:08Z\n2,Bob,2021-07-27T16:02:08Z\n";
    let loaded = load_text(text, "employees.csv", vec![updated(2)]);
    assert_eq!(loaded.counts(), (Status::Complete, [2, 2, 0, 0]));
    let sql = loaded.world.calls()[0].1["sql"].as_str().unwrap().to_owned();
    assert!(!sql.contains("job_id") && !sql.contains("department_id"), "{sql}");
}

#[test]
fn rows_that_no_update_has_changed_are_looked_for() {
    let answers = vec![updated(0), begun(), numbers(&[2]), updated(1), updated(1), ended()];
    let loaded = load_text("1,a\n2,\n3,b\n", "jobs.csv", answers);
    assert_eq!(loaded.counts(), (Status::Partial, [3, 2, 0, 1]));
    let calls = loaded.world.calls();
    let sql = |call: usize| calls[call].1["sql"].as_str().unwrap().to_owned();
    assert!(sql(2).ends_with("ORDER BY r.n LIMIT 20000") && sql(2).contains("FOR UPDATE"));
    assert!(sql(3).starts_with("UPDATE JSON_TABLE") && sql(4).starts_with("INSERT INTO `jobs`"));
    let rows = |call: usize| calls[call].1["parameters"][0]["value"]["stringValue"].clone();
    assert_eq!((rows(3), rows(4)), (r#"[[3,"b"]]"#.into(), r#"[[1,"a"]]"#.into()));
}

#[test]
fn rejects_that_cannot_be_written_fail_the_load() {
    let world = World::new([updated(1)]);
    let target = target();
    let client = Client::new(&world, &target, Duration::from_secs(600));
    let source = Memory { bytes: b"1,a\n2,\n".to_vec(), broken: None };
    let full = || Rejects { full: true, ..Rejects::default() };
    let mut sinks = RejectSinks { rejects: full(), undecoded: full() };
    let job = Job {
        schema: &LiveSchema::still(OFFICE),
        database: &client,
        source: &source,
        path: "jobs.csv",
        options: LoadOptions::default(),
    };
    let report = run_in_turns(load(&job, &mut sinks));
    assert_eq!(report.failure, Some(LoadError::Write("disk full".into())));
    assert_eq!((report.status, report.counts.stored), (Status::Failed, 1));
}

#[test]
fn an_interruption_before_the_tables_are_known_leaves_the_load_unfinished() {
    let (world, target) = (World::new([]).interrupted_after(0), target());
    let client = Client::new(&world, &target, Duration::from_secs(600));
    let job = Job {
        schema: &LiveSchema::read(&|_: &str| None, OFFICE).unwrap(),
        database: &client,
        source: &Memory { bytes: b"1,a\n".to_vec(), broken: None },
        path: "jobs.csv",
        options: LoadOptions::default(),
    };
    let mut sinks = RejectSinks { rejects: Rejects::default(), undecoded: Rejects::default() };
    let report = run_in_turns(load(&job, &mut sinks));
    assert_eq!(report.status, Status::Unfinished);
    assert!(matches!(report.failure, Some(LoadError::Interrupted)));
    assert!(world.calls().is_empty());
}

#[cfg(feature = "gzip")]
mod gzip {
    use std::io::Write;

    use super::*;

    fn pack(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn packed_files_are_unpacked_whatever_their_name() {
        for path in ["jobs.csv.gz", "jobs.csv", "incoming/jobs/X.CSV.GZ"] {
            let loaded = load_bytes(&pack(MIXED), path, LoadOptions::default(), vec![updated(2)]);
            assert_eq!(loaded.counts(), (Status::Partial, [5, 2, 0, 3]), "{path}");
        }
    }

    #[test]
    fn several_members_are_one_text() {
        let text = many(1..12_001);
        let (one, other) = text.split_at(text.len() / 3);
        let packed = [pack(one), pack(""), pack(other)].concat();
        let loaded =
            load_bytes(&packed, "jobs.csv.gz", LoadOptions::default(), vec![updated(1); 2]);
        assert_eq!(loaded.counts(), (Status::Complete, [12_000, 12_000, 0, 0]));
    }

    #[test]
    fn refused_rows_of_a_packed_file_come_back() {
        let options = LoadOptions { on_duplicate: OnDuplicate::Fail, ..LoadOptions::default() };
        let [first, second] = batches_of(12_000);
        let answers =
            vec![updated(first), database_error(1062), numbers(&[10]), updated(second - 1)];
        let loaded = load_bytes(&pack(&many(1..12_001)), "jobs.csv.gz", options, answers);
        let line = first + 10;
        assert_eq!(loaded.errors(), [(Some(line), "exists")]);
        let rejected = format!(",{line},xxx");
        assert!(loaded.rejects.lines().nth(1).unwrap().contains(&rejected));
    }

    #[test]
    fn refused_rows_are_counted_where_the_reject_file_is_full() {
        let options = LoadOptions {
            on_duplicate: OnDuplicate::Fail,
            max_reject_lines: 0,
            ..LoadOptions::default()
        };
        let [first, second] = batches_of(12_000);
        let answers =
            vec![updated(first), database_error(1062), numbers(&[10]), updated(second - 1)];
        let loaded = load_bytes(&pack(&many(1..12_001)), "jobs.csv.gz", options, answers);
        assert_eq!(loaded.errors(), [(Some(first + 10), "exists")]);
        assert_eq!(left_out(&loaded), ((first + 10).into(), 1.into()));
    }

    #[test]
    fn kilobytes_of_gzip_become_a_reject_file_within_the_limit() {
        let packed = pack(&"x,\n".repeat(500_000));
        assert!(packed.len() < 2_000, "{}", packed.len());
        let options = headerless();
        let loaded = load_bytes(&packed, "jobs.csv.gz", options, vec![]);
        assert_eq!(loaded.counts(), (Status::Rejected, [500_000, 0, 0, 500_000]));
        assert_eq!(left_out(&loaded), (100_001.into(), 400_000.into()));
        assert!(loaded.rejects.len() < 10_000_000, "{}", loaded.rejects.len());
    }

    #[test]
    fn what_cannot_be_unpacked_is_a_fault_of_the_file() {
        let options = LoadOptions::default();
        let plain = load_bytes(b"1,a\n", "jobs.csv.gz", options.clone(), vec![]);
        assert_eq!(
            (plain.counts().0, plain.errors()),
            (Status::Rejected, vec![(None, "unreadable_gzip")])
        );
        let empty = load_bytes(b"", "jobs.csv.gz", options.clone(), vec![]);
        assert_eq!(empty.errors(), [(None, "unreadable_gzip")]);

        let names = |rows: Range<u32>| -> String {
            rows.map(|id| format!("{id},{:x}\n", id.wrapping_mul(2_654_435_761))).collect()
        };
        let whole = pack(&names(1..50_000));
        let cut =
            load_bytes(&whole[..whole.len() / 2], "jobs.csv.gz", options.clone(), vec![updated(1)]);
        let (status, [received, stored, _, rejected]) = cut.counts();
        assert_eq!((status, received, rejected), (Status::Partial, stored, 0));
        assert_eq!(cut.errors(), [(None, "unreadable_gzip")]);

        let mut broken = whole;
        let middle = broken.len() / 2;
        broken[middle..middle + 50].fill(0);
        let refusing = LoadOptions { on_error: OnError::Reject, ..options };
        let refused = load_bytes(&broken, "jobs.csv.gz", refusing, vec![]);
        assert_eq!(refused.counts().0, Status::Rejected);
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = pack(&" ".repeat(64 << 20));
        let loaded = load_bytes(&bomb, "jobs.csv.gz", LoadOptions::default(), vec![]);
        assert_eq!(loaded.errors(), [(None, "unpacks_too_large")]);
    }
}
