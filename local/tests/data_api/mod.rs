//! The Data API over real HTTP, signed with AWS's signer, in front of a real server.

mod call_log;
mod client;
mod errors;
mod faults;
mod limits;
mod parameters;
mod results;
mod signatures;
mod stack;
mod time_outs;
mod transactions;
