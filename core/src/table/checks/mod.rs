//! CHECK constraints: which of them the core evaluates, and how.

mod condition;
mod constraint;
mod numbers;
mod parser;
mod tokens;

pub use constraint::CheckConstraint;
pub(crate) use parser::condition;
