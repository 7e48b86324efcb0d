//! Avro files back into the database: planned, loaded beside the live tables, compared, swapped.

pub mod bulk;
mod checks;
mod copy;
mod error;
mod find;
mod foreign;
mod late;
mod loads;
mod merge;
mod notes;
mod plan;
mod remains;
mod restored;
mod rows;
mod run;
mod staging;
mod swap;
mod tables;
mod wanted;

pub use copy::KeySample;
pub use error::RestoreError;
pub use foreign::OddValues;
pub use loads::mark_undone_loads;
pub use merge::{Merged, Unmerged, compare_left, merge};
pub use plan::{RestorePlan, TablePlan, plan};
pub use remains::{UndoReport, UndoneTable, compare_undone, rows_left, rows_only_left};
pub use restored::{Late, LoadsSince, Restored, RestoredTable};
pub use run::{RestoreStep, probe, restore};
pub use swap::{drop_leftovers, leftovers, undo};
pub use tables::{Leftover, LeftoverKind};
pub use wanted::{Mode, Wanted};
