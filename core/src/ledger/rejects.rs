//! Rows of a file that the database refused; another reading of the file would not find them.
//!
//! What the core itself finds wrong is not written down, since another reading finds it again.

use alloc::borrow::Cow;
use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::claim::Claim;
use super::statement::{Statement, text};
use crate::aws::host::{CallError, Client, Host};
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::schema::{Constraints, Table};

/// The most bytes of one part: a row of a result may have 64 KiB.
const PART_BYTES: usize = 40 << 10;

/// The parts that one call reads: an answer may have 1 MiB.
const PARTS: usize = 16;

/// The same errors of rows that follow each other.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct RejectRun(u64, u64, Vec<StoredError>);

/// Code, MySQL's number, column.
type StoredError = (String, Option<u16>, Option<String>);

/// Takes rows and their errors in order and gives texts of a bounded size, each with its first row.
pub(crate) fn reject_parts<'r>(
    rejects: impl IntoIterator<Item = (u64, &'r [RowError])>,
) -> Vec<(u64, String)> {
    let mut runs: Vec<RejectRun> = Vec::new();
    for (row, errors) in rejects {
        let errors: Vec<_> = errors.iter().map(written).collect();
        match runs.last_mut() {
            Some(RejectRun(first, count, same)) if *first + *count == row && *same == errors => {
                *count += 1;
            }
            _ => runs.push(RejectRun(row, 1, errors)),
        }
    }
    let mut parts: Vec<(u64, String)> = Vec::new();
    for run in runs {
        // Texts and numbers always serialize.
        let line = serde_json::to_string(&run).unwrap_or_default();
        match parts.last_mut() {
            Some((_, part)) if part.len() + line.len() < PART_BYTES => {
                part.push('\n');
                part.push_str(&line);
            }
            _ => parts.push((run.0, line)),
        }
    }
    parts
}

/// The kinds that only the database knows of.
fn written(error: &RowError) -> StoredError {
    let number = match error.kind {
        RowErrorKind::DatabaseRefused { number, alone } => Some(number).filter(|_| alone),
        _ => None,
    };
    let code = match error.kind {
        RowErrorKind::DatabaseRefused { number, alone: false } => format!("refused {number}"),
        RowErrorKind::CheckViolated { check } => format!("check_violated {}", check.name),
        RowErrorKind::Conflict { key, first } => {
            let first = first.map_or_else(|| "-".to_string(), |first| first.to_string());
            format!("conflict {first} {key}")
        }
        RowErrorKind::DuplicateInBatch { first } => format!("duplicate_in_batch {first}"),
        RowErrorKind::NoParent { key } => format!("unknown_reference {}", key.name),
        _ => error.kind.code().to_string(),
    };
    (code, number, error.column.as_ref().map(ToString::to_string))
}

fn read_error(table: &'static Table, (code, number, column): &StoredError) -> Option<RowError> {
    let named = |name: &String| table.columns.iter().find(|column| column.name == name);
    let column = column.as_ref().and_then(named);
    let kind = match (code.as_str(), *number) {
        ("exists", _) => RowErrorKind::Exists,
        ("missing", _) => RowErrorKind::Missing,
        ("reference_cycle", _) => RowErrorKind::ReferenceCycle,
        ("unknown_reference", _) => {
            RowErrorKind::UnknownReference { table: column?.references?.table }
        }
        (_, Some(number)) => RowErrorKind::DatabaseRefused { number, alone: true },
        (code, None) => of_constraint(table, code)?,
    };
    Some(RowError { column: column.map(|column| Cow::Borrowed(column.name)), kind })
}

/// A kind whose code has more behind a blank: the name of a constraint, or a number.
fn of_constraint(table: &'static Table, code: &str) -> Option<RowErrorKind> {
    let (code, rest) = code.split_once(' ')?;
    let Constraints { unique, foreign, checks } = table.constraints;
    Some(match code {
        "check_violated" => {
            let check = checks.iter().find(|check| check.name == rest)?;
            RowErrorKind::CheckViolated { check }
        }
        "conflict" => {
            let (first, name) = rest.split_once(' ')?;
            let key = unique.iter().map(|key| key.name).chain(["PRIMARY"]);
            let key = { key }.find(|key| *key == name)?;
            RowErrorKind::Conflict { key, first: first.parse().ok() }
        }
        "duplicate_in_batch" => RowErrorKind::DuplicateInBatch { first: rest.parse().ok()? },
        "unknown_reference" => {
            let key = foreign.iter().find(|key| key.name == rest)?;
            RowErrorKind::NoParent { key }
        }
        "refused" => RowErrorKind::DatabaseRefused { number: rest.parse().ok()?, alone: false },
        _ => return None,
    })
}

/// The statement that keeps one part, in the transaction that stores the rows around it.
pub(crate) fn write_rejects(claim: &Claim, first_row: u64, part: &str) -> Statement {
    let sql = "INSERT INTO rowgate_rejects (load_id, first_row, row_errors) \
               VALUES (:load_id, CAST(:first_row AS SIGNED), :row_errors) \
               ON DUPLICATE KEY UPDATE row_errors = :row_errors";
    Statement::new(sql)
        .with("load_id", &claim.load_id)
        .with("first_row", first_row)
        .with("row_errors", part)
}

/// The rows that earlier attempts could not store, in order; a few parts of them at a time.
#[derive(Debug)]
pub(crate) struct StoredRejects {
    table: &'static Table,
    runs: VecDeque<RejectRun>,
    /// The last part that was read; `None` once there are no more.
    after: Option<String>,
}

