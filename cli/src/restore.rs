//! `rowgate restore`: Avro files back into the tables.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;
use std::slice;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use rowgate_core::Client;
use rowgate_core::backup::Place;
use rowgate_core::data_api::Target;
use rowgate_core::restore::{
    self, Late, Leftover, LeftoverKind, Mode, OddValues, Plan, Step, TablePlan, Undone, Wanted,
};
use rowgate_core::s3::Endpoint;
use rowgate_core::schema::Table;
use rowgate_native::from_environment;

use crate::backup::{PATIENCE, PlaceArgs, bar, show};
use crate::check::parse_table;
use crate::signals;

/// Bring tables back from Avro files on S3: a backup of rowgate's, or files of Glue and Spark.
///
/// The rows are written to tables beside the live ones and compared with the files; then all tables
/// are swapped in one statement. The old ones stay, as TABLE__before_ID, until `restore drop-old`,
/// and `restore undo` brings them back. If anything fails before the swap, the live tables are
/// what they were. Stop what writes first: a live table that changes stops the restore; with
/// --force, and in the moment before the swap, the change stays in the old table.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RestoreArgs {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// A run or `latest`; or folders (ending with /) and files of the bucket, by their keys
    #[arg(required = true)]
    sources: Vec<String>,

    /// Table to restore [default: all that there are files of]; repeatable
    #[arg(long = "table", value_parser = parse_table)]
    tables: Vec<&'static Table>,

    /// What becomes of live rows that the files do not have
    #[arg(long, value_enum, default_value = "replace")]
    mode: ModeArg,

    /// Only say what would be done; write nothing
    #[arg(long)]
    plan: bool,

    /// Swap the tables even if the live ones were written to since the plan
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeArg {
    /// They go: the table is what the files hold
    Replace,
    /// They stay; of a row that both have, the files' is taken
    Merge,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring back the tables that were live before a restore
    Undo(UndoArgs),
    /// Drop the tables that restores have left
    DropOld(DropArgs),
}

#[derive(Debug, Args)]
struct UndoArgs {
    /// The restore, as it was printed and as it stands in the names of the old tables
    id: String,
}

#[derive(Debug, Args)]
struct DropArgs {
    /// The restore [default: all]
    id: Option<String>,

    /// Drop them; without it, only say which
    #[arg(long)]
    yes: bool,
}

pub(crate) async fn run(args: &RestoreArgs) -> Result<ExitCode> {
    match &args.command {
        None => return restore(&args.run).await,
        Some(Command::Undo(args)) => undo(args).await?,
        Some(Command::DropOld(args)) => drop_old(args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The exit code is 1 where a plan finds that it cannot be done, and where rows came while the tables
/// were swapped.
async fn restore(args: &RunArgs) -> Result<ExitCode> {
    let (target, endpoint) = (Target::read(&from_environment)?, Endpoint::read(&from_environment)?);
    let host = signals::host()?;
    let place = Place {
        database: &Client::new(&host, &target, Duration::MAX).patient(PATIENCE),
        s3: &Client::new(&host, &endpoint, Duration::MAX).patient(PATIENCE),
        bucket: args.place.bucket()?,
    };
    let mode = match args.mode {
        ModeArg::Replace => Mode::Replace,
        ModeArg::Merge => Mode::Merge,
    };
    let wanted = Wanted { sources: &args.sources, tables: &args.tables, mode };

    let reading = bar();
    let plan = restore::plan(&place, &wanted, |done| show(&reading, done)).await;
    let plan = plan.map_err(|error| signals::told(error, "nothing was written"))?;
    reading.finish_and_clear();
    if args.plan {
        print_plan(&plan, args.place.json)?;
        return Ok(if plan.obstacles.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) });
    }
    if !args.place.json {
        print_plan(&plan, false)?;
    }

    let (verifying, writing) = (bar(), bar());
    let restored = restore::restore(&place, &plan, args.force, |step, done| match step {
        Step::Verify => show(&verifying, done),
        Step::Write => {
            verifying.finish_and_clear();
            show(&writing, done);
        }
        Step::Wait => writing.suspend(|| say_waiting(done.rows)),
    });
    let restored = restored.await?;
    writing.finish_and_clear();
    let out = &mut std::io::stdout();
    let status = if restored.late.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) };
    for late in &restored.late {
        writeln!(std::io::stderr(), "{}", describe_late(late))?;
    }
    if args.place.json {
        writeln!(out, "{}", serde_json::to_string(&restored)?)?;
        return Ok(status);
    }
    for table in &restored.tables {
        writeln!(out, "{}: restored: {} rows ({})", table.table, table.rows, table.checksum)?;
    }
    let id = &restored.id;
    writeln!(out, "the old tables are beside the new ones, as TABLE__before_{id}")?;
    writeln!(out, "to go back: rowgate restore undo {id}")?;
    writeln!(out, "to drop them: rowgate restore drop-old {id} --yes")?;
    Ok(status)
}

fn say_waiting(attempt: impl Display) {
    eprintln!("waiting for others' transactions on the live tables, try {attempt}");
}

