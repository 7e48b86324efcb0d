//! Avro files and snapshot exports back into the database: planned, loaded beside the live tables, compared, swapped.

pub mod bulk;
mod checks;
mod copy;
mod ending;
mod error;
#[cfg(feature = "parquet")]
mod export_fault;
#[cfg(feature = "parquet")]
mod export_info;
#[cfg(feature = "parquet")]
mod export_keys;
#[cfg(feature = "parquet")]
mod export_plan;
mod find;
mod foreign;
mod found_files;
mod in_place;
mod large;
mod late;
mod like;
mod loads;
mod merge;
mod new_table;
mod notes;
mod orphans;
mod plan;
mod remains;
mod restored;
mod rights;
mod rows;
mod run;
#[cfg(feature = "parquet")]
mod snapshot_export;
mod staging;
mod swap;
mod tables;
mod ties;
mod undo;
mod wanted;

pub use copy::KeySample;
pub use ending::Ending;
pub use error::RestoreError;
#[cfg(feature = "parquet")]
pub use export_fault::ExportFault;
#[cfg(feature = "parquet")]
pub use export_plan::ExportPlan;
pub use foreign::OddValues;
pub use loads::mark_undone_loads;
pub use merge::{Merged, Unmerged, compare_left, merge};
pub use plan::{RestorePlan, TablePlan, plan};
pub use remains::{UndoReport, UndoneTable, compare_undone, rows_left, rows_only_left};
pub use restored::{Late, LoadsSince, Restored, RestoredTable};
pub use rights::check_drop;
pub use run::{RestoreStep, probe, restore};
pub use swap::{drop_leftovers, leftovers};
pub use tables::{Leftover, LeftoverKind};
pub use undo::undo;
#[cfg(feature = "parquet")]
pub use wanted::ExportSource;
pub use wanted::{Mode, Wanted};
