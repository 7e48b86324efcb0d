//! What a plan says of a snapshot export: what it does not carry as the table had it.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::table::schema::{Column, Table};
use crate::table::types::{AvroType, Definition};

/// What a plan says of a snapshot export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportPlan {
    /// The folder of the export.
    pub folder: String,
    /// The database of it that is restored.
    pub database: String,
    /// Columns whose values the export may not have as the table had them, each a sentence.
    pub not_exact: Vec<String>,
    /// What AWS warns of.
    pub warnings: Vec<String>,
    /// Tables of the database that are not served, and so not restored.
    pub not_served: Vec<String>,
}

impl ExportPlan {
    /// All of that, each a sentence.
    pub(super) fn notes(&self) -> Vec<String> {
        let warnings = self.warnings.iter().map(|warning| format!("the export warns: {warning}"));
        let mut notes: Vec<_> = self.not_exact.iter().cloned().chain(warnings).collect();
        if !self.not_served.is_empty() {
            let tables = self.not_served.join(", ");
            notes.push(format!("not restored, since they are no tables of the schema: {tables}"));
        }
        notes
    }
}

/// The columns of a table that an export may not have as they were.
pub(super) fn not_exact(table: &Table) -> Vec<String> {
    let of = |why: &str, is: &dyn Fn(&Column) -> bool| {
        let columns: Vec<_> = table.columns.iter().filter(|it| is(it)).map(|it| it.name).collect();
        (!columns.is_empty()).then(|| format!("{}: {why}: {}", table.name, columns.join(", ")))
    };
    let is = |column: &Column, types: &[AvroType]| types.contains(&column.column_type.avro());
    let float = of(
        "FLOAT comes as DOUBLE, and is exact only if the export has all digits of it",
        &|column| is(column, &[AvroType::Float]),
    );
    let times = of(
        "DATETIME and TIMESTAMP come as microseconds of UTC, which have no 0000-00-00: what the export has in place \
         of that is restored",
        &|column| is(column, &[AvroType::LocalTimestampMicros, AvroType::TimestampMicros]),
    );
    float.into_iter().chain(times).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_note_is_a_sentence() {
        let plan = ExportPlan {
            folder: "e/".into(),
            database: "shop".into(),
            not_exact: Vec::from(["orders: x".into()]),
            warnings: Vec::from(["texts were converted".into()]),
            not_served: Vec::from(["a".into(), "b".into()]),
        };
        assert_eq!(
            plan.notes(),
            [
                "orders: x",
                "the export warns: texts were converted",
                "not restored, since they are no tables of the schema: a, b",
            ]
        );
    }
}
