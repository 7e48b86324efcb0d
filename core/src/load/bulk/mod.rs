//! A file that is too large for one invocation: scanned in ranges at the same time, cut between two
//! records, and loaded in parts at the same time, by steps that a state machine calls.
//!
//! | step | how often | what |
//! |---|---|---|
//! | [`open`](BulkLoad::open) | once | whether the file can be cut; claims it |
//! | [`scan`](BulkLoad::scan) | for each range | the states of the CSV automaton at the end of the range, by those at its start |
//! | [`plan`](BulkLoad::plan) | once | where the parts begin |
//! | [`load`](BulkLoad::load) | for each part | its rows into the database |
//! | [`finish`](BulkLoad::finish) | once | compares the counts, writes the report |
//!
//! Each step has the same effect however often it is called, and what one tells another is in
//! the ledger: a state machine's own memory has room for 256 KiB. A part is a load of its own, with
//! a claim, a fence and a place that moves on with its rows; it is not in the history.
//!
//! The order of a file's rows does not matter with `update` alone, unless the file has an id twice;
//! which of two parts comes last is then left to chance. With any other option, and if it is packed,
//! a file is read from its start to its end.

mod file;
mod finish;
mod plan;
mod scan;
mod steps;

pub use file::BulkFile;
pub use plan::PlannedRows;
pub use steps::{BulkLoad, OpenedLoad, Planned};
