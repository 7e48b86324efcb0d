//! `rowgate check`, as a person runs it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn check(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rowgate"));
    command.current_dir(folder).arg("check").args(arguments).output().unwrap()
}

fn samples() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../samples"))
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// A folder with files of the given names and texts.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn good_files_are_counted_and_exit_with_0() {
    let output = check(samples(), &["departments.csv", "jobs.csv"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        stdout(&output),
        "departments.csv: departments: 12 rows, 12 good, 0 bad\n\
         jobs.csv: jobs: 183 rows, 183 good, 0 bad\n"
    );
    assert_eq!(stderr(&output), "");
}

#[test]
fn bad_rows_are_named_by_file_and_line_and_exit_with_1() {
    let output = check(samples(), &["hired_employees.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let mut lines = stdout(&output).lines();
    assert_eq!(lines.next(), Some("hired_employees.csv: employees: 1999 rows, 1966 good, 33 bad"));
    let rest: Vec<_> = lines.collect();
    assert_eq!(rest.len(), 33);
    assert!(rest.iter().all(|line| line.ends_with(": missing: a value is required")), "{rest:?}");
    assert!(rest[0].starts_with("hired_employees.csv:7: name: "), "{}", rest[0]);
}

#[test]
fn strict_and_json_are_for_programs() {
    let output = check(samples(), &["--strict", "--format", "json", "hired_employees.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!(report["file"], "hired_employees.csv");
    let employees = &report["tables"]["employees"];
    assert_eq!((&employees["received"], &employees["stored"]), (&1999.into(), &1929.into()));
    assert_eq!((&employees["rejected"], &report["error_count"]), (&70.into(), &70.into()));
}

#[test]
fn the_table_comes_from_the_folder_the_name_or_the_option() {
    let folder = folder(&[
        ("incoming/jobs/may.csv", "id,job\n1,Clerk\n"),
        ("people.csv", "1,Clerk\n"),
        ("jobs.json", r#"[{"id":1,"job":"Clerk"}]"#),
        ("jobs.ndjson", "{\"id\":1,\"job\":\"Clerk\"}\n"),
        ("body.json", r#" {"jobs":[{"id":1,"job":"Clerk"},{"id":"2"}],"cats":[]}"#),
    ]);
    let output = check(folder.path(), &["incoming/jobs/may.csv", "jobs.json", "jobs.ndjson"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    let output = check(folder.path(), &["people.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("people.csv: neither a folder nor the name says which table"));
    assert_eq!(check(folder.path(), &["--table", "jobs", "people.csv"]).status.code(), Some(0));

    let output = check(folder.path(), &["body.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stdout(&output),
        "body.json: jobs: 2 rows, 1 good, 1 bad\n\
         body.json: jobs[1]: id: wrong_type: a string where an integer is expected\n\
         body.json: jobs[1]: job_name: missing: a value is required\n\
         body.json: cats: unknown_table: there is no such table\n"
    );
}

#[test]
fn what_cannot_be_checked_is_said_and_exits_with_2() {
    let folder = folder(&[("jobs.json", "[{"), ("jobs.xml", ""), ("rows.json", "[]")]);
    for (arguments, message) in [
        (["jobs.json"].as_slice(), "jobs.json: no valid JSON at line 1, column 2"),
        (&["jobs.xml"], "jobs.xml: not a .csv, .ndjson, .jsonl or .json file"),
        (&["rows.json"], "rows.json: neither a folder nor the name"),
        (&["absent/jobs.csv"], "absent/jobs.csv: No such file"),
        (&["--table", "cats", "jobs.json"], "the tables are departments, jobs, employees"),
        (&[], "required"),
    ] {
        let output = check(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn no_more_than_a_hundred_errors_are_listed() {
    let folder = folder(&[("jobs.csv", &"x\n".repeat(250))]);
    let output = check(folder.path(), &["jobs.csv"]);
    let lines: Vec<_> = stdout(&output).lines().collect();
    assert_eq!(lines.len(), 102);
    assert_eq!(lines[101], "jobs.csv: and 150 more errors");
}
