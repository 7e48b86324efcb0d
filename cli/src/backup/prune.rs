//! `rowgate backup prune`: old backups, deleted.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use rowgate_core::{backup, counted};
use serde_json::json;

use super::print::name_left_out;
use crate::arguments::PlaceArgs;
use crate::session::Session;
use crate::terminal;

#[derive(Debug, Args)]
pub(super) struct PruneArgs {
    /// How many backups to keep of every table, the newest ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,

    /// Delete them; without it, only say which
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

pub(super) async fn run(args: &PruneArgs) -> Result<()> {
    let session = Session::from_environment();
    let s3 = session.s3()?;
    let bucket = args.place.bucket()?;
    let runs = backup::runs(&s3, bucket).await?;
    name_left_out(&runs)?;
    for old in runs.old(args.keep as usize) {
        let run = &old.run;
        if args.place.json {
            let objects = if args.yes { backup::prune(&s3, bucket, old).await? } else { 0 };
            let pruned = json!({ "run": run, "deleted": args.yes, "objects": objects });
            terminal::out().json(&pruned)?;
        } else if args.yes {
            let objects = backup::prune(&s3, bucket, old).await?;
            writeln!(terminal::out(), "{run}: {} deleted", counted(objects, "object"))?;
        } else {
            writeln!(terminal::out(), "{run}: would be deleted; --yes does it")?;
        }
    }
    Ok(())
}
