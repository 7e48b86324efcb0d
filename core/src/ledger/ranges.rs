//! Files that are loaded in parts: what was found in each range of theirs, and how far the parts are.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use serde_json::{Value, json};

use super::claim::Claim;
use super::fence::{Fence, Lost, bind_object};
use super::progress::Position;
use super::statement::{IS_CURRENT, LEASE_END, Statement, number, text};
use crate::aws::data_api::Field;
use crate::aws::host::{CallError, Client, Host};
use crate::table::code_counts::CodeCounts;
use crate::table::counts::Counts;

/// The scans that one call reads: an answer may have 1 MiB.
const SCANS: u64 = 250;

/// The reports that one call reads, of up to 48 KiB each.
const REPORTS: u64 = 16;

/// The parts of which one call reads the codes, of up to 6 KiB each.
const COUNTED: u64 = 150;

/// The parts of a load, behind the columns that are asked for.
const OF_PARTS: &str = "FROM rowgate_ranges AS ranges JOIN rowgate_loads AS parts \
    ON parts.load_id = ranges.part_id WHERE ranges.load_id = :load_id";

const FORGET_PARTS: &str = "DELETE parts FROM rowgate_ranges AS ranges \
    JOIN rowgate_loads AS parts ON parts.load_id = ranges.part_id WHERE ranges.load_id = :load_id";

const FORGET_RANGES: &str =
    "DELETE ranges FROM rowgate_ranges AS ranges WHERE ranges.load_id = :load_id";

/// A file's row as its holder finds it.
#[derive(Debug)]
pub(crate) struct Held {
    /// How it is loaded.
    pub(crate) settings: String,
    /// The columns by which it is read.
    pub(crate) read_as: String,
    /// How long ago the load was begun.
    pub(crate) age: Duration,
}

/// A part as it is planned.
#[derive(Debug)]
pub(crate) struct PlannedPart {
    pub(crate) number: u64,
    pub(crate) from: Position,
    pub(crate) end: u64,
    /// The id of its own row.
    pub(crate) load_id: String,
}

/// What has become of a file's parts.
#[derive(Debug, Default)]
pub(crate) struct PartsOutcome {
    /// How many there are in each status; without one are those that no attempt has begun.
    pub(crate) statuses: Vec<(String, u64)>,
    pub(crate) counts: Counts,
    pub(crate) error_count: u64,
    pub(crate) database_ms: u64,
    /// How many rejected lines are in no reject file, and the first one's line.
    pub(crate) rejects_left_out: u64,
    pub(crate) rejects_full_at_line: Option<u64>,
}

impl Claim {
    /// Renews the lease, if the row is still this holder's and no newer version is there.
    pub(crate) async fn hold<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<Result<Held, Lost>, CallError> {
        let is_held = format!(
            "load_id = :load_id AND holder = :holder AND status = 'running' AND {IS_CURRENT}"
        );
        let sql = format!("UPDATE rowgate_loads SET lease_until = {LEASE_END} WHERE {is_held}");
        let renew = self.statement(sql).with("lease", &self.lease.seconds);
        bind_object(self, renew).run(client).await?;
        // The count of the UPDATE does not tell: a row that is renewed twice within a millisecond
        // does not change.
        let sql = format!(
            "SELECT settings, read_as, TIMESTAMPDIFF(MICROSECOND, started_at, UTC_TIMESTAMP(3)) \
             FROM rowgate_loads WHERE {is_held}"
        );
        let look = bind_object(self, self.statement(sql)).run(client).await?;
        match super::statement::only_row(look) {
            Some([settings, read_as, age]) => {
                let age = Duration::from_micros(number(&age));
                Ok(Ok(Held { settings: text(&settings), read_as: text(&read_as), age }))
            }
            None => Fence::Request { claim: self }.lost(client).await.map(Err),
        }
    }

    /// Forgets ranges of another size, and their parts: an earlier execution had other settings.
    pub(crate) async fn forget_other_ranges<H: Host>(
        &self,
        client: &Client<'_, H>,
        range_bytes: u64,
    ) -> Result<(), CallError> {
        let of_others = " AND ranges.range_bytes <> CAST(:range_bytes AS SIGNED)";
        for sql in [FORGET_PARTS, FORGET_RANGES] {
            let forget = self.of_load(format!("{sql}{of_others}")).with("range_bytes", range_bytes);
            forget.run(client).await?;
        }
        Ok(())
    }

