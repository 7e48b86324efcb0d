//! Statements by table and purpose, ranges of keys, the checksum of a table, and what a database says of its
//! tables.

#[cfg(feature = "avro")]
pub(crate) mod checksum;
pub(crate) mod chunk;
pub(crate) mod introspect;
pub(crate) mod isolation;
#[cfg(feature = "avro")]
pub(crate) mod key_range;
pub(crate) mod live_schema;
pub(crate) mod statement;
pub(crate) mod statements;
pub(crate) mod upsert;
pub(crate) mod values;
