//! The HTTP door: key, route, rows, answer. The Worker and API Gateway both come in here.

pub(crate) mod api_key;
mod body;
mod budget;
mod caller;
mod cors;
mod handler;
mod head;
mod health;
mod idempotency;
mod loads;
mod media;
mod openapi;
mod options;
mod parameters;
mod problem;
mod report;
mod route;
pub(crate) mod settings;
mod source;
mod tables;
mod time;

pub use handler::{Gate, unconfigured};
pub use head::{BodyError, Head};
pub use time::RequestTime;
