//! A file that is to be loaded.

use super::options::LoadOptions;
use crate::aws::host::Client;
use crate::sql::live_schema::LiveSchema;

/// A file that is to be loaded.
#[derive(Debug)]
pub struct Job<'j, H, S> {
    /// The tables of the database.
    pub schema: &'j LiveSchema,
    /// The database.
    pub database: &'j Client<'j, H>,
    /// The file's bytes.
    pub source: &'j S,
    /// Its path, which says table and format.
    pub path: &'j str,
    /// How it is loaded.
    pub options: LoadOptions,
}
