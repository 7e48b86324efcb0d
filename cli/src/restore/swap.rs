//! `rowgate restore` itself: files into tables beside the live ones, and the swap.

use std::io::Write;
use std::process::ExitCode;
use std::slice;

use anyhow::{Context, Result};
use clap::Args;
use rowgate_core::backup::Services;
use rowgate_core::counted;
use rowgate_core::restore::{self, ExportSource, Late, Mode, RestoreStep, Restored, Wanted};
use rowgate_core::schema::Schema;

use super::print::{describe_loads, print_plan, say_waiting};
use crate::arguments::{PlaceArgs, one_of, tables_named};
use crate::progress::{of_rows, show};
use crate::session::Session;
use crate::signals;
use crate::terminal;

#[derive(Debug, Args)]
pub(super) struct SwapArgs {
    /// A run or `latest`; or folders (ending with /) and files of the bucket, by their keys
    #[arg(required_unless_present = "from_export")]
    sources: Vec<String>,

    /// Restore from a snapshot export of RDS or Aurora: its folder, as s3://BUCKET/FOLDER or by its key in the bucket
    #[arg(long, value_name = "FOLDER", conflicts_with = "sources")]
    from_export: Option<String>,

    /// The database of the export [default: DB_NAME, or the only one]
    #[arg(long, value_name = "NAME", requires = "from_export")]
    from_database: Option<String>,

    /// Table to restore [default: all that there are files of]; repeatable
    #[arg(long = "table")]
    tables: Vec<String>,

    /// What becomes of live rows that the files do not have: with replace they go, and the table is
    /// what the files hold; with merge they stay, and of a row that both have the files' is taken
    #[arg(
        long,
        value_name = "MODE",
        default_value = "replace",
        value_parser = one_of(&[Mode::Replace, Mode::Merge])
    )]
    mode: Mode,

    /// Restore one table as a new one of this name, without its foreign keys and CHECKs; no other table is touched
    #[arg(long, value_name = "NAME", requires = "tables")]
    into_table: Option<String>,

    /// Restore into this database of the cluster, which is there, instead of DB_NAME
    #[arg(long, value_name = "NAME")]
    into_database: Option<String>,

    /// Only say what would be done; write nothing
    #[arg(long)]
    plan: bool,

    /// Restore tables with triggers, though these run for each row that goes or comes
    #[arg(long)]
    fire_triggers: bool,

    /// Restore rows though their foreign key names a row that is not there
    #[arg(long)]
    keep_orphans: bool,

    /// Restore the tables even if the live ones were written to since the plan
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

/// The exit code is 1 where a plan finds that it cannot be done, and where rows came while the tables
/// were swapped.
pub(super) async fn run(args: &SwapArgs, schema: Schema) -> Result<ExitCode> {
    let tables = tables_named(schema, &args.tables)?;
    let mut session = Session::from_environment();
    if let Some(name) = &args.into_database {
        session.set_database(name);
    }
    let (database, s3) = (&session.database()?, &session.s3()?);
    let services = Services { schema, database, s3, bucket: args.bucket()? };
    let sources = args.from_export.as_ref().map_or(args.sources.as_slice(), slice::from_ref);
    let export =
        args.from_export.as_ref().map(|_| ExportSource { database: args.from_database.as_deref() });
    let wanted = Wanted {
        sources,
        export,
        tables: &tables,
        mode: args.mode,
        into_table: args.into_table.as_deref(),
        fire_triggers: args.fire_triggers,
        keep_orphans: args.keep_orphans,
    };

    let reading = of_rows();
    let plan = restore::plan(&services, &wanted, |done| show(&reading, done)).await;
    let plan = plan.map_err(|error| signals::told(error, "nothing was written"));
    let plan = match &args.into_database {
        Some(name) => plan.with_context(|| format!("database {name}"))?,
        None => plan?,
    };
    reading.finish_and_clear();
    if args.plan {
        print_plan(&plan, args.place.json)?;
        return Ok(if plan.obstacles.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) });
    }
    if !args.place.json {
        print_plan(&plan, false)?;
    }

    let (verifying, writing) = (of_rows(), of_rows());
    let restored = restore::restore(&services, &plan, args.force, |step, done| match step {
        RestoreStep::Verify => show(&verifying, done),
        RestoreStep::Write => {
            verifying.finish_and_clear();
            show(&writing, done);
        }
        RestoreStep::Wait => writing.suspend(|| say_waiting(done.rows)),
    });
    let restored = restored.await?;
    writing.finish_and_clear();
    print_restored(args, &restored)
}

impl SwapArgs {
    /// The bucket of the files: an export is often in one of its own.
    fn bucket(&self) -> Result<&str> {
        let named = self.from_export.as_deref().and_then(|from| from.strip_prefix("s3://"));
        match named {
            Some(named) => Ok(named.split_once('/').map_or(named, |(bucket, _)| bucket)),
            None => self.place.bucket(),
        }
    }
}

fn print_restored(args: &SwapArgs, restored: &Restored) -> Result<ExitCode> {
    let out = &mut terminal::out();
    let is_as_said = restored.late.is_empty() && restored.notes.is_empty();
    let status = if is_as_said { ExitCode::SUCCESS } else { ExitCode::from(1) };
    for note in &restored.notes {
        writeln!(terminal::errors(), "{note}")?;
    }
    for late in &restored.late {
        writeln!(terminal::errors(), "{}", describe_late(late, &restored.id))?;
    }
    if args.place.json {
        writeln!(out, "{}", serde_json::to_string(restored)?)?;
        return Ok(status);
    }
    for table in &restored.tables {
        let into = args.into_table.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
        let (name, rows) = (table.table, counted(table.rows, "row"));
        writeln!(out, "{name}: restored{into}: {rows} ({})", table.checksum)?;
    }
    if args.into_table.is_some() {
        return Ok(status);
    }
    if let Some(loads) = &restored.loads_since {
        writeln!(out, "{}", describe_loads(loads))?;
    }
    let id = &restored.id;
    writeln!(out, "what was live before is beside it, as TABLE__before_{id}")?;
    let database = args.into_database.as_ref().map(|name| format!("DB_NAME={} ", quoted(name)));
    let database = database.unwrap_or_default();
    writeln!(out, "to go back: {database}rowgate restore undo {id}")?;
    writeln!(out, "to drop them: {database}rowgate restore drop-old {id} --yes")?;
    Ok(status)
}

fn describe_late(late: &Late, id: &str) -> String {
    let Late { table, old_table, rows_before, rows_now, greatest_key, new_keys } = late;
    let rows = match rows_now {
        Some(now) => {
            let before = counted(*rows_before, "row");
            format!("it was written to while it was swapped ({before}, then {now})")
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
