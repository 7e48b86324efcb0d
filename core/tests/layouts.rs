//! Files and bodies that are written otherwise than with commas and in UTF-8.

use crate::load::{Loaded, load_bytes};
use crate::world::door::*;
use crate::world::*;
use rowgate_core::{Dialect, LoadOptions, Status};
use serde_json::json;

fn options(given: &[(&str, &str)]) -> LoadOptions {
    let mut dialect = Dialect::default();
    given.iter().for_each(|(name, text)| dialect.set(name, text).unwrap());
    LoadOptions { dialect, ..LoadOptions::default() }
}

#[test]
fn a_layout_that_is_certain_is_read_and_said() {
    let text = b"id;job\r\n1;K\xf6chin, nachts\r\n2;B\xe4cker\r\n";
    let loaded = load_bytes(text, "jobs.csv", LoadOptions::default(), vec![updated(2)]);
    assert_eq!(loaded.counts(), (Status::Complete, [2, 2, 0, 0]));
    assert_eq!(loaded.json["layout"], json!({"delimiter": ";", "encoding": "windows-1252"}));
    let sent = loaded.world.calls()[0].1.to_string();
    assert!(sent.contains("Köchin, nachts") && sent.contains("Bäcker"), "{sent}");

    let layout = [("delimiter", ";"), ("encoding", "windows-1252")];
    let again = load_bytes(text, "jobs.csv", options(&layout), vec![updated(2)]);
    assert_eq!(again.json["layout"], loaded.json["layout"]);
    let plain = load_bytes(b"1,a\n", "jobs.csv", LoadOptions::default(), vec![updated(1)]);
    assert_eq!(plain.json["layout"], json!({"header": "absent"}));
}

/// Lines of which the third has a date that is none in the order which is given, and the fourth one in each.
const TWO_ORDERS: &str = "id,name,datetime,department_id,job_id\n\
    1,a,27.07.2021 16:02:08Z,1,1\n2,b,01.02.2021 16:02:08Z,1,1\n3,\"c\nd\",07/27/2021 16:02:08Z,1,1\n\
    4,e,01/02/2021 16:02:08Z,1,1\n5,f,x,1,1\n";

#[test]
fn a_line_that_does_not_fit_what_is_given_ends_the_file_there() {
    let given = options(&[("date_order", "dmy")]);
    let loaded =
        load_bytes(TWO_ORDERS.as_bytes(), "employees.csv", given.clone(), vec![updated(2)]);
    assert_eq!(loaded.counts(), (Status::Partial, [5, 2, 0, 3]));
    let lines = [4, 6, 7].map(|line| (Some(line), "contradicted_layout"));
    assert_eq!(loaded.errors(), lines);
    let message = loaded.report.issues.listed()[2].error.kind.to_string();
    let (line, column) =
        ("line 4 does not fit the layout that is given", "its datetime has another form");
    assert!(message.starts_with(line) && message.contains(column), "{message}");
    assert_eq!(loaded.rejects.lines().count(), 5, "{}", loaded.rejects);
    // As it came back it ends at once, so that no later line is read by that order either.
    let again = load_bytes(loaded.rejects.as_bytes(), "employees.csv", given, vec![]);
    assert_eq!(again.counts(), (Status::Rejected, [3, 0, 0, 3]));

    // What is not given does not hold it, and neither does what no order reads.
    let text = TWO_ORDERS.replace("07/27/2021", "27.27.2021");
    let given = options(&[("date_order", "dmy"), ("delimiter", ",")]);
    let loaded = load_bytes(text.as_bytes(), "employees.csv", given, vec![updated(3)]);
    assert_eq!(loaded.errors(), [(Some(4), "invalid_date_time"), (Some(7), "invalid_date_time")]);
}

/// Their bytes are letters in no encoding, which is not asked about.
#[test]
fn a_file_of_another_kind_is_named_before_its_letters() {
    let starts: [&[u8]; 4] = [
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"7z\xbc\xaf\x27\x1c",
    ];
    for start in starts {
        let file = [start, b"\xe1\x81\x8d\xff,\x90\n"].concat();
        let loaded = load_bytes(&file, "jobs.csv", LoadOptions::default(), vec![]);
        assert_eq!(
            (loaded.counts().0, loaded.errors()[0].1),
            (Status::Rejected, "wrong_format"),
            "{start:?}"
        );
    }
}

