//! Looks at the live tables: when they are made, what they cost, and what becomes of requests by them.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::{join, join_all};
use rowgate_core::schema::Schema;
use rowgate_core::{
    CallError, Client, Gate, Host, LiveSchema, LookError, Request, Response, SendError, Service,
    Settings, SignError,
};
use serde_json::{Value, json};

use crate::world::door::{JOBS, WAITING, body, head};
use crate::world::{
    answer, connection_refused, database_error, error, key, run_in_turns as run, target, updated,
};

type Answer = Result<Response, SendError>;

/// A database with one table, whose columns can change.
#[derive(Default)]
struct Database {
    /// The columns of `jobs` besides its id, each with its type; `None` if there is no such table.
    columns: RefCell<Option<Vec<(&'static str, &'static str)>>>,
    clock: Cell<Duration>,
    looks: Cell<usize>,
    writes: RefCell<Vec<String>>,
    /// What the next calls get instead.
    faults: RefCell<Vec<Answer>>,
    /// How often a look's call is polled before its answer is there.
    waits: Cell<u32>,
}

impl Database {
    fn of(columns: &[(&'static str, &'static str)]) -> Self {
        let columns = RefCell::new(Some(columns.to_vec()));
        Self { columns, clock: Cell::new(Duration::from_secs(1_800_000_000)), ..Self::default() }
    }

    fn alter(&self, columns: &[(&'static str, &'static str)]) {
        *self.columns.borrow_mut() = Some(columns.to_vec());
    }

    fn pass(&self, seconds: u64) {
        self.clock.set(self.clock.get() + Duration::from_secs(seconds));
    }

    /// What the server's information_schema says.
    fn described(&self) -> Answer {
        let row = |kind: &str, name: &str, position: u64, rest: Value| {
            let text = |text: &str| json!({ "stringValue": text });
            json!([text(kind), text("jobs"), text(name), { "longValue": position }, text(&rest.to_string())])
        };
        let mut rows = Vec::new();
        if let Some(columns) = &*self.columns.borrow() {
            rows.push(row("table", "", 0, json!(["InnoDB", "utf8mb4_general_ci", ""])));
            let id = json!(["int", "NO", null, "", "", null, ""]);
            rows.push(row("column", "id", 1, id));
            for ((name, of), position) in columns.iter().zip(2..) {
                let rest = json!([of, "YES", null, "", "", null, ""]);
                rows.push(row("column", name, position, rest));
            }
            rows.push(row("index", "PRIMARY", 1, json!([0, "id", null, null, "A", "BTREE"])));
        }
        answer(200, &json!({ "records": rows }).to_string())
    }
}

impl Host for Database {
    fn sign(&self, _: &mut Request, _: Service) -> Result<(), SignError> {
        Ok(())
    }

    async fn send(&self, request: Request) -> Answer {
        for _ in 0..self.waits.get() {
            yield_now().await;
        }
        if let Some(fault) = self.faults.borrow_mut().pop() {
            return fault;
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let sql = body["sql"].as_str().unwrap_or_default();
        if sql.starts_with("SELECT VERSION()") {
            let row =
                json!([[{ "stringValue": "8.0.40" }, { "stringValue": "utf8mb4_general_ci" }]]);
            return answer(200, &json!({ "records": row }).to_string());
        }
        if sql.contains("information_schema.COLUMNS") {
            self.looks.set(self.looks.get() + 1);
            return self.described();
        }
        let rows = body["parameters"][0]["value"]["stringValue"].as_str().unwrap_or_default();
        self.writes.borrow_mut().push(rows.to_owned());
        updated(1)
    }

    fn now(&self) -> Duration {
        self.clock.get()
    }

    async fn sleep(&self, _: Duration) {
        yield_now().await;
    }

    fn random(&self) -> u64 {
        7
    }
}

async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

const TITLE: (&str, &str) = ("title", "varchar(9)");

/// A schema.json of `jobs` with an id and a title of up to 9 characters.
fn listed() -> Schema {
    let json = r#"{"rowgate_schema":1,"tables":[{"name":"jobs","columns":[
        {"name":"id","column_type":"int","nullable":false},
        {"name":"title","column_type":"varchar(9)","comment":"aliases=job"}],"primary_key":["id"]}]}"#;
    Schema::from_json(json).unwrap()
}

fn live(seconds: &'static str) -> LiveSchema {
    let lookup = |name: &str| (name == "SCHEMA_LOOK_SECONDS").then(|| seconds.into());
    LiveSchema::read(&lookup, listed()).unwrap()
}

fn current(live: &LiveSchema, database: &Database) -> Result<Schema, LookError> {
    let target = target();
    let client = Client::new(database, &target, Duration::from_secs(10)).patient(Duration::ZERO);
    run(live.current(&client))
}

fn columns(schema: Schema) -> Vec<&'static str> {
    schema.table("jobs").map_or_else(Vec::new, |it| it.columns.iter().map(|it| it.name).collect())
}