fn describe_late(late: &Late) -> String {
    let Late { table, old_table, rows_before, rows_now, new_keys } = late;
    let rows = match rows_now {
        Some(now) => {
            format!("it was written to while it was swapped ({rows_before} rows, then {now})")
        }
        None => "whether it was written to while it was swapped is not known".to_owned(),
    };
    let keys = match new_keys.is_empty() {
        true => String::new(),
        false => format!(", with the new keys {}", new_keys.join(", ")),
    };
    format!("{table}: restored, but {rows}; see {old_table}{keys}")
}

fn print_plan(plan: &Plan, json: bool) -> Result<()> {
    let out = &mut std::io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string(plan)?)?;
        return Ok(());
    }
    let what = plan.run.as_deref().unwrap_or("files");
    match plan.snapshot {
        Some(true) => writeln!(out, "{what}: all tables of one moment")?,
        Some(false) => writeln!(out, "{what}: the tables are not of one moment")?,
        None => writeln!(out, "{what}: without a manifest")?,
    }
    for table in &plan.tables {
        writeln!(out, "{}: {}", table.table.name, describe(table, plan.mode))?;
        if !table.null_columns.is_empty() {
            let columns = table.null_columns.join(", ");
            writeln!(out, "  NULL in some rows, since a file does not have it: {columns}")?;
        }
        for OddValues { column, invalid, other_form } in &table.odd_values {
            writeln!(
                out,
                "  stored as they are: of {column} {invalid} texts that are no date-time, {other_form} of \
                 another form than YYYY-MM-DDTHH:MM:SSZ"
            )?;
        }
    }
    if let [first, ..] = plan.empty_files.as_slice() {
        let count = plan.empty_files.len();
        writeln!(out, "files of 0 bytes, which have no row: {count}, the first: {first}")?;
    }
    for left in &plan.left_out {
        writeln!(out, "left out: {left}")?;
    }
    for obstacle in &plan.obstacles {
        writeln!(out, "in the way: {obstacle}")?;
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
    let count = plan.files.len();
    let files = if count == 1 { "file" } else { "files" };
    let files = format!("{} rows ({}) in {count} {files}", content.rows, content.hex());
    let there = match plan.is_missing {
        true => "no live table; it is made".to_owned(),
        false => format!("{} live rows ({})", live.rows, live.hex()),
    };
    let change = match mode {
        _ if plan.is_same() => "nothing would change",
        Mode::Replace if live.rows == 0 => "all rows would come back",
        Mode::Replace => "the live rows would be replaced",
        Mode::Merge => "the files' rows would be added, and replace live ones with the same key",
    };
    format!("{files}; {there}; {change}")
}

async fn undo(args: &UndoArgs) -> Result<()> {
    let target = Target::read(&from_environment)?;
    let host = signals::host()?;
    let client = Client::new(&host, &target, Duration::MAX).patient(PATIENCE);
    let undone = restore::undo(&client, &args.id, say_waiting).await;
    let tables = undone.map_err(|error| signals::told(error, "the restore is not undone"))?;
    let report = restore::compare_undone(&client, &args.id).await;
    let report = report.with_context(|| {
        format!("as before the restore, but not compared: {}", tables.join(", "))
    })?;
    let out = &mut std::io::stdout();
    for Undone { table, rows, undone_table, undone_rows, only_undone } in &report.undone {
        writeln!(
            out,
            "{table}: as before the restore, with {rows} rows; the restored one is {undone_table}, \
             with {undone_rows} rows, {only_undone} of them with keys that {table} does not have"
        )?;
    }
    for (table, old) in &report.untouched {
        writeln!(out, "{table}: stays as it is, since there is no {old}")?;
    }
    Ok(())
}

async fn drop_old(args: &DropArgs) -> Result<()> {
    let target = Target::read(&from_environment)?;
    let host = signals::host()?;
    let client = Client::new(&host, &target, Duration::MAX).patient(PATIENCE);
    let is_wanted = |left: &Leftover| args.id.as_ref().is_none_or(|id| *id == left.id);
    let mut left = restore::leftovers(&client).await?;
    left.retain(is_wanted);
    if let (Some(id), true) = (&args.id, left.is_empty()) {
        bail!("there is nothing left of a restore {id}");
    }
    let mut rows = Vec::new();
    for table in &left {
        rows.push(restore::rows_left(&client, table).await?);
    }
    let what = if args.yes { "dropped" } else { "would be dropped; --yes does it" };
    for (leftover, rows) in left.iter().zip(rows) {
        if args.yes {
            restore::drop_leftovers(&client, slice::from_ref(leftover)).await?;
        }
        let Leftover { name, table, kind, .. } = leftover;
        let was = match kind {
            LeftoverKind::Before => "before a restore",
            LeftoverKind::Staging => "filled by a restore, and not live",
            LeftoverKind::Undone => "restored, and undone",
        };
        writeln!(std::io::stdout(), "{name}: {table} {was}, {rows} rows: {what}")?;
    }
    Ok(())
}
