//! Rows in, checked and sorted into good and rejected; the good ones out in one transaction.

mod entered;
mod entry;
mod error;
mod groups;
mod intake;
mod keys;
mod lookup;
mod offsets;
mod options;
mod report;
mod table;
mod write;

pub(crate) use entry::Entry;
pub use error::StoreError;
pub use intake::Intake;
pub(crate) use intake::{Batch, Rejected, Stored};
pub use keys::CHECKED_KEYS;
pub use options::{OnError, Options};
pub(crate) use report::ByName;
pub use report::{Report, TableReport, Verdict};