#[test]
fn the_setting_is_seconds_or_off() {
    for (text, is_good) in [
        ("", true),
        ("0", true),
        ("0.5", true),
        ("3600", true),
        ("off", true),
        ("-1", false),
        ("3601", false),
        ("NaN", false),
        ("on", false),
    ] {
        let lookup = |name: &str| (name == "SCHEMA_LOOK_SECONDS").then(|| text.to_owned());
        let read = LiveSchema::read(&lookup, listed());
        assert_eq!(read.is_ok(), is_good, "{text}");
        if let Err(error) = read {
            assert!(error.to_string().starts_with("setting SCHEMA_LOOK_SECONDS: "), "{error}");
        }
    }
}

#[test]
fn a_look_is_made_before_the_first_write_and_then_once_a_minute() {
    let (database, live) = (Database::of(&[TITLE]), live(""));
    let first = current(&live, &database).unwrap();
    assert_eq!((columns(first), database.looks.get()), (vec!["id", "title"], 1));
    for (seconds, looks) in [(59, 1), (1, 2), (59, 2), (1, 3)] {
        database.pass(seconds);
        current(&live, &database).unwrap();
        assert_eq!(database.looks.get(), looks);
    }
    database.alter(&[("title", "varchar(30)"), ("pay", "int")]);
    database.pass(60);
    assert_eq!(columns(live.believed()), ["id", "title"]);
    let now = current(&live, &database).unwrap();
    assert_eq!(columns(now), ["id", "title", "pay"]);
    assert_eq!(now.table("jobs").unwrap().column_index("job"), Some(1));
    assert_eq!(columns(live.believed()), ["id", "title", "pay"]);
}

#[test]
fn off_none_is_made_and_with_0_one_before_each_write() {
    let database = Database::of(&[]);
    assert_eq!(columns(current(&live("off"), &database).unwrap()), ["id", "title"]);
    assert_eq!(database.looks.get(), 0);
    assert!(!live("off").doubt(&database));
    let live = live("0");
    for looks in 1..4 {
        assert_eq!(columns(current(&live, &database).unwrap()), ["id"]);
        assert_eq!(database.looks.get(), looks);
    }
}

