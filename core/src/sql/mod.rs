//! Statements by table and purpose, and the checksum of a table.

#[cfg(feature = "avro")]
pub(crate) mod checksum;
pub(crate) mod isolation;
pub(crate) mod statement;
pub(crate) mod statements;
