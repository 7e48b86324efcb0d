//! The ledger's own tables.

/// The ledger's tables, as `sql/ledger.sql` has them.
pub(crate) static TABLES: &[LedgerTable] = include!(concat!(env!("OUT_DIR"), "/ledger.rs"));

/// One of the ledger's tables.
#[derive(Debug)]
pub(crate) struct LedgerTable {
    pub(crate) name: &'static str,
    /// Its `CREATE TABLE` statement.
    pub(crate) create: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn every_table_of_the_ledger_is_known() {
        let names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
        assert_eq!(
            names,
            [
                "rowgate_loads",
                "rowgate_objects",
                "rowgate_rejects",
                "rowgate_ranges",
                "rowgate_ledger"
            ]
        );
    }
}
