//! The command from outside, in one program.
#![allow(clippy::unwrap_used)]

mod check;
mod dependencies;
mod keys;
mod migrations;
