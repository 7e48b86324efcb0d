//! Plans of restores, and what several of their commands say.

use std::fmt::Display;
use std::io::Write;

use anyhow::Result;
use rowgate_core::counted;
use rowgate_core::restore::{
    Ending, ExportPlan, LoadsSince, Mode, OddValues, RestorePlan, TablePlan,
};

use crate::terminal;

/// Prints what a restore would do.
pub(super) fn print_plan(plan: &RestorePlan, json: bool) -> Result<()> {
    let out = &mut terminal::out();
    if json {
        writeln!(out, "{}", serde_json::to_string(plan)?)?;
        return Ok(());
    }
    let what = plan.run.as_deref().unwrap_or("files");
    match (plan.snapshot, &plan.export) {
        (Some(true), _) => writeln!(out, "{what}: all tables of one moment")?,
        (Some(false), _) => writeln!(out, "{what}: the tables are not of one moment")?,
        (None, Some(ExportPlan { folder, database, .. })) => {
            writeln!(out, "{folder}: snapshot export, database {database}")?;
        }
        (None, None) => writeln!(out, "{what}: without a manifest")?,
    }
    for table in &plan.tables {
        writeln!(out, "{}: {}", table.table.name, describe(table, plan.mode))?;
        for OddValues { column, invalid, other_form } in &table.odd_values {
            writeln!(
                out,
                "  stored as they are: of {column} {invalid} texts that are no date-time, {other_form} of \
                 another form than YYYY-MM-DDTHH:MM:SSZ"
            )?;
        }
    }
    for note in plan.notes() {
        writeln!(out, "{note}")?;
    }
    if let Some(name) = &plan.into_table {
        writeln!(out, "into the new table {name}, without foreign keys and CHECKs")?;
    }
    if plan.ending == Ending::InPlace {
        writeln!(
            out,
            "the rows are put into the live tables, in one transaction that writers wait for; a swap would lose: {}",
            plan.ties.join("; ")
        )?;
    }
    for obstacle in &plan.obstacles {
        writeln!(out, "in the way: {obstacle}")?;
    }
    match &plan.loads_since {
        Some(loads) => writeln!(out, "{}", describe_loads(loads))?,
        None if plan.run.is_none() => writeln!(
            out,
            "the files do not say of which time they are: what the ledger has as loaded stays so"
        )?,
        None => {}
    }
    let left: Vec<_> = plan.leftovers.iter().map(|left| left.name.as_str()).collect();
    if !left.is_empty() {
        writeln!(out, "left by earlier restores: {}", left.join(", "))?;
    }
    writeln!(out, "stop what writes first: a change stops the restore, or stays in the old table")?;
    Ok(())
}

fn describe(plan: &TablePlan, mode: Mode) -> String {
    let TablePlan { content, live, .. } = plan;
    let (rows, files) = (counted(content.rows, "row"), counted(plan.files.len(), "file"));
    let files = format!("{rows} ({}) in {files}", content.hex());
    let there = match plan.is_missing {
        true => "no live table; it is made".to_owned(),
        false => format!("{} ({})", counted(live.rows, "live row"), live.hex()),
    };
    let change = match mode {
        _ if plan.is_same() => "nothing would change",
        Mode::Replace if live.rows == 0 => "all rows would come back",
        Mode::Replace => "the live rows would be replaced",
        Mode::Merge => "the files' rows would be added, and replace live ones with the same key",
    };
    format!("{files}; {there}; {change}")
}

/// Says which loads no longer count as done.
pub(super) fn describe_loads(LoadsSince { since, loads }: &LoadsSince) -> String {
    format!(
        "loads since {since} that no longer count as done: {loads}; their files are loaded when they are \
         dropped again, and their requests stored when they are sent again"
    )
}

/// Says that a swap is waited for.
pub(super) fn say_waiting(attempt: impl Display) {
    terminal::note(&format!("waiting for others' transactions on the live tables, try {attempt}"));
}
