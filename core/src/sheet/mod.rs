//! A file's rows held in memory, as a page shows them: checked, mended in place, and cut into requests.

mod bodies;
mod broken_row;
mod columns;
mod delivery;
mod error;
mod fault;
mod file_table;
mod held;
mod judge;
mod key_index;
mod leftover;
mod mend;
mod open;
mod pending;
mod preview;
mod progress;
mod read_so_far;
mod rows;
mod selection;
mod state;
mod table_alone;
mod undo;

pub use bodies::RequestBody;
pub use columns::{ColumnNote, column_notes};
pub use delivery::{DeliveryStep, Forecast};
pub use error::SheetError;
pub use fault::CellFault;
pub use file_table::table_of_file;
pub use leftover::WrongRows;
pub use mend::{Mended, Replacement};
pub use open::SheetOptions;
pub use preview::{Preview, preview};
pub use rows::ShownRow;
pub use selection::{FaultCount, RowFilter};
pub use state::{Sheet, SheetCounts};
pub use table_alone::table_alone;
