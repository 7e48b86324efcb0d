//! S3 over real HTTP, signed with AWS's signer.
#![allow(clippy::unwrap_used, missing_docs)]

mod call_log;
mod client;
mod conditions;
mod faults;
mod lists;
mod multipart;
mod notifications;
mod objects;
mod ranges;
mod signatures;
mod stop;
