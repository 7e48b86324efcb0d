//! `rowgate restore merge`: rows of the tables that a restore has left, added to the live ones.

use std::io::Write;

use anyhow::{Result, bail};
use clap::Args;
use rowgate_core::restore::{self, KeySample, Merged, Unmerged};
use rowgate_core::schema::{Schema, Table};

use crate::arguments::tables_named;
use crate::session::Session;
use crate::terminal;

#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// The restore, as it was printed and as the names of the old tables end
    id: String,

    /// Table to merge [default: all that the restore has left]; repeatable
    #[arg(long = "table")]
    tables: Vec<String>,

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

pub(super) async fn run(args: &MergeArgs, schema: Schema) -> Result<()> {
    let tables = &tables_named(schema, &args.tables)?;
    check_above(args, tables)?;
    let session = Session::from_environment();
    let client = session.database()?;
    let unmerged = Unmerged { id: &args.id, tables, above: args.above.as_deref() };
    let merged = match args.yes {
        true => restore::merge(&client, schema, &unmerged).await?,
        false => restore::compare_left(&client, schema, &unmerged).await?,
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

fn check_above(args: &MergeArgs, tables: &[&Table]) -> Result<()> {
    let Some(above) = &args.above else { return Ok(()) };
    match tables.iter().all(|table| table.key_kind().takes(above)) {
        true => Ok(()),
        false => bail!("--above {above}: the key is a number"),
    }
}

fn describe_keys(out: &mut impl Write, table: &str, keys: &KeySample, what: &str) -> Result<()> {
    let KeySample { rows, first } = keys;
    if *rows > 0 {
        let more = if first.len() as u64 == *rows { "" } else { ", …" };
        writeln!(out, "{table}: {rows} rows, {what}; keys: {}{more}", first.join(", "))?;
    }
    Ok(())
}
