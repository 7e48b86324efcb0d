//! The answer of a request whose rows were checked.

use alloc::format;
use alloc::string::ToString;

use super::problem::{Problem, json_response, problem_response};
use crate::aws::http::Response;
use crate::ingest::{Report, TableReport, Verdict};
use crate::table::issue::Issue;

pub(super) fn report_response(report: &Report) -> Response {
    let sum = |count: fn(&TableReport) -> u64| report.tables().iter().map(count).sum::<u64>();
    let (invalid, received) = (sum(|table| table.invalid), sum(|table| table.counts.received));
    // What has no index is wrong with no single row.
    let fault = report.issues().listed().iter().find(|issue| issue.index.is_none());
    match report.verdict() {
        Verdict::Complete => json_response(200, report),
        Verdict::Partial => json_response(207, report),
        Verdict::Invalid => {
            let problem = match (report.refusal(), fault) {
                (Some(kind), _) => Problem::new(422, kind.code(), kind.to_string()),
                (None, Some(Issue { table, error, .. })) => {
                    let detail = format!("the body is refused as a whole; {table}: {}", error.kind);
                    Problem::new(422, "invalid_rows", detail)
                }
                (None, None) => {
                    let detail =
                        format!("{invalid} of {received} rows are invalid; nothing was stored");
                    Problem::new(422, "invalid_rows", detail)
                }
            };
            problem_response(&problem, Some(report))
        }
        Verdict::Conflict => {
            let (name, what) = match sum(|table| table.conflicts) {
                0 => ("exists", "exist"),
                _ => ("conflict", "have what another row has in a unique key"),
            };
            let detail = format!("{invalid} of {received} rows {what}; nothing was stored");
            problem_response(&Problem::new(409, name, detail), Some(report))
        }
    }
}
