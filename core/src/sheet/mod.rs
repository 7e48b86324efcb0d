//! A file's rows held in memory, as a page shows them: checked, mended in place, and cut into requests.

mod bodies;
mod columns;
mod delivery;
mod error;
mod file_table;
mod key_index;
mod leftover;
mod mend;
mod open;
mod preview;
mod progress;
mod rows;
mod selection;
mod state;
mod table_alone;

pub use bodies::RequestBody;
pub use columns::{ColumnNote, column_notes};
pub use delivery::{DeliveryStep, Forecast};
pub use error::SheetError;
pub use file_table::table_of_file;
pub use leftover::Leftover;
pub use mend::{Mended, Replacement};
pub use open::SheetOptions;
pub use preview::{Preview, preview};
pub use selection::{FaultCount, RowFilter};
pub use rows::{CellFault, SheetRow};
pub use table_alone::table_alone;
pub use state::{Sheet, SheetCounts};
