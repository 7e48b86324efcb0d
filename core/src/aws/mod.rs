//! The services: their calls, and the client that signs, sends and repeats them.

pub mod account;
pub mod data_api;
pub(crate) mod host;
pub(crate) mod http;
pub(crate) mod operation;
mod query;
pub mod s3;
#[cfg(feature = "sigv4")]
pub(crate) mod sign;
pub(crate) mod source;
pub mod step_functions;
pub(crate) mod upload;
mod xml;
