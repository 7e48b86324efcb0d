//! Statements by table and purpose, ranges of keys, and the checksum of a table.

#[cfg(feature = "avro")]
pub(crate) mod checksum;
pub(crate) mod chunk;
#[cfg(feature = "avro")]
pub(crate) mod first_rows;
pub(crate) mod isolation;
pub(crate) mod key;
#[cfg(feature = "avro")]
pub(crate) mod key_range;
#[cfg(feature = "avro")]
pub(crate) mod key_text;
pub(crate) mod statement;
pub(crate) mod statements;
