//! Why rowgate cannot fill a table, and what to do about it.

use alloc::string::String;
use core::fmt;

/// A table that rowgate cannot fill, with every reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfit {
    /// The table's name.
    pub table: &'static str,
    /// Other names under which requests and files may call it.
    pub aliases: &'static [&'static str],
    /// The reasons, at least one.
    pub reasons: &'static [Misfit],
}

/// The reasons, separated by `; `.
impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.reasons.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{reason}")?;
        }
        Ok(())
    }
}

/// One reason why rowgate cannot fill a table; shown with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Misfit {
    /// Two tables or columns answer to one name.
    Alias {
        /// The alias of the COMMENT.
        alias: String,
    },
    /// References between tables form a circle.
    Circle,
    /// A column's text is of a character set that rowgate does not know.
    Collation {
        /// The column.
        column: String,
        /// Its collation.
        collation: String,
    },
    /// An engine without transactions.
    Engine {
        /// Its name.
        engine: String,
    },
    /// A `format=` that is not known, or does not go with the column's type.
    Format {
        /// The column.
        column: String,
        /// The format.
        format: String,
        /// The column's type.
        column_type: String,
    },
    /// A generated column as the key.
    Generated {
        /// The column.
        column: String,
    },
    /// The live database does not have the table, or does not show it to this user.
    Gone,
    /// A name that is not of letters, digits and `_`, or is too long, or is one of rowgate's own.
    Name {
        /// The name.
        name: String,
        /// What it must be.
        rule: &'static str,
    },
    /// No primary key.
    NoPrimaryKey,
    /// A text of the primary key of a collation whose keys statements do not tell apart as its index does.
    KeyCollation {
        /// The column.
        column: String,
        /// Its collation.
        collation: String,
    },
    /// A primary key of the first characters of a column.
    KeyPrefix {
        /// The column.
        column: String,
        /// How many characters.
        length: u32,
    },
    /// A key of a type whose values are not in the order in which they are compared.
    KeyType {
        /// The column.
        column: String,
        /// Its type.
        column_type: String,
    },
    /// A `references=` that does not name the primary key of a table that is served.
    Reference {
        /// The column.
        column: String,
        /// What it refers to.
        target: String,
    },
    /// A statement about the table would be longer than a call takes.
    TooWide {
        /// Its characters.
        characters: usize,
        /// The most that a call takes.
        limit: usize,
    },
    /// A trigger.
    Trigger {
        /// Its name.
        name: String,
    },
    /// A column type that rowgate does not know.
    Type {
        /// The column.
        column: String,
        /// Its type.
        column_type: String,
    },
}

/// What is wrong, and what to do.
impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fmt_wrong(f)?;
        write!(f, ": {}", self.advice())
    }
}

impl Misfit {
    fn fmt_wrong(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alias { alias } => write!(f, "alias {alias} is also another's name or alias"),
            Self::Circle => f.write_str("the references= of tables lead back to it"),
            Self::Collation { column, collation } => {
                write!(f, "{column} is of collation {collation}, whose character set is not known")
            }
            Self::Engine { engine } => write!(f, "its engine {engine} has no transactions"),
            Self::Format { column, format, column_type } => {
                write!(f, "{column}: format={format} does not go with {column_type}")
            }
            Self::Generated { column } => {
                write!(f, "key {column} is generated, so that a row does not have it")
            }
            Self::Gone => {
                f.write_str("the database has no such table, or this user has no rights on it")
            }
            Self::Name { name, .. } => write!(f, "name {name:?} is not understood"),
            Self::NoPrimaryKey => f.write_str("it has no PRIMARY KEY"),
            Self::Reference { column, target } => {
                write!(
                    f,
                    "{column}: references={target} is no primary key of its type that is served"
                )
            }
            Self::KeyCollation { column, collation } => {
                write!(
                    f,
                    "key {column}: a statement does not tell texts of {collation} apart as its index does"
                )
            }
            Self::KeyPrefix { column, length } => {
                write!(
                    f,
                    "key {column} is only its first {length} characters, in which two rows may be one"
                )
            }
            Self::KeyType { column, column_type } => {
                write!(f, "key {column} is of type {column_type}, which serves as no key")
            }
            Self::TooWide { characters, limit } => write!(
                f,
                "a statement about it has up to {characters} characters, and a call takes {limit}"
            ),
            Self::Trigger { name } => write!(f, "trigger {name} may change what was stored"),
            Self::Type { column, column_type } => {
                write!(f, "{column} is of type {column_type}, which is not known")
            }
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Alias { .. } => "change the COMMENT",
            Self::Trigger { .. } => "drop it, or fill the table otherwise",
            Self::Circle => "remove one from a COMMENT",
            Self::Collation { .. } => "ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4",
            Self::Engine { .. } => "ALTER TABLE … ENGINE=InnoDB",
            Self::Format { .. } => "format=date-time goes with VARCHAR(20) or more",
            Self::Generated { .. } => "make a column the key that rows have",
            Self::KeyCollation { .. } => "make it a VARCHAR of utf8mb4_bin or utf8mb4_unicode_ci",
            Self::KeyPrefix { .. } => "make the whole column the key",
            Self::Gone => "make it, or grant the rights: `rowgate migrate --users`",
            Self::KeyType { .. } => "give it a key of integers or texts",
            Self::Name { rule, .. } => rule,
            Self::NoPrimaryKey => "give it one",
            Self::Reference { .. } => {
                "write references=table.column, with the table in backticks if its name has a dot, or make that table fit"
            }
            Self::TooWide { .. } => "use shorter names, or two tables with the same key",
            Self::Type { .. } => {
                "change it to one that docs/types.md lists, or move it to another table"
            }
        }
    }
}
