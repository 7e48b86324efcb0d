//! The Lambda host with a small function in Python, which speaks the Runtime API itself.

mod api;
mod environments;
mod events;
mod function;
mod invocations;
mod log;
mod orphan;
