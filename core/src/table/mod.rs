//! Tables and their rows.

pub(crate) mod types;
pub(crate) mod value;
