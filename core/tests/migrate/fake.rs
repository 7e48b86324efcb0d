//! A database that knows its tables and its history, and describes itself as MariaDB does.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rowgate_core::data_api::Target;
use rowgate_core::migrate::LEDGER_MIGRATIONS;
use rowgate_core::{Client, Host, Request, Response, SendError, Service, SignError};
use serde_json::{Value, json};

use crate::world::{answer, database_error, updated};

/// How a NULL of `information_schema` is written here.
pub(crate) const NULL: String = String::new();

/// One column as `information_schema.columns` has it; see [`columns`] for the order.
pub(crate) type Row = [String; 9];

/// The live columns, as MariaDB shows what `sql/schema.sql` makes.
pub(crate) fn columns() -> Vec<Row> {
    let utf8 = "utf8mb4_general_ci";
    let id = ["id", "int(11)", "NO", "PRI", "", "auto_increment", "", ""];
    [
        ["departments"].as_slice(),
        &id,
        &["department_name", "varchar(255)", "NO", "", "", "", utf8, "aliases=department"],
        &["jobs"],
        &id,
        &["job_name", "varchar(255)", "NO", "", "", "", utf8, "aliases=job"],
        &["employees"],
        &id,
        &["name", "varchar(255)", "NO", "", "", "", utf8, ""],
        &["datetime", "varchar(255)", "NO", "", "", "", utf8, "format=date-time"],
        &["department_id", "int(11)", "YES", "", "NULL", "", "", "references=departments.id"],
        &["job_id", "int(11)", "YES", "", "NULL", "", "", "references=jobs.id"],
    ]
    .into_iter()
    .scan("", |table, row| {
        if let [name] = row {
            *table = name;
            return Some(None);
        }
        let whole = [&[*table], row].concat();
        Some(Some(<[&str; 9]>::try_from(whole).unwrap().map(str::to_owned)))
    })
    .flatten()
    .collect()
}

/// The same column as MySQL 8 and later show it.
pub(crate) fn as_mysql(mut row: Row) -> Row {
    row[2] = row[2].replace("int(11)", "int");
    row[5] = row[5].replace("NULL", "");
    row[7] = row[7].replace("utf8mb4_general_ci", "utf8mb4_0900_ai_ci");
    row
}

pub(crate) fn target() -> Target {
    Target {
        endpoint: "https://rds-data.eu-west-1.amazonaws.com".into(),
        resource_arn: "arn:aws:rds:eu-west-1:1:cluster:c".into(),
        secret_arn: "arn:aws:secretsmanager:eu-west-1:1:secret:s".into(),
        database: "hr_db".into(),
    }
}

