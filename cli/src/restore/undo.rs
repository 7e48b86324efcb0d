//! `rowgate restore undo`: the tables that were live before.

use std::io::Write;

use anyhow::{Context, Result};
use clap::Args;
use rowgate_core::counted;
use rowgate_core::restore::{self, UndoneTable};
use rowgate_core::schema::Schema;
use serde_json::json;

use super::print::{describe_loads, say_waiting};
use crate::session::Session;
use crate::signals;
use crate::terminal;

#[derive(Debug, Args)]
pub(super) struct UndoArgs {
    /// The restore, as it was printed and as the names of the old tables end
    id: String,

    /// Do it though triggers run for each row that goes or comes
    #[arg(long)]
    fire_triggers: bool,

    #[arg(from_global)]
    json: bool,
}

pub(super) async fn run(args: &UndoArgs, schema: Schema) -> Result<()> {
    let session = Session::from_environment();
    let client = session.database()?;
    let undone = restore::undo(&client, schema, &args.id, args.fire_triggers, say_waiting).await;
    let tables = undone.map_err(|error| signals::told(error, "the restore is not undone"))?;
    let tables = tables.join(", ");
    let loads = restore::mark_undone_loads(&client, schema, &args.id).await;
    let loads = loads.with_context(|| {
        format!("as before the restore, but the ledger does not know it: {tables}")
    })?;
    let report = restore::compare_undone(&client, schema, &args.id).await;
    let report =
        report.with_context(|| format!("as before the restore, but not compared: {tables}"))?;
    let out = &mut terminal::out();
    if args.json {
        return Ok(out.json(&json!({ "report": report, "loads_since": loads }))?);
    }
    if let Some(loads) = &loads {
        writeln!(out, "{}", describe_loads(loads))?;
    }
    for UndoneTable { table, rows, undone_table, undone_rows, only_undone, differing } in
        &report.undone
    {
        let (rows, undone_rows) = (counted(*rows, "row"), counted(*undone_rows, "row"));
        writeln!(
            out,
            "{table}: as before the restore, with {rows}; the restored one is {undone_table}, \
             with {undone_rows}, {only_undone} of them with keys that {table} does not have, and \
             {differing} that differ"
        )?;
    }
    if report.undone.iter().any(|undone| undone.only_undone > 0) {
        writeln!(out, "to see and to add them: rowgate restore merge {}", args.id)?;
    }
    for (table, old) in &report.untouched {
        writeln!(out, "{table}: stays as it is, since there is no {old}")?;
    }
    Ok(())
}
