//! A service that takes less than rowgate sends at first: what is stored, and what is said of a row
//! that is too large by itself.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use crate::world::door::*;
use crate::world::{
    self, OFFICE, answer, begun, ended, error, numbers, run, run_in_turns, target, texts, updated,
};
use proptest::prelude::*;
use rowgate_core::{
    Client, Host, Job, LiveSchema, LoadOptions, LoadReport, OnDuplicate, RejectSink, RejectSinks,
    Request, Response, SendError, Service, SignError, Source, SourceError, Status, load,
};
use serde_json::{Value, json};

type Answer = Result<Response, SendError>;

/// How a statement is refused for its size.
const REFUSALS: [fn() -> Answer; 4] = [
    || answer(413, "<html>413 Request Entity Too Large</html>"),
    || {
        let text = "1 validation error detected: Value at 'parameters.1.member.value.stringValue' \
                    failed to satisfy constraint: Member must have length less than or equal to 9";
        answer(400, &json!({ "__type": "ValidationException", "message": text }).to_string())
    },
    || {
        let text = "Request size exceeds the limit";
        answer(400, &json!({ "__type": "BadRequestException", "message": text }).to_string())
    },
    || {
        let text = "Packet for query is too large (2,500,000 > 1,048,576)";
        answer(400, &json!({ "__type": "DatabaseErrorException", "message": text }).to_string())
    },
];

type Jobs = BTreeMap<i64, String>;

/// A Data API that keeps jobs.
struct Narrow {
    /// The most bytes of a parameter.
    limit: usize,
    /// The most bytes that are written within 45 seconds.
    swift: usize,
    refusal: usize,
    /// Whether what is refused ends its transaction.
    ends_transaction: bool,
    stored: RefCell<Jobs>,
    open: RefCell<Option<Jobs>>,
    /// Bytes of rows of each statement that ran.
    sizes: RefCell<Vec<usize>>,
    /// Bytes of rows of each statement that did not.
    refused: RefCell<Vec<usize>>,
    clock: Cell<Duration>,
}

impl Narrow {
    fn new(limit: usize, refusal: usize, ends_transaction: bool) -> Self {
        Self {
            limit,
            swift: usize::MAX,
            refusal,
            ends_transaction,
            stored: RefCell::default(),
            open: RefCell::default(),
            sizes: RefCell::default(),
            refused: RefCell::default(),
            clock: Cell::new(Duration::from_secs(1_800_000_000)),
        }
    }

    fn holding(self, jobs: &[(i64, &str)]) -> Self {
        let jobs = jobs.iter().map(|(id, name)| (*id, (*name).to_owned())).collect();
        *self.stored.borrow_mut() = jobs;
        self
    }

    fn answer(&self, operation: &str, body: &Value) -> Answer {
        let id = body["transactionId"].as_str();
        if id.is_some() && self.open.borrow().is_none() {
            return error(404, "TransactionNotFoundException");
        }
        match operation {
            "BeginTransaction" => {
                *self.open.borrow_mut() = Some(self.stored.borrow().clone());
                begun()
            }
            "CommitTransaction" => {
                *self.stored.borrow_mut() = self.open.borrow_mut().take().unwrap();
                ended()
            }
            "RollbackTransaction" => {
                self.open.borrow_mut().take();
                ended()
            }
            _ => self.execute(body),
        }
    }

    fn execute(&self, body: &Value) -> Answer {
        let sql = body["sql"].as_str().unwrap();
        let parameter = |name: &str| {
            let found = body["parameters"].as_array()?.iter().find(|it| it["name"] == name)?;
            found["value"]["stringValue"].as_str()
        };
        let Some(rows) = parameter("rows") else {
            assert!(sql.starts_with("SELECT DISTINCT s.INDEX_NAME"), "{sql}");
            return texts(&[]);
        };
        if rows.len() > self.limit.min(self.swift) {
            self.refused.borrow_mut().push(rows.len());
            if self.ends_transaction {
                self.open.borrow_mut().take();
            }
            if rows.len() > self.limit {
                return REFUSALS[self.refusal]();
            }
            self.clock.set(self.clock.get() + Duration::from_secs(45));
            return error(400, "StatementTimeoutException");
        }
        self.sizes.borrow_mut().push(rows.len());
        let rows: Vec<Value> = serde_json::from_str(rows).unwrap();
        let id = |row: &Value| row[0].as_i64().unwrap();
        let mut open = self.open.borrow_mut();
        let mut stored = self.stored.borrow_mut();
        let jobs = open.as_mut().unwrap_or(&mut stored);
        if sql.starts_with("SELECT r.n") {
            let after: usize = parameter("after").unwrap().parse().unwrap();
            let found = (1..).zip(&rows).skip(after).filter(|(_, row)| jobs.contains_key(&id(row)));
            return numbers(&found.map(|(number, _)| number).collect::<Vec<u64>>());
        }
        let is_update = sql.contains("ON DUPLICATE KEY UPDATE");
        if !is_update && rows.iter().any(|row| jobs.contains_key(&id(row))) {
            return world::database_error(1062);
        }
        jobs.extend(rows.iter().map(|row| (id(row), row[1].as_str().unwrap().to_owned())));
        updated(rows.len() as u64)
    }
}

