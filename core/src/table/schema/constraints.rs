//! What the database holds the rows of a table to, beside its columns and its primary key.

/// A unique key besides the primary one.
#[derive(Debug, PartialEq, Eq)]
pub struct UniqueKey {
    /// Its name.
    pub name: &'static str,
    /// Its parts, in their order.
    pub parts: &'static [KeyPart],
}

/// One part of a unique key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPart {
    /// A whole column, by its position in the table.
    Column(usize),
    /// The beginning of a column, so many characters of it.
    Prefix(usize, u32),
    /// An expression, which the database alone computes.
    Expression,
}

impl UniqueKey {
    /// The positions of its columns, if it is made of whole columns alone.
    pub fn columns(&self) -> Option<impl Iterator<Item = usize> + Clone + use<>> {
        let parts = self.parts;
        let is_column = |part: &KeyPart| matches!(part, KeyPart::Column(_));
        parts.iter().all(is_column).then(|| {
            parts.iter().filter_map(|part| match part {
                KeyPart::Column(column) => Some(*column),
                KeyPart::Prefix(..) | KeyPart::Expression => None,
            })
        })
    }
}

/// A foreign key.
#[derive(Debug, PartialEq, Eq)]
pub struct ForeignKey {
    /// Its name.
    pub name: &'static str,
    /// The positions of its columns.
    pub columns: &'static [usize],
    /// The parent table, with its database before a dot where that is another one.
    pub table: &'static str,
    /// The parent table's columns.
    pub references: &'static [&'static str],
}

/// The constraints of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Constraints {
    /// The unique keys besides the primary one.
    pub unique: &'static [UniqueKey],
    /// The foreign keys.
    pub foreign: &'static [ForeignKey],
    /// The names of the CHECKs.
    pub checks: &'static [&'static str],
}

impl Constraints {
    /// No constraints.
    pub const NONE: Self = Self { unique: &[], foreign: &[], checks: &[] };

    /// The unique key of this name.
    pub fn unique_key(&self, name: &str) -> Option<&'static UniqueKey> {
        self.unique.iter().find(|key| key.name == name)
    }
}
