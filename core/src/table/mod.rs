//! Tables and their rows: the schema, checked records, and what is wrong with a row.

pub(crate) mod date_time;
pub(crate) mod example;
pub(crate) mod outcome;
pub(crate) mod outcomes;
pub(crate) mod record;
pub mod schema;
pub(crate) mod time_zone;
pub(crate) mod types;
pub(crate) mod value;
