//! What was loaded, by whom and when.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;
use serde_json::Value;

use super::file::PART;
use super::statement::{Statement, number, text};
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::table::counts::Counts;

/// The most loads that one call lists: an answer may have 1 MiB.
pub(crate) const LISTED_LIMIT: u32 = 400;

/// The most rows that one call forgets.
const FORGOTTEN: u32 = 5_000;

/// One load in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadRecord {
    /// Its id.
    pub load_id: String,
    /// How it ended, or `running`.
    pub status: String,
    /// Where it came in: `http`, `gateway` or `s3`.
    pub door: String,
    /// The id of the API key, of a request.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key_id: String,
    /// The request's `Idempotency-Key`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub idempotency_key: String,
    /// The bucket, of a file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub bucket: String,
    /// The object's key.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub key: String,
    /// The object's version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version_id: String,
    /// The object's ETag.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub e_tag: String,
    /// The tables, with commas between them.
    pub tables: String,
    /// The rows that were dealt with.
    #[serde(flatten)]
    pub counts: Counts,
    /// The codes of what was wrong, with commas between them.
    pub error_codes: String,
    /// How many rows were rejected for each of them; none where that is not known: the load has not ended, or was
    /// counted by a program that did not know of codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_by_code: Option<Value>,
    /// How often it was begun or gone on with.
    pub attempts: u64,
    /// When it began, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub started: String,
    /// When it ended; empty while it runs.
    pub ended: String,
    /// The answer or the report that is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
}

/// Whose loads are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Owner<'o> {
    Anybody,
    /// The API key with this id.
    Key(&'o str),
    /// Files of these tables; `*` alone is for all.
    Files(&'o [&'static str]),
}

/// The column that a ledger of version 4 lacks.
const NEWEST_COLUMN: &str = "rejected_by_code";

/// MySQL's number for a column that is not there.
const NO_COLUMN: u16 = 1054;

const COLUMNS: &str = "load_id, status, door, key_id, idempotency_key, bucket, object_key, \
    version_id, e_tag, table_name, received_rows, stored_rows, kept_rows, \
    rejected_rows, error_codes, rejected_by_code, attempts, \
    DATE_FORMAT(started_at, '%Y-%m-%dT%H:%i:%sZ'), DATE_FORMAT(ended_at, '%Y-%m-%dT%H:%i:%sZ')";

impl LoadRecord {
    fn of(fields: &[Field]) -> Option<Self> {
        let (fields, answer) = fields.split_at_checked(19)?;
        let [id, status, door, key_id, idempotency_key, bucket, key, version_id, e_tag, rest @ ..] =
            fields
        else {
            return None;
        };
        let [tables, received, stored, kept, rejected, codes, by_code, attempts, started, ended] =
            rest
        else {
            return None;
        };
        let answer = answer.first().and_then(|answer| serde_json::from_str(&text(answer)).ok());
        Some(Self {
            load_id: text(id),
            status: text(status),
            door: text(door),
            key_id: text(key_id),
            idempotency_key: text(idempotency_key),
            bucket: text(bucket),
            key: text(key),
            version_id: text(version_id),
            e_tag: text(e_tag),
            tables: text(tables),
            counts: Counts {
                received: number(received),
                stored: number(stored),
                kept: number(kept),
                rejected: number(rejected),
            },
            error_codes: text(codes),
            rejected_by_code: serde_json::from_str(&text(by_code)).ok(),
            attempts: number(attempts),
            started: text(started),
            ended: text(ended),
            answer,
        })
    }
}

/// The newest loads of anybody, the newest first; at most 400.
pub async fn list_loads<H: Host>(
    client: &Client<'_, H>,
    most: u32,
) -> Result<Vec<LoadRecord>, CallError> {
    list(client, Owner::Anybody, most).await
}

/// One load of anybody, with the answer or the report that is stored.
pub async fn show_load<H: Host>(
    client: &Client<'_, H>,
    load_id: &str,
) -> Result<Option<LoadRecord>, CallError> {
    show(client, Owner::Anybody, load_id).await
}

