//! Columns that no file has: constants, and what is known of the load.

use crate::load::load_bytes;
use crate::world::door::*;
use crate::world::*;
use rowgate_core::{Dialect, Fill, LoadOptions, Status};

fn options(fill: &str, given: &[(&str, &str)]) -> LoadOptions {
    let mut dialect = Dialect::default();
    given.iter().for_each(|(name, text)| dialect.set(name, text).unwrap());
    LoadOptions { dialect, fill: Fill::of(fill).unwrap(), ..LoadOptions::default() }
}

/// What was sent as rows.
fn sent(world: &World) -> String {
    world.calls().iter().map(|(_, body)| body.to_string()).collect()
}

#[test]
fn a_file_s_rows_get_what_it_does_not_have() {
    for (path, text) in
        [("x/jobs.csv", "id;x\n1;a\n\n2;b\n"), ("x/jobs.ndjson", "{\"id\":1}\n\n\n{\"id\":2}\n")]
    {
        let given: &[_] = if path.ends_with("csv") { &[("ignore_extra", "true")] } else { &[] };
        for (what, told) in [
            ("@file", ["x/jobs", "x/jobs"]),
            ("@time", ["2027-01-15T08:00:00Z", "2027-01-15T08:00:00Z"]),
            ("@line", ["2", "4"]),
            ("=a, \\\"b\\\": c", ["a, ", "c"]),
        ] {
            let fill = format!("{{\"job_name\":\"{what}\"}}");
            let loaded = load_bytes(text.as_bytes(), path, options(&fill, given), vec![updated(2)]);
            assert_eq!(loaded.counts(), (Status::Complete, [2, 2, 0, 0]), "{path} {what}");
            let sent = sent(&loaded.world);
            let told = if path.ends_with("ndjson") && what == "@line" { ["1", "4"] } else { told };
            assert!(told.iter().all(|it| sent.contains(it)), "{path} {what}: {sent}");
        }
    }
    let loaded = load_bytes(
        b"id\n1\n",
        "jobs.csv",
        options("{\"job_name\":\"@load\"}", &[]),
        vec![updated(1)],
    );
    assert!(sent(&loaded.world).contains(&loaded.report.load_id));
    assert_eq!(loaded.json["settings"]["fill"]["job_name"], format!("={}", loaded.report.load_id));
}

#[test]
fn a_column_that_is_filled_is_not_in_the_file() {
    let fill = options("{\"job_name\":\"=x\"}", &[]);
    let loaded = load_bytes(b"id,job_name\n1,a\n2,\n", "jobs.csv", fill.clone(), vec![]);
    assert_eq!(
        loaded.errors(),
        [(Some(2), "filled_column"), (Some(3), "filled_column"), (Some(3), "missing")]
    );
    // Rows by position have all columns.
    let loaded = load_bytes(b"1,a\n", "jobs.csv", fill.clone(), vec![]);
    assert_eq!(loaded.errors(), [(Some(1), "filled_column")], "by position");
    let lines = b"{\"id\":1}\n{\"id\":2,\"job_name\":null}\n";
    let loaded = load_bytes(lines, "jobs.ndjson", fill, vec![updated(1)]);
    assert_eq!(loaded.errors(), [(Some(2), "filled_column"), (Some(2), "missing")]);
}

#[test]
fn what_does_not_fit_the_table_refuses_the_file() {
    for (fill, column) in
        [(r#"{"jobb":"=x"}"#, "jobb"), (r#"{"id":"=x"}"#, "id"), (r#"{"id":"@file"}"#, "id")]
    {
        let loaded = load_bytes(b"id\n1\n", "jobs.csv", options(fill, &[]), vec![]);
        assert_eq!(loaded.counts(), (Status::Rejected, [0; 4]));
        assert_eq!(loaded.errors(), [(None, "invalid_fill")]);
        let told = loaded.report.issues.listed()[0].error.column.as_deref();
        assert_eq!(told, Some(column));
    }
}

#[test]
fn filled_values_are_checked_like_others_and_come_with_no_rejected_line() {
    let fill =
        options("{\"datetime\":\"=2021-07-27T16:02:08Z\",\"job_id\":\"=7\"}", &[("decimal", ",")]);
    let text = b"id,name,department_id\n1,a,1\nx,b,1\n";
    let loaded = load_bytes(text, "employees.csv", fill, vec![updated(1)]);
    assert_eq!(loaded.errors(), [(Some(3), "wrong_type")]);
    assert!(loaded.rejects.ends_with(",x,b,1\n"), "{}", loaded.rejects);
    assert!(sent(&loaded.world).contains("2021-07-27T16:02:08Z"));
}

#[test]
fn a_body_s_rows_get_constants_of_one_table() {
    let path = |fill: &str| format!("{JOBS}?fill={}", fill.replace('"', "%22"));
    for (media_type, text) in [
        ("text/csv", "id\n1\n"),
        ("application/json", "[{\"id\":1}]"),
        ("application/x-ndjson", "{\"id\":1}"),
    ] {
        let world = World::new([updated(1)]);
        let answered = send(&world, &head(&path("{\"job_name\":\"=Köchin\"}"), media_type), text);
        assert_eq!(answered.0, 200, "{media_type}: {}", answered.1);
        assert!(sent(&world).contains("Köchin"));
    }
    for (path, word) in [
        (path("{\"job_name\":\"@file\"}"), "constants only"),
        (path("{\"jobb\":\"=a\"}"), "column jobb"),
        (path("{\"id\":\"=a\"}"), "column id"),
        (path("job_name:=a"), "a JSON object"),
        ("/insert_data?fill={\"job_name\":\"=a\"}".replace('"', "%22"), "one table"),
    ] {
        let (status, problem) = send(&World::default(), &head(&path, "application/json"), "[]");
        assert_eq!(status, 400, "{path}");
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
    }
}
