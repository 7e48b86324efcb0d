//! `rowgate restore drop-old`: the tables that restores have left, dropped.

use std::io::Write;
use std::slice;

use anyhow::{Result, bail};
use clap::Args;
use rowgate_core::counted;
use rowgate_core::restore::{self, Leftover, LeftoverKind};
use rowgate_core::schema::Schema;
use serde_json::json;

use crate::session::Session;
use crate::terminal;

#[derive(Debug, Args)]
pub(super) struct DropArgs {
    /// The restore [default: all]
    id: Option<String>,

    /// Drop them; without it, only say which
    #[arg(long)]
    yes: bool,

    #[arg(from_global)]
    json: bool,
}

pub(super) async fn run(args: &DropArgs, schema: Schema) -> Result<()> {
    let session = Session::from_environment();
    let client = session.database()?;
    let is_wanted = |left: &Leftover| args.id.as_ref().is_none_or(|id| *id == left.id);
    if args.yes {
        restore::check_drop(&client).await?;
    }
    let mut left = restore::leftovers(&client, schema).await?;
    left.retain(is_wanted);
    if let (Some(id), true) = (&args.id, left.is_empty()) {
        bail!("there is nothing left of a restore {id}");
    }
    let mut rows = Vec::new();
    for table in &left {
        rows.push(restore::rows_left(&client, schema, table).await?);
    }
    let what = if args.yes { "dropped" } else { "would be dropped; --yes does it" };
    for (leftover, rows) in left.iter().zip(rows) {
        if args.yes {
            restore::drop_leftovers(&client, slice::from_ref(leftover)).await?;
        }
        if args.json {
            let table = json!({ "left": leftover, "rows": rows, "dropped": args.yes });
            terminal::out().json(&table)?;
            continue;
        }
        let Leftover { name, table, kind, .. } = leftover;
        let was = match kind {
            LeftoverKind::Before => "before a restore",
            LeftoverKind::Staging => "filled by a restore, and not live",
            LeftoverKind::Undone => "restored, and undone",
        };
        writeln!(terminal::out(), "{name}: {table} {was}, {}: {what}", counted(rows, "row"))?;
    }
    Ok(())
}
