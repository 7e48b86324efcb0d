//! Whose tables a stack has.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rowgate_core::data_api::Target;
use rowgate_core::schema::{Description, EXAMPLE, Schema};
use rowgate_core::{Client, Host, introspect};

use super::TIME;
use super::worker::json_variable;
use crate::schema;

/// What is in the database before a stack starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    Nothing,
    /// Tables of others, perhaps.
    Given,
    /// What the same stack has left.
    Kept,
}

/// Whose tables a stack is to have.
#[derive(Debug, Clone, Copy)]
pub(super) enum SchemaFrom<'f> {
    Example,
    /// This schema.json, or SQL that makes one's own tables; without one what there is.
    File(Option<&'f Path>),
}

/// The tables of a stack, as the JSON that its Worker and its Lambda read.
pub(super) struct Tables(String);

impl Tables {
    /// The name of the file in the stack's folder that the Lambda reads.
    pub(super) const FILE: &str = "schema.json";

    /// Those of the SQL or JSON that is given, else of the database if it may have any and does, else the
    /// working folder's or the example's. SQL is run, but not on the tables that it has made before.
    pub(super) async fn find(
        before: Before,
        from: SchemaFrom<'_>,
        host: &impl Host,
        target: &Target,
    ) -> Result<Self> {
        let file = match from {
            SchemaFrom::Example => return Ok(Self(EXAMPLE.to_owned())),
            SchemaFrom::File(file) => file,
        };
        let is_sql = file.is_some_and(|file| {
            file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sql"))
        });
        let is_asked = match file {
            None => before != Before::Nothing,
            Some(_) => is_sql && before == Before::Kept,
        };
        if is_asked {
            let live = introspect(&Client::new(host, target, TIME), &[]).await?;
            if !live.tables.is_empty() {
                return Ok(Self(live.to_json()));
            }
        }
        match file.filter(|_| is_sql) {
            Some(file) => Ok(Self(schema::make_tables(host, target, file).await?.to_json())),
            None => schema::text_of_file(file).map(Self),
        }
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
