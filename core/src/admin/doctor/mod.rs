//! Tries on a real account what rowgate relies on, and what the service's documents leave open.

mod anonymous;
mod check;
mod errors;
mod examine;
mod finding;
mod heard;
mod limits;
mod query;
mod scratch;
mod session;
mod sessions;
mod tables;
mod transactions;

pub use check::{Check, CheckOutcome, Heard};
pub use examine::examine;
