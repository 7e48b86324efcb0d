//! Parquet files, row group by row group.
//!
//! Its directory is at a file's end, so that [`piece_order`](crate::load) hands the bytes on in another
//! order: the directory first, then each row group. In memory is one row group as it is packed, and a page of
//! each column.
//!
//! | module | what it turns into what |
//! |---|---|
//! | `directory` | a file's end into what is in it, and where |
//! | `pages` | a row group's bytes into a promise that its pages are no bombs |
//! | `kind` | a field of the file's schema into how a column reads its values |
//! | `columns` | a row group's bytes into values, some rows at a time |
//! | `plan` | the directory into what each column is for |
//! | `export_rows` | a file of a snapshot export into the rows that a table has held |
//! | `reader` | the directory and the row groups into rows |
//! | `writer` | a table's rows into a file |

mod columns;
mod directory;
mod export_rows;
mod kind;
mod pages;
mod plan;
mod reader;
mod writer;

pub(crate) use directory::{FOOTER, MARK, MOST_DIRECTORY, group_ranges};
pub(crate) use export_rows::ExportRows;
pub(crate) use export_rows::ParquetFault;
pub(super) use reader::open_parquet;
pub(super) use writer::ParquetTable;