    /// Keeps what a range of such a size was found to do.
    pub(crate) async fn keep_scan<H: Host>(
        &self,
        client: &Client<'_, H>,
        range_bytes: u64,
        number: u64,
        scan: &str,
    ) -> Result<(), CallError> {
        let sql = "INSERT INTO rowgate_ranges (load_id, range_bytes, range_number, scan) \
            VALUES (:load_id, CAST(:range_bytes AS SIGNED), CAST(:number AS SIGNED), :scan) \
            ON DUPLICATE KEY UPDATE scan = :scan";
        let keep = self.of_load(sql).with("range_bytes", range_bytes).with("number", number);
        keep.with("scan", scan).run(client).await.map(drop)
    }

    /// What all ranges were found to do, by their numbers.
    pub(crate) async fn scans<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<Vec<(u64, String)>, CallError> {
        let sql = format!(
            "SELECT range_number, scan FROM rowgate_ranges WHERE load_id = :load_id \
             AND range_number >= CAST(:first AS SIGNED) ORDER BY range_number LIMIT {SCANS}"
        );
        let mut scans: Vec<(u64, String)> = Vec::new();
        loop {
            let first = scans.last().map_or(0, |(number, _)| number + 1);
            let records = self.of_load(sql.clone()).with("first", first).run(client).await?.records;
            let is_last = (records.len() as u64) < SCANS;
            for record in &records {
                if let [range, scan] = record.as_slice() {
                    scans.push((number(range), text(scan)));
                }
            }
            if is_last {
                return Ok(scans);
            }
        }
    }

    /// Keeps from where to where the parts are.
    pub(crate) async fn keep_plan<H: Host>(
        &self,
        client: &Client<'_, H>,
        parts: &[PlannedPart],
    ) -> Result<(), CallError> {
        let row = |part: &PlannedPart| {
            let Position { offset, line, row } = part.from;
            json!([part.number, part.load_id, offset, line, row, part.end])
        };
        let rows = Value::Array(parts.iter().map(row).collect());
        let sql = "UPDATE rowgate_ranges AS ranges JOIN JSON_TABLE(CONVERT(:rows USING utf8mb4), \
            '$[*]' COLUMNS(number BIGINT PATH '$[0]', part_id CHAR(32) CHARACTER SET utf8mb4 \
            PATH '$[1]', from_offset BIGINT PATH '$[2]', from_line BIGINT PATH '$[3]', \
            from_row BIGINT PATH '$[4]', end_offset BIGINT PATH '$[5]')) AS parts \
            ON ranges.range_number = parts.number SET ranges.part_id = parts.part_id, \
            ranges.from_offset = parts.from_offset, ranges.from_line = parts.from_line, \
            ranges.from_row = parts.from_row, ranges.end_offset = parts.end_offset \
            WHERE ranges.load_id = :load_id";
        self.of_load(sql).with("rows", rows).run(client).await.map(drop)
    }

    /// From where to where one part was planned.
    pub(crate) async fn planned<H: Host>(
        &self,
        client: &Client<'_, H>,
        part: u64,
    ) -> Result<Option<(Position, u64)>, CallError> {
        let sql = "SELECT from_offset, from_line, from_row, end_offset \
            FROM rowgate_ranges WHERE load_id = :load_id \
            AND range_number = CAST(:number AS SIGNED) AND part_id IS NOT NULL";
        let found = self.of_load(sql).with("number", part).run(client).await?;
        let row: Option<[Field; 4]> = super::statement::only_row(found);
        Ok(row.map(|row| {
            let [offset, line, row, end] = row.map(|field| number(&field));
            (Position { offset, line, row }, end)
        }))
    }

