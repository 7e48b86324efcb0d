//! Rows in, checked and sorted into good and rejected; the good ones out in one transaction.

mod entered;
mod error;
mod groups;
mod intake;
mod ledger_entry;
mod lookup;
mod offsets;
mod options;
mod report;
mod seen_keys;
mod table;
mod write;

pub use error::StoreError;
pub use intake::Intake;
pub(crate) use intake::{Rejected, RowBatch, Stored};
pub(crate) use ledger_entry::LedgerEntry;
pub use options::{IngestOptions, OnError};
pub(crate) use report::{ByName, LayoutOptions};
pub use report::{Report, TableReport, Verdict};
pub use seen_keys::CHECKED_KEYS;
