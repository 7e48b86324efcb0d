//! The parts of the world that a backup needs, and how far it has come.

use crate::aws::data_api::Target;
use crate::aws::host::Client;
use crate::aws::s3::Endpoint;
use crate::table::schema::Schema;

/// The parts of the world that a backup or a restore needs.
#[derive(Debug)]
pub struct Place<'p, H> {
    /// Its tables.
    pub schema: Schema,
    /// The database.
    pub database: &'p Client<'p, H, Target>,
    /// S3.
    pub s3: &'p Client<'p, H, Endpoint>,
    /// The bucket.
    pub bucket: &'p str,
}

/// How far a backup, or its verification, has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The table.
    pub table: &'static str,
    /// Rows that are done, of all tables.
    pub rows: u64,
    /// Rows of all tables; without a snapshot about so many.
    pub of: u64,
    /// Bytes of files so far.
    pub bytes: u64,
}
