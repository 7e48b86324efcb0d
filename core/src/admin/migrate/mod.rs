//! Brings a database to a schema, and says where they differ.

mod by_columns;
mod by_description;
mod change;
mod creation;
mod difference;
mod drift;
mod error;
mod extras;
mod history;
mod ledger_version;
mod live;
mod lock;
mod migration;
#[cfg(feature = "avro")]
mod missing;
mod run;
mod scratch;
mod tables;
mod users;

pub use crate::ledger::LockHolder;
pub use difference::Difference;
#[cfg(feature = "avro")]
pub(crate) use drift::compare_tables;
pub use drift::{Drift, check, compare};
pub use error::MigrateError;
pub use migration::{LEDGER_MIGRATIONS, Migration, MigrationFileError};
#[cfg(feature = "avro")]
pub(crate) use missing::make_missing;
pub use run::{MigrationStep, migrate, record};
pub use scratch::LessCompared;
pub use users::{ADMIN, Grant, Users, WRITER, grant};