    /// What has become of the parts.
    pub(crate) async fn outcome<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<PartsOutcome, CallError> {
        let sql = "SELECT COALESCE(parts.status, ''), COUNT(*), SUM(parts.received_rows), \
            SUM(parts.stored_rows), SUM(parts.kept_rows), SUM(parts.rejected_rows), \
            SUM(JSON_EXTRACT(parts.answer, '$.error_count')), \
            SUM(JSON_EXTRACT(parts.answer, '$.database_ms')), \
            SUM(JSON_EXTRACT(parts.answer, '$.rejects_left_out')), \
            MIN(NULLIF(CAST(JSON_EXTRACT(parts.answer, '$.rejects_full_at_line') AS UNSIGNED), 0)) \
            FROM rowgate_ranges AS ranges \
            LEFT JOIN rowgate_loads AS parts ON parts.load_id = ranges.part_id \
            WHERE ranges.load_id = :load_id AND ranges.part_id IS NOT NULL GROUP BY parts.status";
        let mut outcome = PartsOutcome::default();
        for record in self.of_load(sql).run(client).await?.records {
            let Ok([status, count, sums @ ..]) = <[Field; 10]>::try_from(record) else { continue };
            outcome.statuses.push((text(&status), number(&count)));
            let [received, stored, kept, rejected, errors, database_ms, left_out, first_line] =
                sums.map(|sum| whole(&sum));
            outcome.counts += Counts { received, stored, kept, rejected };
            outcome.error_count += errors;
            outcome.database_ms += database_ms;
            outcome.rejects_left_out += left_out;
            let first_line = Some(first_line).filter(|line| *line > 0);
            outcome.rejects_full_at_line =
                outcome.rejects_full_at_line.into_iter().chain(first_line).min();
        }
        Ok(outcome)
    }

    /// The codes of what was wrong in all parts, and the rows by these. The latter are unknown where a part was loaded by
    /// a program that did not count them.
    pub(crate) async fn codes<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<(String, Option<CodeCounts>), CallError> {
        let sql = format!(
            "SELECT ranges.range_number, COALESCE(parts.error_codes, ''), \
             COALESCE(parts.rejected_by_code, IF(parts.error_codes IS NULL, '{{}}', '')) {OF_PARTS} \
             AND ranges.range_number >= CAST(:first AS SIGNED) \
             ORDER BY ranges.range_number LIMIT {COUNTED}"
        );
        let (mut names, mut counts) = (BTreeSet::new(), CodeCounts::default());
        let (mut is_known, mut first) = (true, 0);
        loop {
            let records = self.of_load(sql.clone()).with("first", first).run(client).await?.records;
            for record in &records {
                let [range, codes, by_code] = record.as_slice() else { continue };
                first = number(range) + 1;
                let codes = text(codes);
                names.extend(codes.split(',').filter(|it| !it.is_empty()).map(ToString::to_string));
                is_known &= counts.add_stored(&text(by_code));
            }
            if (records.len() as u64) < COUNTED {
                let names: Vec<_> = names.into_iter().collect();
                return Ok((names.join(","), is_known.then_some(counts)));
            }
        }
    }

    /// The first errors of all parts, in the file's order.
    pub(crate) async fn errors<H: Host>(
        &self,
        client: &Client<'_, H>,
        most: usize,
    ) -> Result<Vec<Value>, CallError> {
        let sql = format!(
            "SELECT ranges.range_number, JSON_EXTRACT(parts.answer, '$.errors') {OF_PARTS} \
             AND parts.error_codes IS NOT NULL AND ranges.range_number >= CAST(:first AS SIGNED) \
             ORDER BY ranges.range_number LIMIT {REPORTS}"
        );
        let (mut errors, mut first): (Vec<Value>, u64) = (Vec::new(), 0);
        loop {
            let records = self.of_load(sql.clone()).with("first", first).run(client).await?.records;
            for record in &records {
                if let [range, listed] = record.as_slice() {
                    first = number(range) + 1;
                    errors.extend(
                        serde_json::from_str::<Vec<Value>>(&text(listed)).into_iter().flatten(),
                    );
                }
            }
            if errors.len() >= most || (records.len() as u64) < REPORTS {
                errors.truncate(most);
                return Ok(errors);
            }
        }
    }

    /// Forgets the ranges and the parts of a file that is done with.
    pub(crate) async fn forget_parts<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Result<(), CallError> {
        self.of_load(FORGET_PARTS).run(client).await?;
        self.of_load(FORGET_RANGES).run(client).await.map(drop)
    }

    /// A statement about what belongs to this load.
    fn of_load(&self, sql: impl Into<alloc::borrow::Cow<'static, str>>) -> Statement {
        Statement::new(sql).with("load_id", &self.load_id)
    }
}

/// A sum: a DECIMAL or, of JSON, a DOUBLE.
fn whole(field: &Field) -> u64 {
    match field {
        Field::Double(sum) => *sum as u64,
        field => number(field),
    }
}
