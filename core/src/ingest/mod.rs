//! Rows in, checked and sorted into good and rejected; the good ones out in one transaction.

mod chunk_write;
mod entered;
mod error;
mod form;
mod groups;
mod intake;
mod key_rows;
mod ledger_entry;
mod look;
mod lookup;
mod numbered;
mod offsets;
mod options;
mod parents_first;
mod refused;
mod report;
mod same_keys;
mod seen_keys;
mod table;
mod upsert;
mod write;

pub use error::StoreError;
pub use intake::Intake;
pub(crate) use intake::{Rejected, RowBatch, Stored};
pub(crate) use ledger_entry::LedgerEntry;
pub use numbered::IdRun;
pub(crate) use offsets::{Offsets, columns as offset_columns};
pub use options::{IngestOptions, OnError};
pub(crate) use report::{ByName, LayoutOptions};
pub use report::{Report, TableReport, Verdict};
pub use seen_keys::CHECKED_KEYS;
