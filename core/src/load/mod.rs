//! A file into the database, whatever its size: read in ranges, checked row by row, and stored in
//! batches, one in flight while the next is made.
//!
//! What is in memory does not grow with the file: three ranges, two batches, and the keys of the
//! first rows.

mod bulk;
mod check;
mod claimed;
mod column_change;
#[cfg(test)]
mod corpus_tests;
mod error;
mod folder_options;
#[cfg(feature = "gzip")]
mod gunzip;
mod handover;
mod heartbeat;
mod job;
mod layout_check;
mod object;
mod object_ref;
mod options;
mod pass;
mod pending_rows;
mod piece_order;
mod read_anew;
mod read_as;
mod reader;
mod refusal;
mod reject_room;
mod rejects;
mod report;
mod run;
mod services;
#[cfg(all(test, feature = "xlsx"))]
mod sheet_corpus_tests;
mod table_file;
mod unpack;
#[cfg(any(feature = "gzip", feature = "zstd"))]
mod unpacked_size;
#[cfg(feature = "zstd")]
mod unzstd;

pub use bulk::{BulkFile, BulkLoad, OpenedLoad, Planned, PlannedRows};
pub use check::check;
pub use claimed::find_load;
pub use error::LoadError;
pub use handover::Occasion;
pub use job::Job;
pub use object::load_object;
pub use object_ref::ObjectRef;
pub use options::{BulkSettings, LoadOptions, LoadRules, LoadSettings};
#[cfg(feature = "avro")]
pub(crate) use piece_order::ordered;
pub use rejects::{RejectSink, RejectSinks};
pub use report::{LoadReport, Status};
pub use run::load;
