//! Each type's values, and what becomes of them.

mod case;
mod every_type;
mod numbers;
mod texts;
mod times;

pub(crate) use case::text;
pub(crate) use every_type::cases;
