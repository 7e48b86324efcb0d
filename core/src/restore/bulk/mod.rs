//! A restore of tables that take more than a quarter of an hour: opened, done in parts that know nothing
//! of each other, compared in parts, swapped, and looked at once more in parts.
//!
//! What one step answers the next one is given, so all of it must be small: a state machine carries
//! 256 KiB. It has no rows, since users who may look at the machine see it.

mod comparison;
mod ending;
mod items;
mod opened;
mod placing;
mod steps;
mod tables;
#[cfg(test)]
mod tests;

pub use comparison::{ComparedTable, Comparison};
pub use ending::PlannedEnding;
pub use items::{Done, FileDone, FileItem, Item, RangeDone, RangeItem};
pub use opened::{OpenedRestore, OpenedRestoreTable};
pub use steps::{abandon, compare, finish, open, part, report};
