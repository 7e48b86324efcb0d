//! A CHECK constraint of a table.

use core::fmt;

use super::condition::Condition;

/// A CHECK constraint that the database enforces.
#[derive(Debug, PartialEq, Eq)]
pub struct CheckConstraint {
    /// Its name.
    pub name: &'static str,
    /// What must not be false, in SQL; empty where only the name is known.
    pub clause: &'static str,
    /// The same as the core evaluates it; `None` where the database alone does.
    pub(crate) condition: Option<Condition>,
}

impl CheckConstraint {
    /// One that the database alone evaluates.
    pub const fn of_database(name: &'static str, clause: &'static str) -> Self {
        Self { name, clause, condition: None }
    }
}

/// As messages have it: `CHECK points_positive: (points >= 0)`.
impl fmt::Display for CheckConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, clause, .. } = self;
        match clause.is_empty() {
            true => write!(f, "CHECK {name}"),
            false => write!(f, "CHECK {name}: {clause}"),
        }
    }
}