/// The newest loads of anybody that failed or have not ended; one whose lease is over is `broken off`.
pub async fn troubled_loads<H: Host>(
    client: &Client<'_, H>,
    most: u32,
) -> Result<Vec<LoadRecord>, CallError> {
    const STATUS: &str =
        "IF(status = 'running' AND lease_until <= UTC_TIMESTAMP(3), 'broken off', status)";
    let columns = COLUMNS.replacen("status", STATUS, 1);
    let sql = format!(
        "SELECT {columns} FROM rowgate_loads WHERE door <> '{PART}' \
         AND status IN ('failed', 'running', 'unfinished') ORDER BY started_at DESC, load_id LIMIT {most}"
    );
    read(client, Statement::new, sql).await
}

/// The ids of loads of anybody that begin so, at most so many; none begins with other characters than
/// letters and digits.
pub async fn loads_beginning<H: Host>(
    client: &Client<'_, H>,
    beginning: &str,
    most: u32,
) -> Result<Vec<String>, CallError> {
    if !beginning.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT load_id FROM rowgate_loads WHERE load_id LIKE CONCAT(:beginning, '%') AND door <> '{PART}' \
         ORDER BY load_id LIMIT {most}"
    );
    let records = Statement::new(sql).with("beginning", beginning).run(client).await?.records;
    Ok(records.iter().filter_map(|record| record.first()).map(text).collect())
}

/// The newest loads of an owner, the newest first.
pub(crate) async fn list<H: Host>(
    client: &Client<'_, H>,
    owner: Owner<'_>,
    most: u32,
) -> Result<Vec<LoadRecord>, CallError> {
    let most = most.min(LISTED_LIMIT);
    let and_owner = owner.condition();
    let sql = format!(
        "SELECT {COLUMNS} FROM rowgate_loads WHERE door <> '{PART}'{and_owner} ORDER BY started_at DESC, load_id \
         LIMIT {most}"
    );
    read(client, |sql| owner.bind(Statement::new(sql)), sql).await
}

/// One load of an owner.
pub(crate) async fn show<H: Host>(
    client: &Client<'_, H>,
    owner: Owner<'_>,
    load_id: &str,
) -> Result<Option<LoadRecord>, CallError> {
    let and_owner = owner.condition();
    let sql =
        format!("SELECT {COLUMNS}, answer FROM rowgate_loads WHERE load_id = :load_id{and_owner}");
    let of = |sql| owner.bind(Statement::new(sql).with("load_id", load_id));
    Ok(read(client, of, sql).await?.into_iter().next())
}

/// Reads loads by a statement of [`COLUMNS`]. An older ledger lacks the newest of them, and has no value there.
async fn read<H: Host>(
    client: &Client<'_, H>,
    statement: impl Fn(String) -> Statement,
    sql: String,
) -> Result<Vec<LoadRecord>, CallError> {
    let older = sql.replacen(NEWEST_COLUMN, "NULL", 1);
    let records = match statement(sql).run(client).await {
        Err(CallError::Api(error)) if error.database_code == Some(NO_COLUMN) => {
            statement(older).run(client).await?.records
        }
        output => output?.records,
    };
    Ok(records.iter().filter_map(|record| LoadRecord::of(record)).collect())
}

impl Owner<'_> {
    fn condition(self) -> &'static str {
        match self {
            Self::Anybody => "",
            Self::Key(_) => " AND key_id = :key_id",
            Self::Files(["*"]) => " AND door = 's3'",
            // Members of JSON are compared byte by byte.
            Self::Files(_) => " AND door = 's3' AND JSON_CONTAINS(:tables, JSON_QUOTE(table_name))",
        }
    }

    fn bind(self, statement: Statement) -> Statement {
        match self {
            Self::Anybody | Self::Files(["*"]) => statement,
            Self::Key(id) => statement.with("key_id", id),
            // Texts alone are serialized, which cannot fail.
            Self::Files(tables) => {
                statement.with("tables", serde_json::to_string(tables).unwrap_or_default())
            }
        }
    }
}

