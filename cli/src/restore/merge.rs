//! `rowgate restore merge`: rows of the tables that a restore has left, added to the live ones.

use std::io::Write;

use anyhow::{Context, Result, bail};
use clap::Args;
use rowgate_core::restore::{self, KeySample, Merged, Unmerged};
use rowgate_core::schema::{Schema, Table};
use rowgate_core::{KeyText, counted};

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

    /// Only rows behind this key, as those are that came with the swap; of several columns a JSON array
    #[arg(long, value_name = "KEY", allow_hyphen_values = true, requires = "tables")]
    above: Option<String>,

    /// Add them; without it, only say which
    #[arg(long)]
    yes: bool,

    /// Print JSON
    #[arg(from_global)]
    json: bool,
}

pub(super) async fn run(args: &MergeArgs, schema: Schema) -> Result<()> {
    let tables = &tables_named(schema, &args.tables)?;
    let above = args.above.as_deref().map(|above| key_above(above, tables)).transpose()?;
    let session = Session::from_environment();
    let client = session.database()?;
    let unmerged = Unmerged { id: &args.id, tables, above: above.as_ref() };
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
            writeln!(out, "{table}: {} of {left_table} added", counted(*added, "row"))?;
        }
        let what = if args.yes { "row 0 is copied by hand" } else { "--yes adds them" };
        describe_keys(out, table, missing, &format!("only in {left_table}; {what}"))?;
        describe_keys(out, table, differing, &format!("other values in {left_table}; they stay"))?;
    }
    Ok(())
}

/// The key behind which rows are looked at; it must be one of every table.
fn key_above(above: &str, tables: &[&Table]) -> Result<KeyText> {
    let mut read = None;
    for table in tables {
        read = KeyText::read(table, above);
        if read.is_none() {
            bail!("--above {above}: no key of {}, which is {}", table.name, form_of_key(table));
        }
    }
    read.context("--above needs --table")
}

fn form_of_key(table: &Table) -> String {
    let name = table.key_name();
    match table.key.len() {
        1 => name.into_owned(),
        _ => format!("the JSON array of strings [{name}]"),
    }
}

fn describe_keys(out: &mut impl Write, table: &str, keys: &KeySample, what: &str) -> Result<()> {
    let KeySample { rows, first } = keys;
    if *rows > 0 {
        let more = if first.len() as u64 == *rows { "" } else { ", …" };
        let rows = counted(*rows, "row");
        writeln!(out, "{table}: {rows}, {what}; keys: {}{more}", first.join(", "))?;
    }
    Ok(())
}