#[test]
fn utf_16_is_loaded_with_its_rejected_lines_in_utf_8() {
    let text = "id\tjob\n1\tŁódź\nx\tZoë\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let loaded = load_bytes(&bytes, "jobs.csv", LoadOptions::default(), vec![updated(1)]);
    assert_eq!(loaded.counts(), (Status::Partial, [2, 1, 0, 1]));
    assert_eq!(loaded.errors(), [(Some(3), "wrong_type")]);
    assert!(loaded.rejects.ends_with("\tx\tZoë\n"), "{}", loaded.rejects);
}

#[test]
fn a_line_that_does_not_fit_what_was_found_refuses_the_file_before_a_row_is_stored() {
    let mut text = b"id;job\n".to_vec();
    (0..9_000).for_each(|id| text.extend(format!("{};Clerk\n", id + 1).bytes()));
    text.extend(b"9001;B\xe4cker\n");
    let found = load_bytes(&text, "jobs.csv", LoadOptions::default(), vec![]);
    assert_eq!(found.counts(), (Status::Rejected, [0; 4]));
    assert_eq!(found.errors(), [(None, "contradicted_layout")]);
    let message = found.report.issues.listed()[0].error.kind.to_string();
    assert!(message.contains("line 9002"), "{message}");

    // Of a layout that is given, the row is rejected alone.
    let given = load_bytes(&text, "jobs.csv", options(&[("delimiter", ";")]), vec![updated(9_000)]);
    assert_eq!(given.errors(), [(Some(9_002), "invalid_utf8")]);
    let given = [("delimiter", ";"), ("encoding", "windows-1252")];
    let given = load_bytes(&text, "jobs.csv", options(&given), vec![updated(9_001)]);
    assert_eq!(given.counts().0, Status::Complete);
}

#[test]
fn rejected_lines_come_back_by_the_same_options() {
    for (given, text) in [
        (vec![], "id;job\nx;a,\"\" b\ny;c\n"),
        (vec![], "id\tjob\nx\ta\ny\tc\n"),
        (vec![("quote", "'")], "'id'|'job'\n'x'|'a|b'\n'y'|'c'\n"),
        (vec![("quote", "none")], "id;job\nx;\"a\ny;c\n"),
        (vec![("escape", "backslash")], "id\tjob\nx\ta\\\\b\\\nc\ny\tc\n"),
        (vec![("skip_lines", "2")], "a title\n\"more\nid;job\nx;a\ny;c\n"),
        (vec![("header", "{\"Nr\":\"id\",\"Beruf\":\"job\"}")], "Nr;Beruf\nx;a\ny;c\n"),
    ] {
        let first = load_bytes(text.as_bytes(), "jobs.csv", options(&given), vec![]);
        let codes: Vec<_> = first.errors().into_iter().map(|(_, code)| code).collect();
        assert!(first.counts().1[3] >= 1 && !codes.contains(&"no_header"), "{text:?}: {codes:?}");
        let file = format!("\u{feff}{}", first.rejects);
        let again = load_bytes(file.as_bytes(), "jobs.csv", options(&given), vec![]);
        let again_codes: Vec<_> = again.errors().into_iter().map(|(_, code)| code).collect();
        assert_eq!((again.counts(), again_codes), (first.counts(), codes), "{file:?}");
    }
}

