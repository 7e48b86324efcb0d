//! Statements by table and purpose, ranges of keys, the checksum of a table, and what a database says of its
//! tables.

#[cfg(feature = "avro")]
pub(crate) mod checksum;
pub(crate) mod chunk;
#[cfg(feature = "avro")]
pub(crate) mod first_rows;
pub(crate) mod introspect;
pub(crate) mod isolation;
pub(crate) mod key;
#[cfg(feature = "avro")]
pub(crate) mod key_range;
#[cfg(feature = "avro")]
pub(crate) mod key_text;
pub(crate) mod live_schema;
pub(crate) mod statement;
pub(crate) mod statements;
pub(crate) mod upsert;
pub(crate) mod values;
pub(crate) mod verb;
