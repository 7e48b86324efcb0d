//! Every check of the doctor, with the answer that passes and with answers that do not.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use crate::migrate::fake;
use crate::world::{
    OFFICE, answer, connection_refused, cut, database_error, ended, error, numbers, run, updated,
};
use rowgate_core::data_api::REQUEST_LIMIT;
use rowgate_core::doctor::{Check, CheckOutcome, examine};
use rowgate_core::{Client, Host, Request, Response, SendError, Service, SignError};
use serde_json::{Value, json};

type Answer = Result<Response, SendError>;

/// What a call has in it, and what it then gets.
type Symptom = (&'static str, fn() -> Answer);

/// A healthy account, but for some answers.
struct Patient {
    symptoms: Vec<Symptom>,
    /// How many such calls are answered well before.
    spared: Cell<u32>,
    tables: fake::Database,
    calls: RefCell<Vec<String>>,
    sleeps: Cell<u32>,
    begun: Cell<u32>,
    clock: Cell<Duration>,
}

impl Patient {
    fn new(fragment: &'static str, answer: fn() -> Answer) -> Self {
        Self::with(vec![(fragment, answer)])
    }

    fn with(symptoms: Vec<Symptom>) -> Self {
        let tables = fake::Database::new(&[
            "departments",
            "jobs",
            "employees",
            "rowgate_loads",
            "rowgate_objects",
            "rowgate_rejects",
            "rowgate_ranges",
            "rowgate_ledger",
            "rowgate_locks",
        ]);
        let spared = Cell::new(0);
        let (calls, sleeps, begun, clock) = Default::default();
        Self { symptoms, spared, tables, calls, sleeps, begun, clock }
    }

    fn healthy() -> Self {
        Self::with(Vec::new())
    }

    fn examine(&self) -> Vec<Check> {
        let target = fake::target();
        // A call is made once, so that a script stays short.
        let client = Client::new(self, &target, Duration::from_secs(300)).patient(Duration::ZERO);
        let mut told = Vec::new();
        let checks = run(examine(&client, OFFICE, true, |check| told.push(check.clone())));
        assert_eq!(told, checks, "each is told when it is made");
        checks
    }

    fn was_called(&self, fragment: &str) -> bool {
        self.calls.borrow().iter().any(|call| call.contains(fragment))
    }

    fn healthy_answer(&self, call: &str, body_bytes: usize) -> Answer {
        let has = |fragment: &str| call.contains(fragment);
        match () {
            () if has("BeginTransaction") => self.begun(),
            () if has("RollbackTransaction") => ended(),
            () if has("INTO rowgate_locks") => updated(1),
            () if has("FROM rowgate_locks") => row(&[&"0".repeat(32), "rowgate doctor", "", ""]),
            () if has("DATABASE IF EXISTS") => database_error(1044),
            () if has("CURRENT_USER") => row(&["admin@%", "hr"]),
            () if has("AURORA_VERSION") => row(&["3.08.0"]),
            () if has("VERSION()") => row(&["8.0.39"]),
            () if has("@@sql_mode") => row(&["ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES"]),
            () if has("'transaction_isolation'") => {
                row(&["transaction_isolation", "REPEATABLE-READ"])
            }
            () if has("@@character_set_client") => {
                row(&["utf8mb4", "utf8mb4", "utf8mb4", "utf8mb4_0900_ai_ci"])
            }
            () if has("@@character_set_database") => row(&["utf8mb4", "utf8mb4_0900_ai_ci"]),
            () if has("TIMEDIFF") => row(&["UTC", "SYSTEM", "00:00:00"]),
            () if has("partial_revokes") => row(&["partial_revokes", "OFF"]),
            () if has(":p999") => numbers(&[1000]),
            () if has("SLEEP(55)") => self.time_out(),
            () if has("SET SESSION") => updated(0),
            () if has("net_write_timeout  in tx") => numbers(&[62]),
            () if has("@@session.net_write_timeout") => numbers(&[60]),
            () if has("CONNECTION_ID") => numbers(&[if has("tx-1") { 7 } else { 8 }]),
            () if has("SELEC 1") => database_error(1064),
            () if has("rowgate_doctor_absent") => database_error(1146),
            () if has("UPDATE rowgate_doctor SET name") && has("in tx-1") => updated(1),
            () if has("UPDATE rowgate_doctor SET name") => database_error(1205),
            () if has("VALUES (1, 'again')") => database_error(1062),
            () if has("VALUES (200") => database_error(1406),
            () if has("VALUES (201") => database_error(1048),
            () if has("UPDATE rowgate_doctor SET flag") => updated(1),
            () if has("flag + 0") => flag(5),
            () if has("@@max_allowed_packet") => numbers(&[64 << 20]),
            () if has("@@innodb_autoinc_lock_mode") => numbers(&[2]),
            () if has("HEX(r.t)") => unfolded("é😀\"\\", "C3A9F09F9880225C"),
            () if has("AS named") => row(&["as sent"]),
            () if has("JSON_LENGTH") && body_bytes > REQUEST_LIMIT => too_large(),
            () if has("JSON_LENGTH") => numbers(&[1]),
            () if has("REPEAT('x', 30000)") => error(400, "BadRequestException"),
            () if has("REPEAT") && has("60000") => row(&["x"]),
            () if has("REPEAT") => error(400, "DatabaseErrorException"),
            () if has("SELECT 1; SELECT 2") => error(400, "ValidationException"),
            () if has("SLEEP") => self.sleep_once(),
            () if has(r#"[[1,"a"],[2,"b"],[3,"c"]]"#) => updated(3),
            () if has(r#"[[1,"a"],[2,"changed"],[5,"e"]]"#) => updated(3),
            () if has("again") => database_error(1062),
            () if has("INSERT INTO `rowgate_doctor`") => updated(1),
            () if has("GROUP_CONCAT") => row(&["a,changed,c,d,e"]),
            () if has("SELECT r.n FROM JSON_TABLE") => numbers(&[2, 3]),
            () if has("COUNT(*)") && has("in tx-1") => numbers(&[1]),
            () if has("COUNT(*)") => numbers(&[0]),
            () if has("SHOW CREATE TABLE") => {
                row(&["rowgate_doctor", "CREATE TABLE `rowgate_doctor` (…)"])
            }
            () if has("TABLE rowgate_doctor") || has("TABLE IF EXISTS rowgate_doctor") => {
                updated(0)
            }
            () => panic!("a call that the script does not have: {call}"),
        }
    }

    /// Transactions by turns.
    fn begun(&self) -> Answer {
        self.begun.set(self.begun.get() + 1);
        let id = if self.begun.get() % 2 == 1 { "tx-1" } else { "tx-2" };
        answer(200, &json!({ "transactionId": id }).to_string())
    }

    fn time_out(&self) -> Answer {
        self.clock.set(self.clock.get() + Duration::from_secs(45));
        error(400, "StatementTimeoutException")
    }

    /// The first of two gets through, the other is refused.
    fn sleep_once(&self) -> Answer {
        self.sleeps.set(self.sleeps.get() + 1);
        if self.sleeps.get() == 1 { numbers(&[0]) } else { error(400, "DatabaseErrorException") }
    }
}

impl Host for Patient {
    fn sign(&self, _request: &mut Request, _service: Service) -> Result<(), SignError> {
        Ok(())
    }

    async fn send(&self, request: Request) -> Answer {
        let call = describe(&request);
        self.calls.borrow_mut().push(call.clone());
        if let Some((_, answer)) = self.symptoms.iter().find(|it| call.contains(it.0)) {
            match self.spared.get().checked_sub(1) {
                Some(left) => self.spared.set(left),
                None => return answer(),
            }
        }
        let is_of_tables =
            call.contains("information_schema") || call.contains("FROM rowgate_ledger");
        if is_of_tables && !call.contains("INSERT INTO") {
            return self.tables.send(request).await;
        }
        self.healthy_answer(&call, request.body.len())
    }

    fn now(&self) -> Duration {
        self.clock.get()
    }

    async fn sleep(&self, _time: Duration) {}

    fn random(&self) -> u64 {
        0
    }
}

/// The operation, the statement, its parameters if they are short, and the transaction.
fn describe(request: &Request) -> String {
    // Reading megabytes takes its time, and two checks send them.
    if request.body.len() > 1 << 20 {
        return "Execute SELECT JSON_LENGTH".into();
    }
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let parameters = body["parameters"].as_array().cloned().unwrap_or_default();
    let values = parameters.iter().filter_map(|it| it["value"]["stringValue"].as_str());
    let values: Vec<_> = values.filter(|value| value.len() < 100).collect();
    let sql = body["sql"].as_str().unwrap_or_default();
    let operation = request.url.rsplit('/').next().unwrap();
    let transaction = body["transactionId"].as_str().unwrap_or("none");
    format!("{operation} {sql} {} in {transaction}", values.join(" "))
}

fn row(values: &[&str]) -> Answer {
    let fields: Value = values.iter().map(|text| json!({"stringValue": text})).collect();
    answer(200, &json!({ "records": [fields] }).to_string())
}

/// A TINYINT(1) as the service answers it, and with `+ 0`.
fn flag(value: i64) -> Answer {
    let record = json!([[{ "booleanValue": true }, { "longValue": value }]]);
    answer(200, &json!({ "records": record }).to_string())
}

fn unfolded(text: &str, hex: &str) -> Answer {
    let first = json!([{"stringValue": "1"}, {"stringValue": text}, {"stringValue": hex}]);
    let second = json!([{"stringValue": "2"}, {"isNull": true}, {"isNull": true}]);
    answer(200, &json!({ "records": [first, second] }).to_string())
}

fn too_large() -> Answer {
    error(413, "RequestEntityTooLargeException")
}

fn check<'c>(checks: &'c [Check], name: &str) -> &'c Check {
    checks.iter().find(|check| check.name == name).unwrap_or_else(|| panic!("no check {name}"))
}

const NAMES: [&str; 42] = [
    "connection",
    "engine",
    "sql_mode",
    "transaction_isolation",
    "connection_charset",
    "database_charset",
    "time_zone",
    "partial_revokes",
    "max_allowed_packet",
    "innodb_autoinc_lock_mode",
    "json_table",
    "quoted_names",
    "request_under_4_mib",
    "request_over_4_mib",
    "parameter_sizes",
    "many_parameters",
    "answer_over_1_mib",
    "row_over_64_kib",
    "several_statements",
    "statement_timeout",
    "one_call_at_a_time",
    "session_state_between_calls",
    "session_state_in_a_transaction",
    "connections_of_transactions",
    "error_syntax",
    "error_no_table",
    "scratch_table",
    "insert_count",
    "keep_count",
    "update",
    "found_or_changed_rows",
    "existing_rows",
    "error_number",
    "tinyint_1",
    "error_duplicate_key",
    "error_too_long",
    "error_null",
    "error_lock_wait",
    "transaction_after_an_error",
    "show_create_table",
    "scratch_table_dropped",
    "schema",
];

#[test]
fn a_healthy_account_passes_every_check() {
    let checks = Patient::healthy().examine();
    let names: Vec<_> = checks.iter().map(|check| check.name).collect();
    assert_eq!(names, NAMES);
    for check in &checks {
        assert_eq!(check.outcome, CheckOutcome::Pass, "{check:?}");
        assert!(!check.why.is_empty() && !check.found.is_empty(), "{check:?}");
    }
    assert_eq!(check(&checks, "engine").found, "MySQL 8.0.39, Aurora 3.08.0");
    assert_eq!(check(&checks, "connection").found, "user admin@% in database hr");
    assert_eq!(
        serde_json::to_value(&checks[0]).unwrap(),
        json!({
            "name": "connection", "outcome": "pass", "found": "user admin@% in database hr",
            "why": "everything goes through the Data API, as the database user of the secret",
            "tried": true, "values": {}, "answers": [],
        })
    );
}

/// A check, a call that is answered otherwise, how, and what comes of it.
type Case = (&'static str, &'static str, fn() -> Answer, CheckOutcome, &'static str);

const CASES: &[Case] = {
    use CheckOutcome::{Fail, Note, Pass};
    &[
        ("connection", "CURRENT_USER", || error(403, "AccessDeniedException"), Fail, "HTTP 403"),
        ("connection", "CURRENT_USER", connection_refused, Fail, "times: connection refused"),
        ("connection", "CURRENT_USER", || row(&["admin@%", ""]), Fail, "no user and database"),
        ("engine", " VERSION()", || row(&["5.7.12"]), Fail, "MySQL 5.7.12"),
        ("engine", " VERSION()", || row(&["10.5.2-MariaDB"]), Fail, "MariaDB 10.5.2"),
        ("engine", " VERSION()", || row(&["10.11.2-MariaDB-log"]), Pass, "MariaDB 10.11.2"),
        ("engine", " VERSION()", || row(&["eight"]), Fail, "MySQL eight"),
        ("engine", "AURORA_VERSION", || database_error(1305), Pass, "MySQL 8.0.39, not Aurora"),
        ("engine", "AURORA_VERSION", cut, Fail, "no answer"),
        ("sql_mode", "@@sql_mode", || row(&[""]), Fail, "empty"),
        ("sql_mode", "@@sql_mode", || row(&["NO_ZERO_DATE"]), Fail, "NO_ZERO_DATE"),
        ("sql_mode", "@@sql_mode", || row(&["STRICT_ALL_TABLES"]), Pass, "STRICT_ALL_TABLES"),
        (
            "connection_charset",
            "@@character_set_client",
            || row(&["latin1", "latin1", "latin1", "latin1_swedish_ci"]),
            Note,
            "client latin1",
        ),
        (
            "connection_charset",
            "@@character_set_client",
            || row(&["utf8mb4", "utf8mb4", "", "utf8mb4_bin"]),
            Pass,
            "results ",
        ),
        (
            "transaction_isolation",
            "'transaction_isolation'",
            || row(&["tx_isolation", "READ-COMMITTED"]),
            Fail,
            "READ-COMMITTED",
        ),
        (
            "database_charset",
            "@@character_set_database",
            || row(&["latin1", "latin1_swedish_ci"]),
            Fail,
            "latin1, latin1_swedish_ci",
        ),
        ("max_allowed_packet", "@@max_allowed", || numbers(&[1 << 20]), Fail, "1048576 bytes"),
        (
            "time_zone",
            "TIMEDIFF",
            || row(&["SYSTEM", "SYSTEM", "01:00:00"]),
            Note,
            "01:00:00 ahead",
        ),
        ("partial_revokes", "partial_revokes", || row(&["partial_revokes", "ON"]), Note, "ON"),
        ("partial_revokes", "partial_revokes", || updated(0), Pass, "none"),
        ("parameter_sizes", "JSON_LENGTH", too_large, Note, "not even 1048576 bytes"),
        ("many_parameters", ":p999", || numbers(&[1]), Note, "not all of 1,000"),
        ("many_parameters", ":p999", || error(400, "X"), Note, "1,000 are refused: X"),
        ("statement_timeout", "SLEEP(55)", || numbers(&[0]), Note, "not ended"),
        ("statement_timeout", "SLEEP(55)", || error(504, "X"), Note, "X (HTTP 504) after 0 s"),
        (
            "session_state_between_calls",
            "write_timeout  in none",
            || numbers(&[61]),
            Note,
            "10 of 10",
        ),
        (
            "session_state_in_a_transaction",
            "write_timeout  in none",
            || numbers(&[62]),
            Note,
            "10 of 10",
        ),
        (
            "session_state_in_a_transaction",
            "write_timeout  in tx",
            || numbers(&[60]),
            Fail,
            "do not see",
        ),
        ("connections_of_transactions", "CONNECTION_ID", || numbers(&[7]), Fail, "the same"),
        ("error_syntax", "SELEC 1", || error(400, "DatabaseErrorException"), Note, "no 1064"),
        ("error_no_table", "_absent", || updated(0), Note, "not refused"),
        ("tinyint_1", "flag + 0", || flag(1), Fail, "booleanValue, and with + 0 as longValue"),
        ("error_duplicate_key", "(1, 'again')", || database_error(1064), Fail, "no 1062"),
        ("error_too_long", "VALUES (200", || updated(1), Fail, "not refused"),
        ("error_null", "VALUES (201", || error(400, "X"), Fail, "no 1048: X (HTTP 400)"),
        ("error_lock_wait", "SET name = 'locked'", || updated(1), Fail, "not refused"),
        ("innodb_autoinc_lock_mode", "@@innodb_autoinc", || numbers(&[1]), Note, "1"),
        ("json_table", "HEX(r.t)", || unfolded("é?\"\\", "C3A93F225C"), Fail, "other values"),
        // Encoded wrongly when sent and back when read.
        ("json_table", "HEX(r.t)", || unfolded("é😀\"\\", "C383C2A9"), Fail, "other values"),
        ("json_table", "HEX(r.t)", || database_error(3144), Fail, "MySQL error 3144"),
        ("quoted_names", "AS named", || error(400, "BadRequestException"), Note, "have a colon"),
        ("quoted_names", "AS named", || row(&["?"]), Note, "another value"),
        ("request_under_4_mib", "JSON_LENGTH", too_large, Note, "HTTP 413"),
        ("request_under_4_mib", "JSON_LENGTH", || error(403, "X"), Fail, "HTTP 403"),
        ("request_under_4_mib", "JSON_LENGTH", || row(&[""]), Fail, "not read whole"),
        ("request_over_4_mib", "JSON_LENGTH", || numbers(&[1]), Note, "not refused"),
        ("request_over_4_mib", "JSON_LENGTH", cut, Note, "no answer: connection reset"),
        (
            "answer_over_1_mib",
            "REPEAT('x', 30000)",
            || error(400, "UnsupportedResultException"),
            Pass,
            "refused with UnsupportedResultException (HTTP 400)",
        ),
        ("answer_over_1_mib", "REPEAT('x', 30000)", || row(&["x"]), Note, "not refused"),
        ("row_over_64_kib", "REPEAT('x', CAST", || row(&["x"]), Note, "not refused"),
        ("row_over_64_kib", "60000", || error(400, "X"), Note, "60,000 bytes are refused too"),
        ("several_statements", "SELECT 1; SELECT 2", || row(&["1"]), Fail, "not refused"),
        ("one_call_at_a_time", "SLEEP", || numbers(&[0]), Note, "the second waited"),
        ("one_call_at_a_time", "SLEEP", || error(400, "X"), Note, "neither runs"),
        ("one_call_at_a_time", "BeginTransaction", || error(403, "X"), Note, "HTTP 403"),
        (
            "scratch_table",
            " CREATE TABLE rowgate_doctor (",
            || database_error(1142),
            Note,
            "MySQL error 1142",
        ),
        ("insert_count", r#"[3,"c"]"#, || updated(6), Fail, "6 of 3 new rows counted"),
        ("keep_count", "AS e WHERE", || updated(2), Fail, "2 counted of 1 new row"),
        ("update", "GROUP_CONCAT", || row(&["a,b,c,d,e"]), Fail, "other values stored"),
        ("update", "ON DUPLICATE KEY", || database_error(1064), Fail, "MySQL error 1064"),
        ("found_or_changed_rows", "ON DUPLICATE KEY", || updated(4), Pass, "found rows"),
        ("found_or_changed_rows", "ON DUPLICATE KEY", || updated(5), Note, "5 for one change"),
        (
            "found_or_changed_rows",
            "ON DUPLICATE KEY",
            || database_error(1064),
            Note,
            "not tried: needs an update that runs",
        ),
        ("existing_rows", "SELECT r.n FROM", || numbers(&[1, 2]), Fail, "rows 1, 2 where"),
        ("error_number", r#"[[1,"again"]]"#, || updated(1), Fail, "not refused"),
        ("error_number", r#"[[1,"again"]]"#, || error(400, "X"), Fail, "no 1062: X (HTTP 400)"),
        ("transaction_after_an_error", "COUNT(*)", || numbers(&[0]), Fail, "is gone"),
        (
            "transaction_after_an_error",
            "COUNT(*)",
            || error(404, "TransactionNotFoundException"),
            Fail,
            "TransactionNotFoundException",
        ),
        ("transaction_after_an_error", "COUNT(*)", || numbers(&[1]), Fail, "not rolled back"),
        ("show_create_table", "SHOW CREATE", || row(&["a", "TABLE"]), Fail, "not the statement"),
        ("scratch_table", "DROP TABLE", || database_error(1142), Note, "MySQL error 1142"),
        ("schema", "information_schema.tables", || row(&["a"]), Fail, "not readable"),
    ]
};

/// Cases that do not touch each other: an examination sends megabytes, so it serves many at once.
fn rounds() -> Vec<Vec<&'static Case>> {
    let is_alone = |(name, fragment, ..): &&Case| {
        matches!(*name, "connection" | "scratch_table") || *fragment == "BeginTransaction"
    };
    let mut rounds: Vec<Vec<&Case>> = Vec::new();
    for case in CASES.iter().filter(|case| !is_alone(case)) {
        let fits = |round: &&mut Vec<&Case>| {
            round.iter().all(|other| other.0 != case.0 && other.1 != case.1)
        };
        match rounds.iter_mut().find(fits) {
            Some(round) => round.push(case),
            None => rounds.push(vec![case]),
        }
    }
    rounds.extend(CASES.iter().filter(is_alone).map(|case| vec![case]));
    rounds
}

#[test]
fn another_answer_flips_its_check() {
    // This one has a test of its own below.
    let mut flipped = BTreeSet::from(["scratch_table_dropped"]);
    for round in rounds() {
        let symptoms = round.iter().map(|(_, fragment, answer, ..)| (*fragment, *answer));
        let checks = Patient::with(symptoms.collect()).examine();
        for (name, fragment, _, outcome, found) in round {
            let check = check(&checks, name);
            assert_eq!(check.outcome, *outcome, "{fragment}: {check:?}");
            assert!(check.found.contains(found), "{fragment}: {check:?}");
            if *outcome != CheckOutcome::Pass {
                flipped.insert(*name);
            }
        }
    }
    assert_eq!(flipped, NAMES.into_iter().collect(), "each check can come out otherwise");
}

#[test]
fn without_a_connection_nothing_else_is_tried() {
    let patient = Patient::new("CURRENT_USER", || error(403, "AccessDeniedException"));
    assert_eq!(patient.examine().len(), 1);
    assert_eq!(patient.calls.borrow().len(), 1);
}

#[test]
fn without_a_scratch_table_the_rest_is_tried() {
    let patient = Patient::new("CREATE TABLE", || database_error(1142));
    let checks = patient.examine();
    for name in &NAMES[27..39] {
        let check = check(&checks, name);
        assert_eq!(check.outcome, CheckOutcome::Note);
        assert_eq!(check.found, "not tried: needs the table rowgate_doctor");
    }
    assert!(!patient.was_called("INSERT INTO `rowgate_doctor"));
    assert_eq!(check(&checks, "schema").outcome, CheckOutcome::Pass);
}

#[test]
fn the_scratch_table_is_dropped_whatever_fails() {
    for fragment in ["INSERT INTO `rowgate_doctor`", "BeginTransaction", "Rollback", "COUNT(*)"] {
        let patient = Patient::new(fragment, cut);
        let checks = patient.examine();
        assert_eq!(check(&checks, "scratch_table_dropped").outcome, CheckOutcome::Pass);
        let calls = patient.calls.borrow();
        let last = calls.iter().rposition(|call| call.contains("rowgate_doctor")).unwrap();
        assert!(calls[last].contains("DROP TABLE IF EXISTS rowgate_doctor"), "{fragment}");
    }
    let patient = Patient::new("DROP TABLE", || database_error(1142));
    patient.spared.set(1);
    let checks = patient.examine();
    let check = check(&checks, "scratch_table_dropped");
    assert_eq!(check.outcome, CheckOutcome::Fail);
    assert!(check.found.contains("MySQL error 1142"), "{check:?}");
}

#[test]
fn every_transaction_is_ended() {
    for fragment in ["nothing", "SLEEP", "[[100", "COUNT(*)"] {
        let patient = Patient::new(fragment, || error(400, "DatabaseErrorException"));
        patient.examine();
        let calls = patient.calls.borrow();
        let count = |operation| calls.iter().filter(|call| call.starts_with(operation)).count();
        assert_eq!((count("BeginTransaction"), count("RollbackTransaction")), (7, 7), "{fragment}");
    }
}

#[test]
fn differences_of_the_tables_are_listed_up_to_five() {
    let patient = Patient::healthy();
    patient.tables.columns.borrow_mut().truncate(4);
    let checks = patient.examine();
    let check = check(&checks, "schema");
    assert_eq!(check.outcome, CheckOutcome::Fail);
    assert!(check.found.starts_with("employees.id: column: expected int, found none; employees."));

    let patient = Patient::healthy();
    patient.tables.columns.borrow_mut().clear();
    let checks = patient.examine();
    let found = &self::check(&checks, "schema").found;
    assert!(
        found.contains("; and 4 more differences; indexes, CHECKs and ON UPDATE are not compared"),
        "{found}"
    );
}

#[test]
fn texts_are_kept_of_calls_that_were_to_be_refused_and_of_no_others() {
    let patient = Patient::new("INSERT", || {
        answer(
            400,
            r#"{"__type":"DatabaseErrorException","message":"Duplicate 'x' in hr_db.rowgate_doctor"}"#,
        )
    });
    let checks = patient.examine();
    let kept = |name| check(&checks, name).answers.iter().map(|it| it.text.as_str()).collect();
    let texts: Vec<&str> = kept("error_number");
    assert_eq!(texts, ["Duplicate 'x' in <database>.rowgate_doctor"]);
    assert!(checks.iter().all(|check| !check.found.contains("Duplicate")));
    let texts: Vec<&str> = kept("insert_count");
    assert!(texts.is_empty());
}

#[test]
fn the_slow_check_is_for_patient_callers() {
    let (patient, target) = (Patient::healthy(), fake::target());
    let client = Client::new(&patient, &target, Duration::from_secs(300));
    let checks = run(examine(&client, OFFICE, false, |_| ()));
    let check = check(&checks, "statement_timeout");
    assert_eq!((check.tried, check.outcome), (false, CheckOutcome::Note));
    assert!(check.found.contains("--slow") && !patient.was_called("SLEEP(55)"));
}

#[test]
fn the_largest_parameter_that_is_accepted_is_found() {
    let patient = Patient::new("JSON_LENGTH", too_large);
    // The longest request, and 1 and 2 MiB.
    patient.spared.set(3);
    let checks = patient.examine();
    let check = check(&checks, "parameter_sizes");
    assert_eq!(check.outcome, CheckOutcome::Note);
    assert!(check.found.contains("LOAD_BATCH_BYTES="), "{check:?}");
    let values = serde_json::to_value(&check.values).unwrap();
    assert_eq!(values, json!({"largest_accepted": "1048576", "smallest_refused": "2097152"}));
    assert_eq!(check.answers.len(), 3);
}
