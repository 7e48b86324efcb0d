//! The ledger's own tables.

/// The statements that make them, each behind comments.
const TEXT: &str = include_str!("../../../sql/ledger.sql");

/// How each statement begins.
const BEGIN: &str = "CREATE TABLE ";

/// One of the ledger's tables.
#[derive(Debug)]
pub(crate) struct LedgerTable {
    pub(crate) name: &'static str,
    /// Its `CREATE TABLE` statement.
    pub(crate) create: &'static str,
}

/// The ledger's tables, as `sql/ledger.sql` has them.
pub(crate) fn tables() -> impl Iterator<Item = LedgerTable> {
    TEXT.split(";\n").filter_map(table)
}

fn table(text: &'static str) -> Option<LedgerTable> {
    let create = &text[text.find(BEGIN)?..];
    let name = create[BEGIN.len()..].split(' ').next()?;
    Some(LedgerTable { name, create })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::statements::sql_statements;
    use alloc::vec::Vec;

    #[test]
    fn every_table_of_the_ledger_is_known() {
        let names: Vec<_> = tables().map(|table| table.name).collect();
        assert_eq!(
            names,
            [
                "rowgate_loads",
                "rowgate_objects",
                "rowgate_rejects",
                "rowgate_ranges",
                "rowgate_ledger",
                "rowgate_locks"
            ]
        );
    }

    #[test]
    fn each_statement_is_whole() {
        let statements = sql_statements(TEXT).unwrap();
        let whole: Vec<_> = statements.iter().map(|it| it.text).collect();
        assert_eq!(tables().map(|table| table.create).collect::<Vec<_>>(), whole);
    }
}
