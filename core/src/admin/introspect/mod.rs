//! The tables of a live database, from `information_schema`.

mod defaults;
mod query;
mod read;
mod rows;

pub(crate) use defaults::is_default;
pub(crate) use read::introspect_those;
pub use read::{IntrospectError, introspect};
