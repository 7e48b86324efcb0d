//! What knows neither rows nor services.

pub(crate) mod all_of;
pub(crate) mod counted;
pub(crate) mod distinct;
pub(crate) mod hex;
pub(crate) mod json_string;
pub(crate) mod lookup;
pub(crate) mod lower;
pub(crate) mod members;
pub(crate) mod printable;
pub(crate) mod shared;
pub(crate) mod sql_text;
