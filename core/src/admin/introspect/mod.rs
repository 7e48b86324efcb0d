//! The tables of a live database, from `information_schema`.

mod defaults;
mod query;
mod read;
mod rows;

pub(crate) use defaults::is_default;
pub use read::{IntrospectError, introspect};
