//! Backups as they are listed.

use std::io::Write;
use std::time::SystemTime;

use anyhow::Result;
use indicatif::{HumanBytes, HumanCount, HumanDuration};
use rowgate_core::backup::{LeftOutFolder, Manifest, Runs, TableManifest};

use crate::arguments::PlaceArgs;
use crate::terminal::{self, Columns, Line, Look};

/// Prints a backup: its name, its time, its size, its tables.
pub(super) fn print(args: &PlaceArgs, manifest: &Manifest) -> Result<()> {
    let mut out = terminal::out();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(manifest)?)?;
        return Ok(());
    }
    let Manifest { run, finished, .. } = manifest;
    let tables: Vec<_> = manifest
        .tables
        .iter()
        .map(|table| format!("{} {} ({})", table.rows, table.table, table.checksum))
        .collect();
    writeln!(out, "{run}: {finished}, {} bytes: {}", manifest.bytes(), tables.join(", "))?;
    Ok(())
}

/// Backups for a person: how old and how large they are, and what is in them.
pub(super) fn columns(manifests: &[Manifest]) -> Columns {
    let mut columns = Columns::new(&["run", "finished", ">age", ">size", "rows"]);
    for manifest in manifests {
        let rows = |table: &TableManifest| format!("{} {}", HumanCount(table.rows), table.table);
        let rows: Vec<_> = manifest.tables.iter().map(rows).collect();
        columns.push(vec![
            Line::plain(&manifest.run),
            Line::of(Look::Aside, &manifest.finished),
            Line::plain(age(manifest)),
            Line::plain(HumanBytes(manifest.bytes())),
            Line::plain(rows.join(", ")),
        ]);
    }
    columns
}

/// How long ago a backup was finished, in one unit.
pub(crate) fn age(manifest: &Manifest) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let age = |finished| HumanDuration(now.saturating_sub(finished)).to_string();
    manifest.finished_at().map(age).unwrap_or_default()
}

/// Names the folders that are no backup, with the reason.
pub(super) fn name_left_out(runs: &Runs) -> Result<()> {
    let mut errors = terminal::errors();
    let name = |left: &LeftOutFolder| writeln!(errors, "left out: {left}");
    Ok(runs.left_out.iter().chain(&runs.incomplete).try_for_each(name)?)
}
