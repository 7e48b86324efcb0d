//! What a file does not say of itself, looked for in its first 64 KiB.
//!
//! Either all that matters is certain, or the file is asked about, or refused: nothing is guessed. The
//! table's columns and types are what tells: a header is known by its names, dates and numbers by what all
//! of a column's values can be.

mod encoding;
mod escape;
mod first;
mod format;
mod look;
mod looked;
mod sample;
mod values;
mod words;

pub(crate) use look::{SAMPLE, look, ndjson_encoding};
