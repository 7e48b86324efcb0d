//! CSV in chunks of any size becomes raw rows with their lines.
//!
//! The rules are RFC 4180's, strictly: what a careless reader would take for something else is
//! refused by name. [`automaton`] has them byte by byte; [`decoder`] puts records together, tells
//! the header from rows, and gives a wrong record back line by line.
//!
//! A record that is cut by a chunk's end is kept in the decoder, so that the rows do not depend on
//! how the bytes were cut. A change of the state kept between two calls is tried by the property
//! test `any_chunking_gives_the_same_rows`.

pub(crate) mod automaton;
mod blank;
mod decoder;
pub(crate) mod detect;
mod diagnosis;
mod dialect;
mod file_head;
mod formulas;
mod found_layout;
mod header;
mod layout;
mod marks;
mod names;
mod reading;
mod record_buffer;
mod target;
#[cfg(test)]
mod tests;
mod written_values;

pub use decoder::CsvDecoder;
pub(crate) use dialect::Syntax;
pub use dialect::{Dialect, EmptyCell};
pub(crate) use formulas::mark as mark_formulas;
pub use header::Header;
#[cfg(feature = "xlsx")]
pub(crate) use layout::field_of_text;
pub(crate) use layout::{NameStarts, name_start};
#[cfg(feature = "avro")]
pub(crate) use layout::{column_of, unknown_header};
pub(crate) use marks::{MARKS, MARKS_WITH_FORMULAS};
pub(crate) use names::{fold, names};
pub use record_buffer::ROW_LIMIT;
#[cfg(feature = "avro")]
pub(crate) use record_buffer::trim;
#[cfg(feature = "xlsx")]
pub(crate) use target::{CellTarget, target};