impl StoredRejects {
    /// With `any` false there are none, and no query is sent.
    pub(crate) fn new(table: &'static Table, any: bool) -> Self {
        Self { table, runs: VecDeque::new(), after: any.then(|| "-1".to_string()) }
    }

    /// The errors of a row, if it is one of them. Rows are asked for in order, not each of them: one
    /// that is found wrong before the database would be asked is not asked for.
    pub(crate) async fn of_row<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        claim: &Claim,
        row: u64,
    ) -> Result<Option<Vec<RowError>>, CallError> {
        self.pass_to(row);
        while self.runs.is_empty() && self.after.is_some() {
            self.read(client, claim).await?;
            self.pass_to(row);
        }
        let Some(RejectRun(first, _, errors)) = self.runs.front() else { return Ok(None) };
        if *first != row {
            return Ok(None);
        }
        Ok(Some(errors.iter().filter_map(|error| read_error(self.table, error)).collect()))
    }

    /// Skips the runs in front of this row.
    fn pass_to(&mut self, row: u64) {
        while let Some(RejectRun(first, count, _)) = self.runs.front_mut() {
            if *first + *count > row {
                *count -= row.saturating_sub(*first);
                *first = row.max(*first);
                return;
            }
            self.runs.pop_front();
        }
    }

    async fn read<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        claim: &Claim,
    ) -> Result<(), CallError> {
        let after = self.after.take().unwrap_or_default();
        let sql = format!(
            "SELECT first_row, row_errors FROM rowgate_rejects WHERE load_id = :load_id \
             AND first_row > CAST(:after AS SIGNED) ORDER BY first_row LIMIT {PARTS}"
        );
        let asked = Statement::new(sql).with("load_id", &claim.load_id).with("after", &after);
        let records = asked.run(client).await?.records;
        for record in &records {
            if let [first_row, part] = record.as_slice() {
                self.after = Some(text(first_row)).filter(|_| records.len() == PARTS);
                self.take(&text(part));
            }
        }
        Ok(())
    }

    fn take(&mut self, part: &str) {
        self.runs
            .extend(part.lines().filter_map(|line| serde_json::from_str::<RejectRun>(line).ok()));
    }
}

/// Deletes them, unless another holder has the load: a late call of an earlier holder may still
/// arrive.
pub(super) async fn forget_rejects<H: Host>(
    client: &Client<'_, H>,
    claim: &Claim,
) -> Result<(), CallError> {
    let sql = "DELETE FROM rowgate_rejects WHERE load_id = :load_id AND NOT EXISTS \
        (SELECT 1 FROM rowgate_loads AS held WHERE held.load_id = :load_id \
        AND held.status = 'running' AND held.holder <> :holder)";
    claim.statement(sql).run(client).await.map(drop)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::table::schema::OFFICE;

    type Reject = (u64, Vec<RowError>);

    fn exists(row: u64) -> Reject {
        (row, [RowError::column("id", RowErrorKind::Exists)].into())
    }

    fn parts(rejects: &[Reject]) -> Vec<(u64, String)> {
        reject_parts(rejects.iter().map(|(row, errors)| (*row, errors.as_slice())))
    }

    fn through(rejects: &[Reject]) -> Vec<Reject> {
        let mut read = StoredRejects::new(OFFICE.table("employees").unwrap(), false);
        for (first, part) in parts(rejects) {
            let before = read.runs.len();
            read.take(&part);
            assert_eq!(read.runs[before].0, first);
            assert!(part.len() <= PART_BYTES);
        }
        let table = read.table;
        let row = |RejectRun(first, count, errors): RejectRun| {
            let errors: Vec<_> = errors.iter().filter_map(|it| read_error(table, it)).collect();
            (first..first + count).map(move |row| (row, errors.clone()))
        };
        read.runs.into_iter().flat_map(row).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let unknown = RowErrorKind::UnknownReference { table: "jobs" };
        let refused =
            |number, alone| RowError::row(RowErrorKind::DatabaseRefused { number, alone });
        let rejects = [
            exists(3),
            exists(4),
            (9, [RowError::column("job_id", unknown)].into()),
            (10, [refused(1406, true), refused(1264, false)].into()),
        ];
        assert_eq!(through(&rejects), rejects);
        assert_eq!(parts(&rejects)[0].1.lines().count(), 3);
        assert_eq!(parts(&[]), []);
    }

    #[test]
    fn rows_that_are_not_asked_for_are_passed() {
        let rejects: Vec<_> = [3, 4, 5, 6, 9, 20, 21].map(exists).into();
        for asked in [vec![0, 3, 4, 5, 6, 9, 20, 21], vec![5, 9, 21], vec![6, 8, 20], vec![7, 22]] {
            let mut read = StoredRejects::new(OFFICE.table("employees").unwrap(), false);
            parts(&rejects).iter().for_each(|(_, part)| read.take(part));
            for row in asked {
                read.pass_to(row);
                let found = read.runs.front().is_some_and(|run| run.0 == row);
                assert_eq!(found, rejects.contains(&exists(row)), "{row}");
            }
        }
    }

    #[test]
    fn many_rows_make_many_parts_and_a_run_of_them_one() {
        let scattered: Vec<_> = (0..20_000).map(|row| exists(row * 2)).collect();
        assert!(parts(&scattered).len() > 5);
        assert_eq!(through(&scattered), scattered);
        let all: Vec<_> = (0..20_000).map(exists).collect();
        assert_eq!(parts(&all).len(), 1);
        assert_eq!(through(&all), all);
    }
}
