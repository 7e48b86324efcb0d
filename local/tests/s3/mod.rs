//! S3 over real HTTP, signed with AWS's signer.

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
