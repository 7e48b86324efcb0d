//! A change of tables that databases have already.

use alloc::string::String;
use core::fmt;

use sha2::{Digest, Sha256};

use crate::base::hex::hex;

/// The migrations of `sql/migrations`, in order.
pub static MIGRATIONS: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The migrations of the ledger's own tables, those of `sql/ledger`, in order.
pub static LEDGER_MIGRATIONS: &[Migration] =
    include!(concat!(env!("OUT_DIR"), "/ledger_migrations.rs"));

/// A change of tables that databases have already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its place in the order, from 1.
    pub number: u32,
    /// What it is called: a-z, 0-9 and `_`.
    pub name: &'static str,
    /// The whole file.
    pub text: &'static str,
    /// Its statements, without their semicolons.
    pub statements: &'static [&'static str],
}

impl Migration {
    /// SHA-256 of the file, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(self.text))
    }
}

/// Shows the file's name without its ending: `0001_name`.
impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{}", self.number, self.name)
    }
}
