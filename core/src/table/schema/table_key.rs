//! The primary key of a table.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::table::{Column, Table};
use crate::table::types::{Definition, KeyKind, Texts, is_exact};

impl Table {
    /// The primary key's columns, in the key's own order.
    pub fn key_columns(&self) -> impl Iterator<Item = &'static Column> + use<> {
        let columns = self.columns;
        self.key.iter().map(move |position| &columns[*position])
    }

    /// The names of the primary key's columns, with commas between them.
    pub fn key_name(&self) -> Cow<'static, str> {
        self.names_of(self.key)
    }

    /// The names of the columns at these positions, with commas between them.
    pub(crate) fn names_of(&self, key: &[usize]) -> Cow<'static, str> {
        let names: Vec<_> = key.iter().map(|position| self.columns[*position].name).collect();
        match names.as_slice() {
            [only] => Cow::Borrowed(*only),
            names => Cow::Owned(names.join(", ")),
        }
    }

    /// Whether the column at this position belongs to the primary key.
    pub fn is_key(&self, position: usize) -> bool {
        self.key.contains(&position)
    }

    /// The position of the primary key's first column.
    pub fn first_key(&self) -> usize {
        self.key[0]
    }

    /// The primary key's first column.
    pub fn key_column(&self) -> &'static Column {
        &self.columns[self.first_key()]
    }

    /// How the values of the primary key's first column serve as a key.
    pub fn key_kind(&self) -> KeyKind {
        self.key_column().column_type.key_kind()
    }

    /// Whether two rows have one key only where [`row_key`](crate::table::row_key::row_key) is the same.
    /// Else only the database knows, by the collation of a text.
    pub(crate) fn has_exact_key(&self) -> bool {
        let is_text = |column: &&Column| column.column_type.key_kind() == KeyKind::Text;
        self.key_columns().filter(|it| is_text(it)).all(|it| is_exact(it.collation))
    }

    /// Whether the database numbers the rows by the primary key, which is that number alone.
    #[cfg(feature = "avro")]
    pub(crate) fn is_numbered(&self) -> bool {
        self.key.len() == 1 && self.key_column().auto_increment
    }
}

impl Column {
    /// A text, by an expression of SQL, as what the column is compared with where it belongs to a key.
    pub(crate) fn key_operand(&self, text: &str) -> String {
        self.column_type.key_kind().operand(text, self.texts())
    }

    /// A stored value of the column, by an expression of SQL, as the text that
    /// [`key_operand`](Self::key_operand) takes.
    #[cfg(feature = "avro")]
    pub(crate) fn key_text(&self, value: &str) -> String {
        alloc::format!("CAST({} AS CHAR)", self.column_type.canonical(value))
    }

    /// The condition that a text is none but that of [`key_operand`](Self::key_operand), where it could
    /// be another.
    pub(crate) fn key_holds(&self, text: &str) -> Option<String> {
        let kind = self.column_type.key_kind();
        (kind == KeyKind::Text).then(|| self.texts().holds(text))?
    }

    fn texts(&self) -> Texts {
        Texts { character_set: self.column_type.character_set(), collation: self.collation }
    }
}
