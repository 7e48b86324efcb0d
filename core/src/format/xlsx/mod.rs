//! Excel workbooks (`.xlsx`): one sheet's cells into rows.
//!
//! calamine reads the cells. What it would hold in memory is measured first, since a workbook of 2 MB can
//! unpack to gigabytes, and a zip directory can lie.
//!
//! | module | what it turns into what |
//! |---|---|
//! | `archive` | a file into its measured parts, or a refusal |
//! | `refused` | what is wrong with a workbook into words |
//! | `serial` | Excel's numbers into dates and times |
//! | `value` | a cell into a field of its column |
//! | `header` | the first rows of a sheet into what its columns are for |
//! | `choice` | a workbook into the one sheet that is for the table |
//! | `rows` | a sheet's cells into rows |
//! | `stream` | the chosen sheet into its rows, one at a time |
//! | `reader` | a file's bytes into its rows |
//! | `rejected_row` | a rejected row into its cells, and which of them are wrong |
//! | `rejected_rows` | rejected rows into a workbook |
//! | `writer` | a table's rows into a workbook |
//! | `made_cell` | a cell of a table into one of a workbook, if that can carry it |

mod archive;
mod choice;
mod header;
#[cfg(feature = "xlsx-write")]
mod made_cell;
mod reader;
mod refused;
mod rejected_row;
#[cfg(feature = "xlsx-write")]
mod rejected_rows;
mod rows;
mod serial;
mod stream;
mod value;
#[cfg(feature = "xlsx-write")]
mod writer;

pub(super) use reader::open_xlsx;
pub(crate) use rejected_row::RejectedSheetRow;
#[cfg(feature = "xlsx-write")]
pub(crate) use rejected_rows::RejectedSheet;
#[cfg(feature = "xlsx-write")]
pub(super) use writer::XlsxTable;
