//! Brings a database to a schema, and says where they differ.

mod change;
mod drift;
mod error;
mod history;
mod ledger_version;
mod live;
mod migration;
mod run;
mod tables;
mod users;

#[cfg(feature = "avro")]
pub(crate) use change::make_table;
#[cfg(feature = "avro")]
pub(crate) use drift::compare_tables;
pub use drift::{Difference, check, compare};
pub use error::MigrateError;
pub use migration::{LEDGER_MIGRATIONS, Migration, MigrationFileError};
pub use run::{MigrationStep, migrate, record};
pub use users::{ADMIN, Grant, Users, WRITER, grant};