#[test]
fn without_a_look_nothing_is_believed() {
    let (database, live) = (Database::of(&[TITLE]), live(""));
    let refused = || database.faults.borrow_mut().push(connection_refused());
    refused();
    assert!(matches!(current(&live, &database), Err(LookError::Call(CallError::Send(_)))));
    current(&live, &database).unwrap();
    database.pass(59);
    current(&live, &database).unwrap();
    database.pass(1);
    refused();
    assert!(matches!(current(&live, &database), Err(LookError::Call(_))));
    current(&live, &database).unwrap();
    // Whatever else the answer is, it is no description.
    database.pass(60);
    database.faults.borrow_mut().push(answer(200, r#"{"records":[[{"longValue":1}]]}"#));
    assert_eq!(current(&live, &database).unwrap_err(), LookError::Unreadable);
}

#[test]
fn requests_at_the_same_time_share_one_look() {
    let (database, live) = (Database::of(&[TITLE]), live(""));
    database.waits.set(5);
    let target = target();
    let client = Client::new(&database, &target, Duration::from_secs(10)).patient(Duration::ZERO);
    let all = run(join_all((0..50).map(|_| live.current(&client))));
    assert!(all.iter().all(|it| it.as_ref().is_ok_and(|it| columns(*it).len() == 2)));
    assert_eq!(database.looks.get(), 1);
    // If it fails, all of them do.
    database.pass(60);
    database.faults.borrow_mut().push(connection_refused());
    let client = Client::new(&database, &target, Duration::from_secs(10)).patient(Duration::ZERO);
    let late = async {
        yield_now().await;
        live.current(&client).await
    };
    let all = join_all((0..50).map(|_| live.current(&client)));
    let (all, late) = run(join(all, late));
    assert!(all.iter().all(Result::is_err) && late.is_err());
    assert_eq!(columns(run(live.current(&client)).unwrap()).len(), 2);
    assert_eq!(database.looks.get(), 2);
}

#[test]
fn a_look_that_is_given_up_keeps_no_other_waiting() {
    let (database, live) = (Database::of(&[TITLE]), live(""));
    database.waits.set(5);
    let target = target();
    let client = Client::new(&database, &target, Duration::from_secs(10));
    {
        let mut given_up = pin!(live.current(&client));
        assert!(given_up.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!(columns(current(&live, &database).unwrap()).len(), 2);
}

#[test]
fn a_doubt_leads_to_one_look_a_minute() {
    let (database, live) = (Database::of(&[TITLE]), live(""));
    current(&live, &database).unwrap();
    assert!(!live.doubt(&database), "the look is of this moment");
    database.pass(10);
    assert!(live.doubt(&database));
    current(&live, &database).unwrap();
    assert_eq!(database.looks.get(), 2);
    database.pass(30);
    assert!(!live.doubt(&database));
    current(&live, &database).unwrap();
    assert_eq!(database.looks.get(), 2);
    database.pass(30);
    current(&live, &database).unwrap();
    database.pass(2);
    assert!(live.doubt(&database));
}

#[test]
fn a_process_keeps_only_so_many_changes() {
    let (database, live) = (Database::of(&[TITLE]), live("0"));
    let wide: Vec<_> = (0..1_000).map(|at| (&*format!("c{at}").leak(), "int")).collect();
    let mut changes = 0;
    let error = loop {
        database.alter(&wide[..wide.len() - changes]);
        match current(&live, &database) {
            Ok(_) => changes += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((error, changes), (LookError::TooManyChanges, 34));
    let looks = database.looks.get();
    assert!(current(&live, &database).is_err());
    assert_eq!(database.looks.get(), looks);
}

fn gate() -> Gate {
    let lookup = |name: &str| {
        Some(match name {
            "API_KEYS" => format!("[{}]", key(1).entry()),
            "AWS_REGION" | "DB_CLUSTER_ARN" | "DB_SECRET_ARN" | "DB_NAME" => "name".into(),
            _ => return None,
        })
    };
    Gate::new(Settings::read(&lookup, listed()).unwrap(), WAITING)
}

fn post(gate: &Gate, database: &Database, path: &str, rows: &Value) -> (u16, Value) {
    let head = head(path, "application/json");
    let response = run(gate.handle(database, &head, async |_| Ok(rows.to_string().into())));
    (response.status, body(&response))
}

#[test]
fn a_request_is_checked_against_the_tables_as_they_are() {
    let (database, gate) = (Database::of(&[("title", "varchar(3)")]), gate());
    let long = json!([{ "id": 1, "title": "Clerk" }]);
    let (status, answer) = post(&gate, &database, JOBS, &long);
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("too_long")));
    database.alter(&[TITLE]);
    // Within the minute the look stands.
    assert_eq!(post(&gate, &database, JOBS, &long).0, 422);
    database.pass(60);
    assert_eq!(post(&gate, &database, JOBS, &long).0, 200);
    assert_eq!(database.looks.get(), 2);
    *database.columns.borrow_mut() = None;
    database.pass(60);
    let (status, answer) = post(&gate, &database, JOBS, &long);
    assert_eq!((status, &answer["type"]), (422, &json!("urn:rowgate:problem:unfit_table")));
    assert!(answer["detail"].as_str().unwrap().contains("has no such table"), "{answer}");
    assert_eq!(database.writes.borrow().len(), 1);
    // It is back, which a request for it finds out.
    database.alter(&[TITLE]);
    database.pass(10);
    assert_eq!(post(&gate, &database, JOBS, &long).0, 200);
}

#[test]
fn a_name_that_is_not_known_is_looked_for_at_once() {
    let (database, gate) = (Database::of(&[TITLE]), gate());
    let rows = json!([{ "id": 1, "title": "Clerk", "pay": 7 }]);
    let (status, answer) = post(&gate, &database, JOBS, &rows);
    assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("unknown_column")));
    assert_eq!(database.looks.get(), 1);
    database.pass(5);
    database.alter(&[TITLE, ("pay", "int")]);
    assert_eq!(post(&gate, &database, JOBS, &rows).0, 200);
    assert_eq!(*database.writes.borrow(), [r#"[[1,"Clerk",7]]"#]);
    database.pass(5);
    let rows = json!({ "jobs": [{ "id": 1, "page": 7 }] });
    assert_eq!(post(&gate, &database, "/insert_data", &rows).0, 422);
    assert_eq!(database.looks.get(), 2, "a second one within the minute");
}

#[test]
fn what_the_database_has_otherwise_is_looked_at_before_the_next_write() {
    for code in [1054, 1146, 1136] {
        let (database, gate) = (Database::of(&[TITLE]), gate());
        let rows = json!([{ "id": 1, "title": "Clerk" }]);
        assert_eq!(post(&gate, &database, JOBS, &rows).0, 200);
        database.pass(5);
        database.faults.borrow_mut().push(database_error(code));
        let (status, answer) = post(&gate, &database, JOBS, &rows);
        assert_eq!((status, &answer["type"]), (503, &json!("urn:rowgate:problem:tables_changed")));
        assert_eq!(post(&gate, &database, JOBS, &rows).0, 200);
        assert_eq!(database.looks.get(), 2, "{code}");
        // Once more within the minute it is not what has changed.
        database.pass(5);
        database.faults.borrow_mut().push(database_error(code));
        let (status, answer) = post(&gate, &database, JOBS, &rows);
        assert_eq!(
            (status, &answer["type"]),
            (500, &json!("urn:rowgate:problem:database_refused"))
        );
    }
}

#[test]
fn without_a_look_nothing_is_stored() {
    let (database, gate) = (Database::of(&[TITLE]), gate());
    database.faults.borrow_mut().push(error(403, "AccessDeniedException"));
    let (status, answer) = post(&gate, &database, JOBS, &json!([{ "id": 1 }]));
    assert!(status >= 500, "{answer}");
    assert!(database.writes.borrow().is_empty());
}
