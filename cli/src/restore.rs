//! `rowgate restore`: Avro files back into the tables.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;
use std::slice;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use rowgate_core::backup::Place;
use rowgate_core::restore::{
    self, Keys, Late, Leftover, LeftoverKind, LoadsSince, Merged, Mode, OddValues, Plan, Restored,
    Step, TablePlan, Undone, Unmerged, Wanted,
};
use rowgate_core::schema::{ColumnType, Table};

use crate::arguments::{PlaceArgs, one_of, parse_table};
use crate::progress::{of_rows, show};
use crate::session::Session;
use crate::signals;
use crate::terminal;

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

    /// What becomes of live rows that the files do not have: with replace they go, and the table is
    /// what the files hold; with merge they stay, and of a row that both have the files' is taken
    #[arg(
        long,
        value_name = "MODE",
        default_value = "replace",
        value_parser = one_of(&[Mode::Replace, Mode::Merge])
    )]
    mode: Mode,

    /// Only say what would be done; write nothing
    #[arg(long)]
    plan: bool,

    /// Swap the tables even if the live ones were written to since the plan
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring back the tables that were live before a restore
    Undo(UndoArgs),
    /// Add rows of the tables that a restore, or its undo, has left to the live ones
    Merge(MergeArgs),
    /// Drop the tables that restores have left
    DropOld(DropArgs),
}

#[derive(Debug, Args)]
struct UndoArgs {
    /// The restore, as it was printed and as it stands in the names of the old tables
    id: String,
}

#[derive(Debug, Args)]
struct MergeArgs {
    /// The restore, as it was printed and as it stands in the names of the old tables
    id: String,

    /// Table to merge [default: all that the restore has left]; repeatable
    #[arg(long = "table", value_parser = parse_table)]
    tables: Vec<&'static Table>,

