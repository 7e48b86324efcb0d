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

    /// Whether rows are held to it before the database is asked.
    pub fn is_evaluated(&self) -> bool {
        self.condition.is_some()
    }
}

/// The most characters of a clause in a message.
const SHOWN: usize = 200;

/// As messages have it: `CHECK points_positive: (points >= 0)`, of a long clause its beginning.
impl fmt::Display for CheckConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, clause, .. } = self;
        match clause.char_indices().nth(SHOWN) {
            None if clause.is_empty() => write!(f, "CHECK {name}"),
            None => write!(f, "CHECK {name}: {clause}"),
            Some((end, _)) => write!(f, "CHECK {name}: {} …", &clause[..end]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_message_has_the_beginning_of_a_long_clause() {
        let long: &'static str = "ä".repeat(SHOWN + 1).leak();
        for (clause, expected) in [
            ("", "CHECK c".to_string()),
            ("(`a` > 0)", "CHECK c: (`a` > 0)".to_string()),
            (&long[2..], "CHECK c: ".to_string() + &long[2..]),
            (long, "CHECK c: ".to_string() + &long[2..] + " …"),
        ] {
            assert_eq!(CheckConstraint::of_database("c", clause).to_string(), expected);
        }
    }
}
