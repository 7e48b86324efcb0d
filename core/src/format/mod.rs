//! File and body formats: bytes into raw rows, and rows into Avro files.

#[cfg(feature = "avro")]
pub mod avro;
pub(crate) mod csv;
pub(crate) mod encoding;
#[cfg(feature = "avro")]
pub(crate) mod export_format;
pub(crate) mod formats;
pub(crate) mod json;
pub(crate) mod json_array;
pub(crate) mod magic;
pub(crate) mod ndjson;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
pub(crate) mod row_reader;
#[cfg(feature = "avro")]
pub(crate) mod row_text;
#[cfg(feature = "avro")]
pub(crate) mod table_writer;
#[cfg(feature = "xlsx")]
pub(crate) mod xlsx;
