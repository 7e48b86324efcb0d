//! The ledger: who works at what, how far it is, and what was answered; so that every file and
//! every request with an `Idempotency-Key` has its effect once, whatever happens.
//!
//! Two kinds of write. A **claim** is a call of its own: a row that was only inserted in an open
//! transaction would be invisible to others, and would hold them up. A **fence** opens every
//! transaction that writes rows: an UPDATE that finds exactly one row, or nothing of the
//! transaction lasts. All times are the database's; no clock of a door is compared with another's.

mod claim;
mod fence;
mod file;
mod history;
mod ids;
mod lease;
mod lock;
mod migrations;
mod progress;
mod ranges;
mod rejects;
mod request;
mod statement;
mod tables;
#[cfg(feature = "avro")]
mod undone;
mod version;

pub(crate) use claim::Claim;
pub(crate) use fence::{Fence, Lost};
pub(crate) use file::{Attempts, FileClaim, FilePart, FileProgress, FileToClaim, find_attempts};
pub(crate) use history::{LISTED_LIMIT, Owner, find_object, list, show};
pub use history::{
    LoadRecord, count_old_loads, forget_loads, list_loads, loads_beginning, show_load,
    troubled_loads,
};
pub(crate) use ids::holder_of;
pub use lease::Lease;
pub use lock::LockHolder;
pub(crate) use lock::{LOCKS, MigrationLock, NotLocked};
pub(crate) use migrations::MIGRATIONS;
pub(crate) use progress::Position;
pub(crate) use ranges::{Held, PlannedPart};
pub(crate) use rejects::{StoredRejects, reject_parts, write_rejects};
pub(crate) use request::{
    RESPONSE_LIMIT, RequestClaim, RequestToClaim, StoredResponse, Summary, finish_request,
};
pub(crate) use tables::tables;
#[cfg(feature = "avro")]
pub(crate) use undone::UndoneLoads;
pub(crate) use version::{ClaimError, OLDEST_PROGRAM, VERSION, VERSION_TABLE};
pub use version::{Versions, versions};
