//! The services that a backup or a restore calls.

use crate::aws::data_api::Target;
use crate::aws::host::Client;
use crate::aws::s3::S3Endpoint;
use crate::table::schema::Schema;

/// The services that a backup or a restore calls, and the tables that it knows.
#[derive(Debug)]
pub struct Services<'p, H> {
    /// Its tables.
    pub schema: Schema,
    /// The database.
    pub database: &'p Client<'p, H, Target>,
    /// S3.
    pub s3: &'p Client<'p, H, S3Endpoint>,
    /// The bucket.
    pub bucket: &'p str,
}
