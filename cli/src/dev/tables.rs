//! Whose tables a stack has.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rowgate_core::data_api::Target;
use rowgate_core::schema::{Description, Schema};
use rowgate_core::{Client, Host, introspect};

use super::DevArgs;
use super::worker::json_variable;
use crate::schema;

/// How long the tables' description may take.
const TIME: std::time::Duration = std::time::Duration::from_secs(60);

/// The tables of a stack, as the JSON that its Worker and its Lambda read.
pub(super) struct Tables(String);

impl Tables {
    /// The name of the file in the stack's folder that the Lambda reads.
    pub(super) const FILE: &str = "schema.json";

    /// Those of the SQL or JSON that is given, else of the given database if it has any, else the
    /// working folder's or the example's. SQL is run.
    pub(super) async fn find(
        args: &DevArgs,
        file: Option<&Path>,
        host: &impl Host,
        target: &Target,
    ) -> Result<Self> {
        if let Some(file) = file {
            let is_sql = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sql"));
            if is_sql {
                let made = schema::make_tables(host, target, file).await?;
                return Ok(Self(made.to_json()));
            }
            return schema::text_of_file(Some(file)).map(Self);
        }
        if args.database_url.is_some() {
            let live = introspect(&Client::new(host, target, TIME), &[]).await?;
            if !live.tables.is_empty() {
                return Ok(Self(live.to_json()));
            }
        }
        schema::text_of_file(None).map(Self)
    }

    pub(super) fn schema(&self) -> Result<Schema> {
        let description = Description::from_json(&self.0).context("the schema")?;
        let schema = Schema::of(&description);
        for unfit in schema.unfit() {
            super::progress(&format!("table {} is not served: {unfit}", unfit.table));
        }
        Ok(schema)
    }

    /// As the Worker's variable `SCHEMA`.
    pub(super) fn variable(&self) -> String {
        json_variable(&self.0)
    }

    /// Writes them into the stack's folder, and says where.
    pub(super) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let file = folder.join(Self::FILE);
        std::fs::write(&file, &self.0)?;
        Ok(file)
    }
}
