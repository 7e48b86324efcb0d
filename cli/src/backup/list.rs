//! `rowgate backup list`.

use anyhow::Result;
use rowgate_core::backup;

use super::print::{columns, name_left_out, print};
use crate::arguments::PlaceArgs;
use crate::session::Session;
use crate::terminal;

pub(super) async fn run(args: &PlaceArgs) -> Result<()> {
    let session = Session::from_environment();
    let runs = backup::runs(&session.s3()?, args.bucket()?).await?;
    name_left_out(&runs)?;
    if !args.json && terminal::is_for_people() {
        return Ok(terminal::out().columns(&columns(&runs.backups))?);
    }
    runs.backups.iter().try_for_each(|manifest| print(args, manifest))
}
