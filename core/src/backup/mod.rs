//! The tables out to Avro files on S3, with a manifest written last.
//!
//! Either all tables are read in one transaction, and so are of one moment, or each table in
//! several places at the same time, which is faster.

pub mod bulk;
mod carried;
mod count;
mod damage;
mod error;
mod export;
mod folders;
mod keys;
mod left_out_folder;
mod live;
mod long_cells;
mod long_row;
mod make;
mod manifest;
mod obstacles;
mod output;
mod packed_table;
mod page;
mod part;
mod part_reader;
mod progress;
mod reading;
mod records;
mod run;
mod runs;
mod services;
mod sheet_limits;
mod spans;
mod split;
#[cfg(test)]
mod type_tests;
mod verify;

pub use crate::format::export_format::ExportFormat;
pub use crate::sql::key_range::KeyRange;
pub(crate) use carried::{MOST_BYTES, bytes, coarse_enough};
pub(crate) use count::count;
pub use damage::Damage;
pub use error::BackupError;
pub use export::{Export, ExportError, Exported, export};
pub(crate) use folders::objects;
pub(crate) use keys::{FOLDER, is_run, table_folder};
pub use left_out_folder::{LeftOutFolder, NoBackup};
pub use live::live;
pub(crate) use live::{AFTER, Ranges, content, content_of_span};
pub use make::backup;
pub use manifest::{Manifest, PartManifest, TableManifest};
pub use obstacles::OnObstacle;
pub(crate) use obstacles::obstacles;
pub use packed_table::PackedTable;
pub(crate) use page::select_list;
pub use part::PartFile;
pub use part_reader::PartForm;
pub(crate) use part_reader::PartReader;
pub use progress::Progress;
pub use run::{BackupOptions, MOST_PARALLEL};
pub(crate) use runs::LATEST;
pub use runs::{GIVEN_UP_AFTER, Runs, Unfinished, clean, manifest, prune, runs, unfinished};
pub use services::Services;
pub(crate) use split::split;
pub use verify::verify;
