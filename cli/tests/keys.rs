//! `rowgate keys`, as an operator runs it, and what the gateway makes of its file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use rowgate_core::schema::Schema;
use rowgate_core::{KeyEntry, KeyRing};
use serde_json::{Value, json};

/// 2027-01-15T08:00:00Z.
const NOW: Duration = Duration::from_secs(1_800_000_000);

fn keys(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rowgate"));
    command.current_dir(folder).arg("keys").args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Makes a key and gives it as it was printed.
fn new_key(folder: &Path, arguments: &[&str]) -> String {
    let output = keys(folder, &[&["new"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let key = stdout(&output).strip_suffix('\n').unwrap();
    assert_eq!(key.len(), 42, "the key alone is on standard output");
    key.to_owned()
}

fn file(folder: &Path) -> String {
    fs::read_to_string(folder.join("api-keys.json")).unwrap()
}

fn ring(folder: &Path) -> KeyRing {
    KeyRing::from_json(&file(folder), Schema::example()).unwrap()
}

fn may_write(entry: &KeyEntry) -> Vec<&'static str> {
    let allowed = Schema::example().tables().iter().filter(|table| entry.allows(table));
    allowed.map(|table| table.name).collect()
}

#[test]
fn a_new_key_is_shown_once_and_never_stored() {
    let folder = tempfile::tempdir().unwrap();
    let output = keys(folder.path(), &["new"]);
    let key = stdout(&output).trim_end().to_owned();
    let secret = &key[10..];
    assert!(!file(folder.path()).contains(secret));
    assert!(!stderr(&output).contains(secret));
    assert!(stderr(&output).contains(&key[2..10]));
    assert!(
        stderr(&output).contains("npx wrangler secret put API_KEYS --name rowgate < api-keys.json")
    );

    let listed = keys(folder.path(), &["list"]);
    assert_eq!(stdout(&listed), format!("{}  *  never expires\n", &key[2..10]));

    let ring = ring(folder.path());
    let entry = ring.check(&key, NOW).unwrap();
    assert_eq!(may_write(entry), ["departments", "jobs", "employees"]);
}

#[test]
fn only_its_owner_reads_the_file_and_nothing_is_left_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("api-keys.json");
    fs::write(&path, "[]").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();

    let key = new_key(folder.path(), &[]);
    let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    assert_eq!(keys(folder.path(), &["revoke", &key[2..10]]).status.code(), Some(0));
    assert_eq!(mode(), 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn scope_and_expiry_hold_at_the_gate() {
    let folder = tempfile::tempdir().unwrap();
    let key = new_key(
        folder.path(),
        &["--tables", "jobs,hired_employees", "--expires", "2027-01-15T09:00:00+01:00"],
    );
    let dated = new_key(folder.path(), &["--expires", "2027-01-31"]);

    let ring = ring(folder.path());
    let before = NOW - Duration::from_secs(1);
    assert_eq!(may_write(ring.check(&key, before).unwrap()), ["jobs", "employees"]);
    assert!(ring.check(&key, NOW).is_none(), "its time is over");
    let midnight = NOW + Duration::from_secs(15 * 86_400 + 16 * 3_600);
    assert!(ring.check(&dated, midnight - Duration::from_secs(1)).is_some());
    assert!(ring.check(&dated, midnight).is_none());
}

#[test]
fn a_star_stands_for_all_tables() {
    let folder = tempfile::tempdir().unwrap();
    let key = new_key(folder.path(), &["--tables", "*"]);
    let entry = ring(folder.path()).check(&key, NOW).unwrap().clone();
    assert_eq!(may_write(&entry), ["departments", "jobs", "employees"]);
    assert_eq!(entry.tables(), ["*"]);
}

#[test]
fn a_list_says_tables_and_expiry() {
    let folder = tempfile::tempdir().unwrap();
    let past = new_key(folder.path(), &["--tables", "jobs", "--expires", "2901-01-01"]);
    let later = new_key(folder.path(), &["--expires", "2999-12-31T23:59:59Z"]);
    // Its time goes by.
    let aged = file(folder.path()).replace("2901-01-01", "2001-01-01");
    fs::write(folder.path().join("api-keys.json"), aged).unwrap();
    let (past, later) = (&past[2..10], &later[2..10]);

    assert_eq!(
        stdout(&keys(folder.path(), &["list"])),
        format!(
            "{past}  jobs  expired 2001-01-01T00:00:00Z\n\
             {later}  *  expires 2999-12-31T23:59:59Z\n"
        )
    );
    let output = keys(folder.path(), &["list", "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(stdout(&output)).unwrap(),
        json!([
            {"id": past, "tables": ["jobs"], "expires": "2001-01-01T00:00:00Z", "expired": true},
            {"id": later, "tables": ["*"], "expires": "2999-12-31T23:59:59Z", "expired": false},
        ])
    );
}

#[test]
fn a_revoked_key_is_not_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (new_key(folder.path(), &[]), new_key(folder.path(), &[]));
    let output = keys(folder.path(), &["revoke", &first[2..10]]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("takes effect with: npx wrangler secret put API_KEYS"));
    let ring = ring(folder.path());
    assert!(ring.check(&first, NOW).is_none());
    assert!(ring.check(&second, NOW).is_some());

    let output = keys(folder.path(), &["revoke", &first[2..10]]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no key"), "{}", stderr(&output));
}

#[test]
fn there_are_never_more_than_25() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..25 {
        new_key(folder.path(), &[]);
    }
    let before = file(folder.path());
    assert!(before.len() < 5_000, "{} bytes for a variable of 5 KB", before.len());
    let output = keys(folder.path(), &["new"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(2), ""));
    assert!(stderr(&output).contains("at most 25 keys"), "{}", stderr(&output));
    assert_eq!(file(folder.path()), before);
}

#[test]
fn what_is_wrong_is_said_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (["new", "--tables", "jobs,cats"].as_slice(), "tables are departments, jobs, employees"),
        (&["new", "--tables", ""], "an unknown table"),
        (&["new", "--tables", "*,jobs"], "or * alone for all"),
        (&["new", "--expires", "soon"], "no RFC 3339 date-time"),
        (&["new", "--expires", "2020-01-01"], "--expires 2020-01-01 is past"),
        (&["new", "--expires", "2020-01-01T00:00:00+01:00"], "is past; name a time to come"),
        (&["list"], "api-keys.json: no such file"),
        (&["revoke", "Ab12Cd34"], "api-keys.json: no such file"),
        (&["new", "--file", "absent/keys.json"], "absent/keys.json: No such file"),
    ] {
        let output = keys(folder.path(), arguments);
        assert_eq!((output.status.code(), stdout(&output)), (Some(2), ""), "{arguments:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_file_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let key = new_key(folder.path(), &[]);
    let good = file(folder.path());
    for damaged in [
        String::new(),
        good[..good.len() - 3].to_owned(),
        good.replace("sha256", "sha"),
        good.replace("\"*\"", "\"cats\""),
    ] {
        fs::write(folder.path().join("api-keys.json"), &damaged).unwrap();
        for arguments in [["new"].as_slice(), &["list"], &["revoke", &key[2..10]]] {
            let output = keys(folder.path(), arguments);
            assert_eq!((output.status.code(), stdout(&output)), (Some(2), ""), "{damaged}");
            assert!(stderr(&output).contains("api-keys.json: left as it is"));
            assert_eq!(file(folder.path()), damaged);
        }
    }
}

#[test]
fn commands_at_the_same_time_lose_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let made: Vec<_> = std::thread::scope(|scope| {
        let run = |_| scope.spawn(|| new_key(folder.path(), &[]));
        let running: Vec<_> = (0..8).map(run).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let ring = ring(folder.path());
    assert!(made.iter().all(|key| ring.check(key, NOW).is_some()));
}
