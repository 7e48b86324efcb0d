//! What objects are loaded by: the settings, and a client of each service.

use core::time::Duration;

use super::error::LoadError;
use super::options::{LoadOptions, LoadSettings, PATIENCE};
use crate::aws::data_api::Target;
use crate::aws::host::{Client, Host};
use crate::aws::s3::S3Endpoint;
use crate::ingest::StoreError;
use crate::table::schema::Schema;

/// What objects are loaded by: the settings, and a client of each service.
#[derive(Debug)]
pub(super) struct LoadServices<'s, H> {
    pub(super) settings: &'s LoadSettings,
    pub(super) s3: Client<'s, H, S3Endpoint>,
    pub(super) database: Client<'s, H, Target>,
}

impl<'s, H: Host> LoadServices<'s, H> {
    /// Clients that begin no call after `time` from now.
    pub(super) fn new(host: &'s H, settings: &'s LoadSettings, time: Duration) -> Self {
        let s3 = Client::new(host, &settings.endpoint, time).patient(PATIENCE).ending();
        let database = Client::new(host, &settings.target, time).patient(PATIENCE).ending();
        Self { settings, s3, database }
    }

    pub(super) fn host(&self) -> &'s H {
        self.database.host()
    }

    /// The tables as an object with this key is loaded by: those of a look that is young enough.
    pub(super) async fn schema(&self, key: &str) -> Result<Schema, LoadError> {
        let look = async || {
            let schema = self.settings.schema.current(&self.database).await;
            schema.map_err(|error| LoadError::from(StoreError::of_look(&error)))
        };
        let schema = look().await?;
        // A table may fit now that did not.
        let is_unfit = schema.no_table_in(key).is_of_unknown_name();
        match is_unfit && self.settings.schema.doubt(self.host()) {
            true => look().await,
            false => Ok(schema),
        }
    }

    /// How an object with this key is loaded.
    pub(super) fn options(&self, key: &str) -> LoadOptions {
        self.settings.rules.options(key)
    }
}