#[test]
fn rejected_lines_that_are_not_mended_are_rejected_one_by_one_again() {
    const GOOD: &str = "1,a,2021-07-27T16:02:08Z,1,1\n";
    for (bad, code) in [
        ("2,a,2021-07-,7T16:02:08Z,1,1\n", "wrong_field_count"),
        ("2,a,2021-13-27T16:02:08Z,1,1\n", "invalid_date_time"),
        ("2,a,2021-07-27T16:02:08,1,1\n", "invalid_date_time"),
        ("2,a,27th of July 2021,1,1\n", "invalid_date_time"),
        ("2,a,2021-07-27T16:02:08Z,1,1,\n3,b,2021-07-27T16:02:08Z,1,1,\n", "wrong_field_count"),
    ] {
        let text = format!("id,name,datetime,department_id,job_id\n{GOOD}{bad}");
        let first = load_bytes(text.as_bytes(), "employees.csv", options(&[]), vec![updated(1)]);
        let codes = |loaded: &Loaded| -> Vec<_> {
            loaded.errors().into_iter().map(|(_, code)| code.to_string()).collect()
        };
        assert_eq!(
            (first.counts().1[1], codes(&first)),
            (1, vec![code.to_string(); bad.lines().count()]),
            "{bad}"
        );
        let file = format!("\u{feff}{}", first.rejects);
        let again = load_bytes(file.as_bytes(), "employees.csv", options(&[]), vec![]);
        assert_eq!(codes(&again), codes(&first), "{bad}");
        let mut lines = again.rejects.lines().skip(1).zip(bad.lines());
        assert!(lines.all(|(line, bad)| line.ends_with(bad)), "{}", again.rejects);
    }
}

/// The options, the kind of file, its bytes, and the file of undecoded lines.
type Undecoded<'a> = (&'a [(&'a str, &'a str)], &'a str, Vec<u8>, Vec<u8>);

#[test]
fn lines_that_are_not_decoded_come_back_byte_for_byte_by_the_same_options() {
    let utf_16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let marked = |lines: &str, end: &[u8]| [&utf_16(&format!("\u{feff}{lines}")), end].concat();
    let bad = [utf_16("2,Zoë"), vec![0, 0xD8], utf_16("\n")].concat();
    let cases: Vec<Undecoded<'_>> = vec![
        (
            &[("encoding", "windows-1252")],
            "csv",
            b"id,job\r\n1,B\xe4cker\r\n2,\x80\x81\xe4\r\n".to_vec(),
            b"id,job\n2,\x80\x81\xe4\n".to_vec(),
        ),
        (
            &[("encoding", "windows-1252"), ("skip_lines", "2")],
            "csv",
            b"title\n\nid,job\n1,B\xe4cker\n2,\x8d\n".to_vec(),
            b"\n\nid,job\n2,\x8d\n".to_vec(),
        ),
        (
            &[("encoding", "utf-16le")],
            "csv",
            [utf_16("id,job\n1,Zoë\n"), bad.clone()].concat(),
            marked("id,job\n", &bad),
        ),
        (
            &[("encoding", "windows-1252")],
            "ndjson",
            b"{\"id\":1,\"job\":\"\xe4\"}\n{\"id\":2,\"job\":\"\xe4\x81\"}\n".to_vec(),
            b"{\"id\":2,\"job\":\"\xe4\x81\"}\n".to_vec(),
        ),
    ];
    for (given, kind, bytes, undecoded) in cases {
        let path = format!("jobs.{kind}");
        let first = load_bytes(&bytes, &path, options(given), vec![updated(1)]);
        assert_eq!(first.counts(), (Status::Partial, [2, 1, 0, 1]), "{given:?}");
        assert_eq!(first.undecoded, undecoded, "{given:?}");
        let again = load_bytes(&undecoded, &path, options(given), vec![]);
        assert_eq!(again.counts(), (Status::Rejected, [1, 0, 0, 1]), "{given:?}");
        assert_eq!(again.undecoded, undecoded, "{given:?}");
    }
}

#[test]
fn rejected_lines_of_ndjson_in_another_encoding_come_back_as_utf_8() {
    let given = [("encoding", "windows-1252")];
    let text = b"{\"id\":\"x\",\"job\":\"B\xe4cker\"}\n";
    let first = load_bytes(text, "jobs.ndjson", options(&given), vec![]);
    let file = format!("\u{feff}{}", first.rejects);
    assert!(first.rejects.contains("Bäcker"), "{file}");
    assert!(first.has_mark);
    let mended = file.replace("\"x\"", "1");
    let again = load_bytes(mended.as_bytes(), "jobs.ndjson", options(&given), vec![updated(1)]);
    assert_eq!(again.counts(), (Status::Complete, [1, 1, 0, 0]));
    let sent = again.world.calls()[0].1.to_string();
    assert!(sent.contains("Bäcker"), "{sent}");
}