/// Which loads have ended long enough ago; one that never ended is over when its lease is.
const IS_OLD: &str = "started_at < UTC_TIMESTAMP(3) - INTERVAL :days DAY \
    AND COALESCE(ended_at, lease_until) < UTC_TIMESTAMP(3) - INTERVAL :days DAY";

/// How many loads ended more than so many days ago.
pub async fn count_old_loads<H: Host>(client: &Client<'_, H>, days: u32) -> Result<u64, CallError> {
    let sql = format!("SELECT COUNT(*) FROM rowgate_loads WHERE {IS_OLD}");
    let row = super::statement::only_row(Statement::new(sql).with("days", days).run(client).await?);
    Ok(row.map_or(0, |[count]: [Field; 1]| number(&count)))
}

/// Forgets loads that ended more than so many days ago, and answers how many they were.
///
/// One of these requests or files that is sent again is done again.
pub async fn forget_loads<H: Host>(client: &Client<'_, H>, days: u32) -> Result<u64, CallError> {
    let mut forgotten = 0;
    loop {
        let sql = format!("DELETE FROM rowgate_loads WHERE {IS_OLD} LIMIT {FORGOTTEN}");
        let deleted = Statement::new(sql).with("days", days).run(client).await?;
        forgotten += deleted.number_of_records_updated;
        if deleted.number_of_records_updated < u64::from(FORGOTTEN) {
            break;
        }
    }
    for orphans in ORPHANS {
        orphans.forget(client, days).await?;
    }
    Ok(forgotten)
}

/// The rows of a table that belong to a load, or to an object, of which the ledger has no load.
struct Orphans {
    table: &'static str,
    /// The column by which the two tables are joined; the table's primary key begins with it.
    column: &'static str,
    /// What else is to hold.
    and: &'static str,
}

const ORPHANS: [Orphans; 3] = [
    Orphans { table: "rowgate_rejects", column: "load_id", and: "" },
    Orphans { table: "rowgate_ranges", column: "load_id", and: "" },
    // An object has a row before its load has one. After so many days no event of an older version
    // comes any more.
    Orphans {
        table: "rowgate_objects",
        column: "object_hash",
        and: " AND changed_at < UTC_TIMESTAMP(3) - INTERVAL :days DAY",
    },
];

impl Orphans {
    /// Goes through the table by its key, so that no statement looks at more than so many rows.
    async fn forget<H: Host>(&self, client: &Client<'_, H>, days: u32) -> Result<(), CallError> {
        let Self { table, column, and } = self;
        let next = format!(
            "SELECT {column} FROM {table} WHERE {column} > :after \
             ORDER BY {column} LIMIT 1 OFFSET {FORGOTTEN}"
        );
        let delete = format!(
            "DELETE FROM {table} WHERE {column} > :after AND (:until = '' OR {column} <= :until) \
             AND NOT EXISTS (SELECT 1 FROM rowgate_loads AS loads \
             WHERE loads.{column} = {table}.{column}){and}"
        );
        let mut after = String::new();
        loop {
            let found = Statement::new(next.clone()).with("after", &after).run(client).await?;
            let until = super::statement::only_row(found).map(|[key]: [Field; 1]| text(&key));
            let until = until.unwrap_or_default();
            let statement = Statement::new(delete.clone()).with("after", &after);
            let statement = statement.with("until", &until);
            let statement = if and.is_empty() { statement } else { statement.with("days", days) };
            statement.run(client).await?;
            if until.is_empty() {
                return Ok(());
            }
            after = until;
        }
    }
}

/// The parts of an object's name that the ledger knows: bucket, key, version, ETag, sequencer.
pub(crate) async fn find_object<H: Host>(
    client: &Client<'_, H>,
    load_id: &str,
) -> Result<Option<[String; 5]>, CallError> {
    let sql = "SELECT bucket, object_key, version_id, e_tag, sequencer FROM rowgate_loads \
               WHERE load_id = :load_id AND door = 's3'";
    let output = Statement::new(sql).with("load_id", load_id.to_string()).run(client).await?;
    let row: Option<[Field; 5]> = super::statement::only_row(output);
    Ok(row.map(|row| row.map(|field| text(&field))))
}