    /// Only rows behind this key, as those are that came with the swap
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, requires = "tables")]
    above: Option<String>,

    /// Add them; without it, only say which
    #[arg(long)]
    yes: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
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
        Some(Command::Merge(args)) => merge(args).await?,
        Some(Command::DropOld(args)) => drop_old(args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The exit code is 1 where a plan finds that it cannot be done, and where rows came while the tables
/// were swapped.
async fn restore(args: &RunArgs) -> Result<ExitCode> {
    let session = Session::from_environment();
    let (database, s3) = (&session.database()?, &session.s3()?);
    let place = Place { database, s3, bucket: args.place.bucket()? };
    let wanted = Wanted { sources: &args.sources, tables: &args.tables, mode: args.mode };

    let reading = of_rows();
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

    let (verifying, writing) = (of_rows(), of_rows());
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
    print_restored(&restored, args.place.json)
}

fn print_restored(restored: &Restored, json: bool) -> Result<ExitCode> {
    let out = &mut terminal::out();
    let is_as_said = restored.late.is_empty() && restored.notes.is_empty();
    let status = if is_as_said { ExitCode::SUCCESS } else { ExitCode::from(1) };
    for note in &restored.notes {
        writeln!(terminal::errors(), "{note}")?;
    }
    for late in &restored.late {
        writeln!(terminal::errors(), "{}", describe_late(late, &restored.id))?;
    }
    if json {
        writeln!(out, "{}", serde_json::to_string(restored)?)?;
        return Ok(status);
    }
    for table in &restored.tables {
        writeln!(out, "{}: restored: {} rows ({})", table.table, table.rows, table.checksum)?;
    }
    if let Some(loads) = &restored.loads_since {
        writeln!(out, "{}", describe_loads(loads))?;
    }
    let id = &restored.id;
    writeln!(out, "the old tables are beside the new ones, as TABLE__before_{id}")?;
    writeln!(out, "to go back: rowgate restore undo {id}")?;
    writeln!(out, "to drop them: rowgate restore drop-old {id} --yes")?;
    Ok(status)
}

fn say_waiting(attempt: impl Display) {
    terminal::note(&format!("waiting for others' transactions on the live tables, try {attempt}"));
}

fn describe_late(late: &Late, id: &str) -> String {
    let Late { table, old_table, rows_before, rows_now, greatest_key, new_keys } = late;
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
    let above = greatest_key.as_ref().map(|key| format!(" --above {}", quoted(key)));
    let above = above.unwrap_or_default();
    let merge = format!("rowgate restore merge {id} --table {table}");
    let next = match new_keys.is_empty() {
        true => format!("{merge} says which rows are not in {table}, or otherwise"),
        false => format!("{merge}{above} --yes adds these rows"),
    };
    format!("{table}: restored, but {rows}; see {old_table}{keys}; {next}")
}

/// A text as a shell takes it for one word.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    match !text.is_empty() && text.bytes().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

fn describe_loads(LoadsSince { since, loads }: &LoadsSince) -> String {
    format!(
        "loads since {since} that no longer count as done: {loads}; their files are loaded when they are \
         dropped again, and their requests stored when they are sent again"
    )
}

fn print_plan(plan: &Plan, json: bool) -> Result<()> {
    let out = &mut terminal::out();
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
    let session = Session::from_environment();
    let client = session.database()?;
    let undone = restore::undo(&client, &args.id, say_waiting).await;
    let tables = undone.map_err(|error| signals::told(error, "the restore is not undone"))?;
    let tables = tables.join(", ");
    let loads = restore::mark_undone_loads(&client, &args.id).await;
    let loads = loads.with_context(|| {
        format!("as before the restore, but the ledger does not know it: {tables}")
    })?;
    let report = restore::compare_undone(&client, &args.id).await;
    let report =
        report.with_context(|| format!("as before the restore, but not compared: {tables}"))?;
    let out = &mut terminal::out();
    if let Some(loads) = &loads {
        writeln!(out, "{}", describe_loads(loads))?;
    }
    for Undone { table, rows, undone_table, undone_rows, only_undone, differing } in &report.undone
    {
        writeln!(
            out,
            "{table}: as before the restore, with {rows} rows; the restored one is {undone_table}, \
             with {undone_rows} rows, {only_undone} of them with keys that {table} does not have, and \
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

async fn merge(args: &MergeArgs) -> Result<()> {
    let session = Session::from_environment();
    let client = session.database()?;
    check_above(args)?;
    let unmerged = Unmerged { id: &args.id, tables: &args.tables, above: args.above.as_deref() };
    let merged = match args.yes {
        true => restore::merge(&client, &unmerged).await?,
        false => restore::compare_left(&client, &unmerged).await?,
    };
    let out = &mut terminal::out();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&merged)?)?;
        return Ok(());
    }
    for Merged { table, left_table, added, missing, differing } in &merged {
        if args.yes {
            writeln!(out, "{table}: {added} rows of {left_table} added")?;
        }
        let what = if args.yes { "row 0 is copied by hand" } else { "--yes adds them" };
        describe_keys(out, table, missing, &format!("only in {left_table}; {what}"))?;
        describe_keys(out, table, differing, &format!("other values in {left_table}; they stay"))?;
    }
    Ok(())
}

/// The database would take any other text for 0.
fn check_above(args: &MergeArgs) -> Result<()> {
    let is_int = |table: &&Table| matches!(table.key_column().column_type, ColumnType::Int { .. });
    match &args.above {
        Some(above) if args.tables.iter().any(is_int) => match above.parse::<i64>() {
            Ok(_) => Ok(()),
            Err(_) => bail!("--above {above}: the key is a number"),
        },
        _ => Ok(()),
    }
}

fn describe_keys(out: &mut impl Write, table: &str, keys: &Keys, what: &str) -> Result<()> {
    let Keys { rows, first } = keys;
    if *rows > 0 {
        let more = if first.len() as u64 == *rows { "" } else { ", …" };
        writeln!(out, "{table}: {rows} rows, {what}; keys: {}{more}", first.join(", "))?;
    }
    Ok(())
}

async fn drop_old(args: &DropArgs) -> Result<()> {
    let session = Session::from_environment();
    let client = session.database()?;
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
        writeln!(terminal::out(), "{name}: {table} {was}, {rows} rows: {what}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_key_is_one_word_of_the_command_that_is_printed() {
        for (key, word) in
            [("-7", "-7"), ("B1", "B1"), ("", "''"), ("a b", "'a b'"), ("O'Leary", r"'O'\''Leary'")]
        {
            assert_eq!(quoted(key), word);
        }
    }
}