#[test]
fn a_body_says_its_layout_too() {
    let post = |path: &str, content_type: &str, body: &[u8], answers| {
        let (world, body) = (World::new(answers), body.to_vec());
        let response = run(gate().handle(&world, &head(path, content_type), async |_| Ok(body)));
        assert_eq!(world.answers_left(), 0, "calls that were not made");
        (response.status, crate::world::door::body(&response))
    };
    let (status, answer) = post(JOBS, "text/csv", b"id;job\n1;Cook\n", vec![updated(1)]);
    assert_eq!((status, &answer["layout"]), (200, &json!({"delimiter": ";"})));
    let (status, answer) =
        post(JOBS, "text/csv; charset=iso-8859-1", b"id,job\n1,caf\xe9\n", vec![updated(1)]);
    assert_eq!((status, &answer["layout"]), (200, &json!({"encoding": "windows-1252"})));
    let (status, answer) = post(JOBS, "text/csv", b"1,a\n", vec![updated(1)]);
    assert_eq!((status, &answer["layout"]), (200, &json!({"header": "absent"})));
    let title = b"A title\nid,job\n1,Cook\n";
    let (status, answer) = post(JOBS, "text/csv", title, vec![]);
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("unclear_layout")));
    let message = answer["errors"][0]["message"].as_str().unwrap();
    let option = message.rsplit_once("give ").unwrap().1;
    let (status, _) = post(&format!("{JOBS}?{option}"), "text/csv", title, vec![updated(1)]);
    assert_eq!((option, status), ("skip_lines=1", 200));
    let (status, answer) = post(&format!("{JOBS}?delimiter=x"), "text/csv", title, vec![]);
    assert_eq!(status, 400, "{answer}");
    let (status, _) = post(&format!("{JOBS}?delimiter=;"), "application/json", b"[]", vec![]);
    assert_eq!(status, 400);
}

#[test]
fn names_that_are_given_are_those_of_the_file_in_each_dialect() {
    for (delimiter, encoding) in
        [(";", "windows-1252"), ("\t", "utf-16le"), ("|", "utf-8"), (",", "utf-8")]
    {
        let text = "Beruf,Nr,_Note,_x\nKöchin,1,a,b\nBeruf,Nr,_Note,_x\nBäcker,2,c,d\n"
            .replace(',', delimiter);
        let bytes: Vec<u8> = match encoding {
            "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            "windows-1252" => text.chars().map(|it| it as u8).collect(),
            _ => text.into_bytes(),
        };
        let given = options(&[("header", r#"{"NR":"id","beruf":"job"}"#)]);
        let loaded = load_bytes(&bytes, "jobs.csv", given, vec![updated(2)]);
        assert_eq!(loaded.counts(), (Status::Complete, [2, 2, 0, 0]), "{delimiter}");
        let sent = loaded.world.calls()[0].1.to_string();
        assert!(sent.contains("Köchin") && sent.contains("Bäcker"), "{sent}");
    }
}

#[test]
fn a_name_that_is_given_is_a_column_s_or_refuses_the_file() {
    for (header, text, code, message) in [
        (
            r#"{"Nr":"id","Beruf":"jobb"}"#,
            "Nr,Beruf\n1,a\n",
            "unknown_column",
            "jobb, which header gives for Beruf (did you mean job_name?)",
        ),
        (
            r#"{"_nr":"no"}"#,
            "_nr,id,job\n1,1,a\n",
            "unknown_column",
            "no, which header gives for _nr",
        ),
        (r#"{"Nr":"id","No":"id"}"#, "Nr,No,job\n1,2,a\n", "duplicate_column", "appears twice"),
        (r#"{"Nr":"id"}"#, "Nr,id,job\n1,2,a\n", "duplicate_column", "appears twice"),
    ] {
        let given = options(&[("header", header), ("ignore_extra", "true")]);
        let loaded = load_bytes(text.as_bytes(), "jobs.csv", given, vec![]);
        assert_eq!(loaded.errors(), [(Some(1), code)], "{header}");
        let told = loaded.report.issues.listed()[0].error.kind.to_string();
        assert!(told.contains(message), "{told}");
    }
    // One that begins with _ may be given as well.
    let given = options(&[("header", r#"{"_nr":"id"}"#)]);
    let loaded = load_bytes(b"_nr,job\n1,a\n", "jobs.csv", given, vec![updated(1)]);
    assert_eq!(loaded.counts().0, Status::Complete);
}
