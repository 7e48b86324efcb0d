//! A load of the ledger, gone on with from here.

use std::time::Duration;

use anyhow::{Context, Result};
use rowgate_core::schema::Schema;
use rowgate_core::{Client, LoadSettings, Occasion, find_load, load_object};
use serde_json::Value;

use crate::loads::whole_id;
use crate::session::Session;
use crate::settings::setting;
use crate::signals;

/// Longer than any file takes.
const TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Loads what is left of a load, by its id, and answers the report.
pub(super) async fn load(schema: Schema, load_id: &str) -> Result<Value> {
    let settings = LoadSettings::read(&setting, schema)?;
    let session = Session::from_environment();
    let host = session.host()?;
    let client = Client::new(host, &settings.target, TIME);
    let load_id = &whole_id(&client, load_id).await?;
    let object = find_load(&client, load_id).await?.context("no file has this load id")?;
    let report = load_object(host, &settings, &object, Occasion::Hand, TIME).await;
    let report = report.with_context(|| format!("s3://{}/{}", object.bucket, object.key));
    let went_on = format!("rowgate load --resume {load_id} goes on with what is not stored");
    let report = report.map_err(|error| signals::told(error, &went_on))?;
    Ok(serde_json::to_value(&report)?)
}