impl Host for Narrow {
    fn sign(&self, _: &mut Request, _: Service) -> Result<(), SignError> {
        Ok(())
    }

    async fn send(&self, request: Request) -> Answer {
        let body = serde_json::from_slice(&request.body).unwrap();
        self.answer(request.url.rsplit('/').next().unwrap(), &body)
    }

    fn now(&self) -> Duration {
        self.clock.get()
    }

    async fn sleep(&self, time: Duration) {
        self.clock.set(self.clock.get() + time);
    }

    fn random(&self) -> u64 {
        7
    }
}

/// A file in memory; its rejected lines are not looked at.
struct Memory(String);

impl Source for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, SourceError> {
        Ok(self.0.as_bytes()[range.start as usize..range.end as usize].to_vec())
    }
}

struct Nowhere;

impl RejectSink for Nowhere {
    async fn write(&mut self, _: Vec<u8>, _: bool) -> Result<(), String> {
        Ok(())
    }

    async fn abandon(&mut self) {}

    fn name(&self) -> String {
        "rejects".to_owned()
    }
}

fn load_file(narrow: &Narrow, text: String, on_duplicate: OnDuplicate) -> LoadReport {
    let target = target();
    let client = Client::new(narrow, &target, Duration::from_secs(3600));
    let options = LoadOptions { on_duplicate, ..LoadOptions::default() };
    let mut sinks = RejectSinks { rejects: Nowhere, undecoded: Nowhere };
    let (schema, database, path) = (OFFICE, &client, "jobs.csv");
    let schema = &LiveSchema::still(schema);
    let job = Job { schema, database, source: &Memory(text), path, options };
    run_in_turns(load(&job, &mut sinks))
}

fn post(narrow: &Narrow, path: &str, rows: &Value) -> (u16, Value) {
    let head = head(path, "application/json");
    let answer = run(gate().handle(narrow, &head, async |_| Ok(rows.to_string().into())));
    (answer.status, body(&answer))
}

fn rows_of(jobs: &Jobs) -> Value {
    jobs.iter().map(|(id, name)| json!({ "id": id, "job": name })).collect()
}

/// The bytes of a statement with this row alone.
fn alone(id: i64, name: &str) -> usize {
    json!([[id, name]]).to_string().len()
}

