//! Backups as they are listed.

use std::io::Write;

use anyhow::Result;
use rowgate_core::backup::{LeftOutFolder, Manifest, Runs};

use crate::arguments::PlaceArgs;
use crate::terminal;

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

/// Names the folders that are no backup, with the reason.
pub(super) fn name_left_out(runs: &Runs) -> Result<()> {
    let mut errors = terminal::errors();
    let name = |left: &LeftOutFolder| writeln!(errors, "left out: {left}");
    Ok(runs.left_out.iter().chain(&runs.incomplete).try_for_each(name)?)
}
