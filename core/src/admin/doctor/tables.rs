//! The live tables against the schema's.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use crate::admin::migrate::{self, Drift};
use crate::aws::host::{Client, Host};
use crate::table::schema::Schema;

use super::finding::{Examined, Finding, Subject};

/// How many differences are written out; `rowgate migrate --check` lists them all.
const LISTED: usize = 5;

pub(super) const SCHEMA: Subject = Subject {
    name: "schema",
    why: "rows are checked against the tables that rowgate was built with",
    relied_on: true,
};

pub(super) async fn schema<H: Host>(client: &Client<'_, H>, schema: Schema) -> Examined {
    let Drift { differences, less } = match migrate::compare(client, schema, "rowgate doctor").await
    {
        Ok(drift) => drift,
        Err(error) => return Ok(Finding::Bad(error.to_string())),
    };
    let less = less.map(|less| format!("; {less}")).unwrap_or_default();
    let count = differences.len();
    let listed: Vec<_> = differences.iter().take(LISTED).map(ToString::to_string).collect();
    let listed = listed.join("; ");
    Ok(match count {
        0 => Finding::Good(format!("the tables are as expected{less}")),
        1..=LISTED => Finding::Bad(listed + &less),
        _ => Finding::Bad(format!("{listed}; and {} more differences{less}", count - LISTED)),
    })
}
