//! What an operator does with a database: migrate it, compare it with the schema, examine it.

pub mod doctor;
pub mod migrate;