proptest! {
    #[test]
    fn any_limit_that_admits_each_row_stores_the_same_rows(
        names in proptest::collection::vec(r#"[a-z"\\é]{1,60}"#, 1..60),
        spare in 0..300_usize,
        refusal in 0..REFUSALS.len(),
        ends_transaction: bool,
        on_duplicate in proptest::sample::select(vec!["fail", "keep", "update"]),
        checks: bool,
    ) {
        let jobs: Jobs = (1..).zip(names).collect();
        let limit = jobs.iter().map(|(id, name)| alone(*id, name)).max().unwrap() + spare;
        let narrow = Narrow::new(limit, refusal, ends_transaction);
        let path = format!("{JOBS}?on_duplicate={on_duplicate}&check_references={checks}");
        let (status, answer) = post(&narrow, &path, &rows_of(&jobs));
        prop_assert_eq!(status, 200, "{}", answer);
        prop_assert_eq!(answer["tables"]["jobs"]["stored"].as_u64(), Some(jobs.len() as u64));
        prop_assert_eq!(&*narrow.stored.borrow(), &jobs);
        prop_assert!(narrow.refused.borrow().len() < 15, "{:?}", narrow.refused);

        let narrow = Narrow::new(limit, refusal, ends_transaction);
        let line = |(id, name): (&i64, &String)| format!("{id},\"{}\"\n", name.replace('"', "\"\""));
        let report = load_file(&narrow, jobs.iter().map(line).collect(), OnDuplicate::Update);
        prop_assert_eq!((report.status, report.counts.stored), (Status::Complete, jobs.len() as u64));
        prop_assert_eq!(&*narrow.stored.borrow(), &jobs);
    }
}

#[test]
fn a_row_that_does_not_fit_is_named_and_nothing_is_stored() {
    for refusal in 0..REFUSALS.len() {
        let rows = json!([
            {"id": 1, "job": "Clerk"}, {"id": 2, "job": "x".repeat(200)}, {"id": 3, "job": "Cook"},
        ]);
        for path in [JOBS.to_owned(), format!("{JOBS}?on_error=skip&on_duplicate=update")] {
            let narrow = Narrow::new(100, refusal, false);
            let (status, answer) = post(&narrow, &path, &rows);
            assert_eq!(
                (status, &answer["type"]),
                (413, &json!("urn:rowgate:problem:row_too_large"))
            );
            let detail = answer["detail"].as_str().unwrap();
            assert!(detail.starts_with("table jobs, row at index 1: its 2"), "{detail}");
            assert!(narrow.stored.borrow().is_empty());
        }
        let narrow = Narrow::new(100, refusal, false);
        let text = format!("id,job\n1,Clerk\n2,{}\n3,Cook\n", "x".repeat(200));
        let report = load_file(&narrow, text, OnDuplicate::Update);
        let failure = report.failure.unwrap().to_string();
        assert!(failure.starts_with("table jobs, row at index 1 (line 3): its 2"), "{failure}");
        assert_eq!(report.status, Status::Failed);
    }
}

#[test]
fn rows_that_exist_are_named_in_smaller_statements_too() {
    let rows: Value = (1..=50).map(|id| json!({"id": id, "job": "x".repeat(30)})).collect();
    for path in [format!("{JOBS}?on_error=skip"), format!("{JOBS}?on_error=skip&dry_run=true")] {
        let narrow = Narrow::new(200, 1, true).holding(&[(7, "a"), (40, "b")]);
        let (status, answer) = post(&narrow, &path, &rows);
        assert_eq!((status, &answer["tables"]["jobs"]["stored"]), (207, &json!(48)), "{answer}");
        let found: Vec<_> =
            answer["errors"].as_array().unwrap().iter().map(|error| &error["index"]).collect();
        assert_eq!(found, [6, 39]);
    }
    let keep = format!("{JOBS}?on_duplicate=keep&dry_run=true");
    let narrow = Narrow::new(200, 1, true).holding(&[(7, "a"), (40, "b")]);
    let (_, answer) = post(&narrow, &keep, &rows);
    assert_eq!(answer["tables"]["jobs"]["kept"], 2, "{answer}");
}

/// Jobs with names of 200 letters, as CSV.
fn long_jobs(count: u64) -> String {
    (1..=count).map(|id| format!("{id},{}\n", "x".repeat(200))).collect()
}

#[test]
fn a_load_keeps_the_size_that_it_has_found() {
    let narrow = Narrow::new(64 << 10, 0, false);
    let report = load_file(&narrow, long_jobs(25_000), OnDuplicate::Update);
    assert_eq!((report.status, report.counts.stored), (Status::Complete, 25_000));
    // 2.5 MB, halved until it fits; the second batch was made before the first one was refused.
    assert_eq!(narrow.refused.borrow().len(), 6, "{:?}", narrow.refused);
    let sizes = narrow.sizes.borrow();
    let small = sizes.iter().filter(|bytes| **bytes < 30_000).count();
    assert!(small < 10 && sizes.len() < 300, "{sizes:?}");
}

#[test]
fn what_takes_too_long_is_sent_in_smaller_statements() {
    let narrow = Narrow { swift: 400_000, ..Narrow::new(usize::MAX, 0, true) };
    let report = load_file(&narrow, long_jobs(20_000), OnDuplicate::Update);
    assert_eq!((report.status, report.counts.stored), (Status::Complete, 20_000));

    // Of a statement that is its own commit and is not harmless twice, nothing is known.
    let narrow = Narrow { swift: 100_000, ..Narrow::new(usize::MAX, 0, true) };
    let rows: Value = (1..=1_000).map(|id| json!({"id": id, "job": "x".repeat(200)})).collect();
    assert_eq!(post(&narrow, JOBS, &rows).0, 504);
    assert_eq!(narrow.refused.borrow().len(), 1);

    // A small statement is not slow for its rows.
    let narrow = Narrow { swift: 5, ..Narrow::new(usize::MAX, 0, true) };
    let (status, _) = post(&narrow, "/insert_data", &json!({"jobs": [{"id": 1, "job": "a"}]}));
    assert_eq!((status, narrow.refused.borrow().len()), (504, 1));
}