type Failure = (&'static str, Result<Response, SendError>);

#[derive(Default)]
pub(crate) struct Database {
    tables: RefCell<BTreeSet<String>>,
    history: RefCell<BTreeMap<u32, [String; 2]>>,
    /// The ledger's version, and the oldest program's, if they are recorded.
    ledger: RefCell<Option<[String; 2]>>,
    failure: RefCell<Option<Failure>>,
    bodies: RefCell<Vec<Value>>,
    pub(crate) columns: RefCell<Vec<Row>>,
    pub(crate) extras: RefCell<Vec<[String; 3]>>,
    pub(crate) triggers: RefCell<Vec<[String; 3]>>,
    pub(crate) engines: RefCell<BTreeMap<String, String>>,
    /// The lock's holder, and who it says that it is.
    pub(crate) lock: RefCell<Option<[String; 2]>>,
}

impl Database {
    pub(crate) fn new(tables: &[&str]) -> Self {
        let tables: BTreeSet<_> = tables.iter().map(|&name| name.to_owned()).collect();
        let version = LEDGER_MIGRATIONS.len().to_string();
        let ledger = tables.contains("rowgate_ledger").then(|| [version.clone(), version]);
        Self {
            tables: tables.into(),
            columns: columns().into(),
            ledger: ledger.into(),
            ..Self::default()
        }
    }

    pub(crate) fn client<'d>(&'d self, target: &'d Target) -> Client<'d, Self> {
        Client::new(self, target, Duration::from_secs(60))
    }

    /// The next statement with this in it gets this answer and does nothing.
    pub(crate) fn fail(&self, fragment: &'static str, answer: Result<Response, SendError>) {
        *self.failure.borrow_mut() = Some((fragment, answer));
    }

    /// Has the ledger be of this version, for programs from the oldest one on.
    pub(crate) fn set_ledger(&self, version: u32, oldest: u32) {
        *self.ledger.borrow_mut() = Some([version, oldest].map(|number| number.to_string()));
    }

    pub(crate) fn ledger_version(&self) -> Option<String> {
        self.ledger.borrow().as_ref().map(|[version, _]| version.clone())
    }

    /// As if the holder of the lock had been silent for too long.
    pub(crate) fn end_lease(&self) {
        *self.lock.borrow_mut() = None;
    }

    /// Every statement that came.
    pub(crate) fn log(&self) -> Vec<String> {
        self.bodies.borrow().iter().map(sql).collect()
    }

    /// The whole requests whose statement has this in it.
    pub(crate) fn bodies(&self, fragment: &str) -> Vec<Value> {
        let bodies = self.bodies.borrow();
        bodies.iter().filter(|body| sql(body).contains(fragment)).cloned().collect()
    }

    pub(crate) fn tables(&self) -> Vec<String> {
        self.tables.borrow().iter().cloned().collect()
    }

    pub(crate) fn recorded(&self) -> Vec<String> {
        let history = self.history.borrow();
        history.iter().map(|(number, [name, _])| format!("{number:04}_{name}")).collect()
    }

    pub(crate) fn sha256(&self, number: u32) -> String {
        self.history.borrow()[&number][1].clone()
    }

    fn run(&self, body: &Value) -> Result<Response, SendError> {
        let sql = sql(body);
        let failure = self.failure.borrow_mut().take_if(|(fragment, _)| sql.contains(*fragment));
        if let Some((_, answer)) = failure {
            return answer;
        }
        if sql.contains("DATABASE IF EXISTS") {
            // So that tables are compared by their columns, as this database describes them.
            return database_error(1044);
        }
        if sql.contains("FROM rowgate_locks WHERE") && sql.starts_with("SELECT") {
            let lock = self.lock.borrow().clone();
            let at = "2027-01-15 08:00:00".to_owned();
            return records(lock.map(|[holder, by]| vec![holder, by, at.clone(), at]));
        }
        if sql.contains("information_schema.tables") {
            return records(self.described());
        }
        if sql.contains("information_schema.columns") {
            return records(self.columns.borrow().iter().map(|row| row.as_slice().to_vec()));
        }
        if sql.contains("information_schema.table_constraints") {
            return records(self.extras.borrow().iter().map(|row| row.to_vec()));
        }
        if sql.contains("information_schema.triggers") {
            return records(self.triggers.borrow().iter().map(|row| row.to_vec()));
        }
        if sql == "SELECT DATABASE()" {
            return records([vec!["hr_db".to_owned()]]);
        }
        if sql.contains("FROM rowgate_migrations") {
            let history = self.history.borrow();
            let row = |(number, [name, sha256]): (&u32, &[String; 2])| {
                vec![number.to_string(), name.clone(), sha256.clone()]
            };
            return records(history.iter().map(row));
        }
        if sql.contains("FROM rowgate_ledger") {
            return records(self.ledger.borrow().iter().map(|row| row.to_vec()));
        }
        self.write(&sql, body);
        updated(0)
    }

    fn described(&self) -> Vec<Vec<String>> {
        let describe = |name: &String| {
            let engine = self.engines.borrow().get(name).cloned();
            let comment = if name == "employees" { "aliases=hired_employees" } else { "" };
            vec![name.clone(), engine.unwrap_or("InnoDB".into()), comment.to_owned()]
        };
        self.tables.borrow().iter().map(describe).collect()
    }

    fn write(&self, sql: &str, body: &Value) {
        if let Some(rest) = sql.strip_prefix("CREATE TABLE ") {
            let name = rest.trim_start_matches("IF NOT EXISTS ").split(' ').next().unwrap();
            self.tables.borrow_mut().insert(name.to_owned());
        }
        let value = |at: usize| body["parameters"][at]["value"]["stringValue"].as_str().unwrap();
        if sql.starts_with("INSERT INTO rowgate_locks") && self.lock.borrow().is_none() {
            assert!(self.tables.borrow().contains("rowgate_locks"));
            *self.lock.borrow_mut() = Some([value(0).to_owned(), value(1).to_owned()]);
        }
        if sql.starts_with("DELETE FROM rowgate_locks") {
            let is_its = |[holder, _]: &mut [String; 2]| holder == value(0);
            self.lock.borrow_mut().take_if(is_its);
        }
        if sql.starts_with("INSERT INTO rowgate_ledger") {
            assert!(self.tables.borrow().contains("rowgate_ledger"));
            *self.ledger.borrow_mut() = Some([value(0).to_owned(), value(1).to_owned()]);
        }
        if sql.starts_with("INSERT INTO rowgate_migrations") {
            assert!(self.tables.borrow().contains("rowgate_migrations"));
            let row = [value(1).to_owned(), value(2).to_owned()];
            self.history.borrow_mut().entry(value(0).parse().unwrap()).or_insert(row);
        }
    }
}

impl Host for Database {
    fn sign(&self, _request: &mut Request, _service: Service) -> Result<(), SignError> {
        Ok(())
    }

    async fn send(&self, request: Request) -> Result<Response, SendError> {
        assert!(request.url.ends_with("/Execute"), "DDL is never in a transaction");
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        self.bodies.borrow_mut().push(body.clone());
        self.run(&body)
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1_800_000_000)
    }

    async fn sleep(&self, _time: Duration) {}

    /// Another one each time: no two holders of a lock are the same.
    fn random(&self) -> u64 {
        self.bodies.borrow().len() as u64
    }
}

fn sql(body: &Value) -> String {
    body["sql"].as_str().unwrap().to_owned()
}

/// Rows of texts; an empty one comes back as SQL NULL where it can be one.
fn records(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Response, SendError> {
    let field = |(at, text): (usize, String)| match text.as_str() {
        "" if matches!(at, 5 | 7) => json!({"isNull": true}),
        _ => json!({"stringValue": text}),
    };
    let row = |row: Vec<String>| row.into_iter().enumerate().map(field).collect::<Value>();
    let records: Value = rows.into_iter().map(row).collect();
    answer(200, &json!({ "records": records }).to_string())
}
