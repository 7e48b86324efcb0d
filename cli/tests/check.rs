//! `rowgate check`, as a person runs it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rowgate_core::FORMATS;
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
        "departments.csv: read with header=absent\n\
         departments.csv: departments: 12 rows, 12 good, 0 bad (complete)\n\
         jobs.csv: read with header=absent\n\
         jobs.csv: jobs: 183 rows, 183 good, 0 bad (complete)\n"
    );
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_help_names_every_format() {
    for command in ["check", "load"] {
        let output = Command::new(env!("CARGO_BIN_EXE_rowgate")).args([command, "--help"]).output();
        let output = output.unwrap();
        let files = stdout(&output).split("Arguments:").nth(1).unwrap();
        let files = files.split("Options:").next().unwrap();
        for extension in FORMATS.iter().flat_map(|format| format.extensions) {
            assert!(
                files.contains(&format!(".{extension}")),
                "{command}: .{extension} is not in: {files}"
            );
        }
    }
}

#[test]
fn rows_that_may_only_update_are_counted() {
    let folder = folder(&[("employees.csv", "id,job_id\n1,7\n2,\n")]);
    let output = check(folder.path(), &["employees.csv"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("2 of the good rows lack a column that a new row needs"));
    let output = check(folder.path(), &["--format", "json", "employees.csv"]);
    let report: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_eq!((&report["missing_if_new"], &report["status"]), (&2.into(), &"complete".into()));
    // A file that is refused for one bad row has to be whole.
    let rules = r#"{"": {"on_error": "reject"}}"#;
    let output = check(folder.path(), &["--load-options", rules, "employees.csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("name: missing"));
}

#[test]
fn bad_rows_are_named_by_file_and_line_and_exit_with_1() {
    let output = check(samples(), &["hired_employees.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let mut lines = stdout(&output).lines();
    let counts = "hired_employees.csv: employees: 1999 rows, 1966 good, 33 bad (partial)";
    assert_eq!(lines.next(), Some("hired_employees.csv: read with header=absent"));
    assert_eq!(lines.next(), Some(counts));
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
    assert_eq!(
        (&report["file"], &report["status"]),
        (&"hired_employees.csv".into(), &"partial".into())
    );
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
    assert!(stderr(&output).contains("people.csv: neither a folder nor the file's name"));
    assert!(stderr(&output).contains("the tables are departments, jobs, employees"));
    assert!(stderr(&output).contains("or use --table"));
    assert_eq!(check(folder.path(), &["--table", "jobs", "people.csv"]).status.code(), Some(0));

    let output = check(folder.path(), &["body.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stdout(&output),
        "body.json: jobs: 2 rows, 1 good, 1 bad (rejected)\n\
         body.json: jobs[1]: id: wrong_type: a string where an integer is expected\n\
         body.json: jobs[1]: job_name: missing: a value is required\n\
         body.json: cats: unknown_table: there is no such table\n"
    );
}

#[test]
fn what_cannot_be_checked_is_said_and_exits_with_2() {
    let folder = folder(&[("jobs.json", "{"), ("rows.json", "[]"), ("list.csv/x", "")]);
    for (arguments, message) in [
        (["jobs.json"].as_slice(), "jobs.json: no valid JSON at line 1"),
        (&["rows.json"], "rows.json: neither a folder nor the file's name"),
        (&["absent/jobs.csv"], "absent/jobs.csv: no such file"),
        (&["absent/cats.xml"], "absent/cats.xml: no such file"),
        (&["list.csv"], "list.csv: not a regular file"),
        (&["--load-options", "{\"a\": {\"strikt\": true}}", "jobs.json"], "strikt"),
        (&["--table", "cats", "rows.json"], "the tables are departments, jobs, employees"),
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
    let folder = folder(&[("jobs.csv", &format!("id,job\n{}", "x\n".repeat(250)))]);
    let output = check(folder.path(), &["jobs.csv"]);
    let lines: Vec<_> = stdout(&output).lines().collect();
    assert_eq!(lines.len(), 102);
    assert_eq!(lines[101], "jobs.csv: and 150 more errors");
}

#[test]
fn the_status_is_that_of_a_load() {
    let folder = folder(&[
        ("jobs.csv", ""),
        ("JOBS.NDJSON", "{\"id\":1,\"job\":\"Clerk\"}\n"),
        ("Jobs/a.csv", "1,Clerk\n2,\n"),
        ("Jobs/b.csv", "1,\n2,\n"),
        ("Jobs/c.xml", "<jobs/>"),
        ("Jobs/d.csv.gz", "1,Clerk\n"),
        ("Jobs/e.ndjson", "[\n{\"id\":1,\"job\":\"Clerk\"}\n]\n"),
    ]);
    for (file, code, lines) in [
        ("jobs.csv", 0, ["jobs: 0 rows, 0 good, 0 bad (empty)", ""]),
        ("JOBS.NDJSON", 0, ["jobs: 1 row, 1 good, 0 bad (complete)", ""]),
        ("Jobs/a.csv", 1, ["jobs: 2 rows, 1 good, 1 bad (partial)", "job_name: missing"]),
        ("Jobs/b.csv", 1, ["jobs: 2 rows, 0 good, 2 bad (rejected)", "job_name: missing"]),
        ("Jobs/c.xml", 1, ["Jobs/c.xml: rejected", "unsupported_format"]),
        ("Jobs/d.csv.gz", 1, ["jobs: 0 rows, 0 good, 0 bad (rejected)", "unreadable_gzip"]),
        ("Jobs/e.ndjson", 1, ["jobs: 0 rows, 0 good, 0 bad (rejected)", ":1: wrong_format"]),
    ] {
        let output = check(folder.path(), &[file]);
        assert_eq!(output.status.code(), Some(code), "{file}");
        for line in lines {
            assert!(stdout(&output).contains(line), "{file}: {}", stdout(&output));
        }
    }
}

/// `1,Clerk` and `2,`, two lines, as gzip packs them.
const PACKED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x33\xd4\x71\xce\x49\
    \x2d\xca\xe6\x32\xd2\xe1\x02\x00\xa6\x96\x69\x57\x0b\x00\x00\x00";

#[test]
fn a_packed_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("jobs.csv.gz"), PACKED).unwrap();
    fs::write(folder.path().join("jobs.csv"), PACKED).unwrap();
    for file in ["jobs.csv.gz", "jobs.csv"] {
        let output = check(folder.path(), &[file]);
        assert!(stdout(&output).contains("2 rows, 1 good, 1 bad (partial)"), "{}", stdout(&output));
        assert!(stdout(&output).contains(":2: job_name: missing"), "{}", stdout(&output));
    }

    fs::write(folder.path().join("jobs.csv.gz"), &PACKED[..PACKED.len() - 4]).unwrap();
    let output = check(folder.path(), &["jobs.csv.gz"]);
    assert!(stdout(&output).contains("unreadable_gzip"), "{}", stdout(&output));
}

#[test]
fn options_go_by_the_prefix_of_the_path() {
    let folder = folder(&[
        ("in/jobs/a.csv", "1,Clerk\n2,\n"),
        ("in/whole/jobs/a.csv", "1,Clerk\n2,\n"),
        ("in/few/jobs/a.csv", "1,Clerk\n2,\n3,\n"),
        ("in/strict/employees/a.csv", "1,Ann,2021-07-27T16:02:08Z,,\n"),
    ]);
    let options = r#"{"in/whole/": {"on_error": "reject"}, "in/few/": {"max_errors": 1},
        "in/strict/": {"strict": true}}"#;
    for (file, status) in [
        ("in/jobs/a.csv", "(partial)"),
        ("./in/whole/jobs/a.csv", "(rejected)"),
        ("in/few/jobs/a.csv", "(rejected)"),
        ("in/strict/employees/a.csv", "(rejected)"),
    ] {
        let output = check(folder.path(), &["--load-options", options, file]);
        assert!(stdout(&output).contains(status), "{file}: {}", stdout(&output));
        assert_eq!(output.status.code(), Some(1), "{file}");
    }
    let few = check(folder.path(), &["--load-options", options, "in/few/jobs/a.csv"]);
    assert!(stdout(&few).contains("too_many_errors"), "{}", stdout(&few));
}
