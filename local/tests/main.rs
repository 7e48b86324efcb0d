//! What replaces AWS, from outside, in one program.
#![allow(clippy::unwrap_used)]

mod data_api;
mod lambda;
mod orphan;
mod s3;
