//! Tables and their rows: the schema, checked records, and what is wrong with a row.

pub(crate) mod cell_forms;
pub(crate) mod checks;
pub(crate) mod code_counts;
pub(crate) mod counts;
pub(crate) mod date_time;
pub(crate) mod example;
pub(crate) mod fill;
pub(crate) mod issue;
pub(crate) mod issues;
pub(crate) mod layout_question;
pub(crate) mod record;
pub(crate) mod row_error_text;
pub(crate) mod row_key;
pub mod schema;
pub(crate) mod time;
pub(crate) mod time_zone;
pub(crate) mod types;
pub(crate) mod unknown_names;
pub(crate) mod value;
pub(crate) mod written_date;
#[cfg(feature = "zones")]
pub(crate) mod zone;
