//! The tables of a live database, from `information_schema`.

mod defaults;
mod error;
mod query;
mod read;
mod rows;
mod texts;

pub(crate) use defaults::is_default;
pub use error::IntrospectError;
pub use read::introspect;
pub(crate) use read::{Server, introspect_those, server, tables};
pub(crate) use texts::texts;
