//! Reads the tables of `sql/ledger.sql`, which keep types that rows of people never have.

use crate::ddl::{Error, split};

/// One table of the ledger.
pub(crate) struct LedgerTable {
    pub(crate) name: String,
    /// The statement as it stands in the file, without the semicolon.
    pub(crate) create: String,
}

/// Reads the whole file; it makes tables whose names begin with `rowgate_`, and nothing else.
pub(crate) fn read(sql: &str) -> Result<Vec<LedgerTable>, Error> {
    let table = |source: super::ddl::Source| {
        let name =
            source.text.strip_prefix("CREATE TABLE ").and_then(|rest| rest.split(' ').next());
        match name.filter(|name| name.starts_with("rowgate_")) {
            Some(name) => Ok(LedgerTable { name: name.to_owned(), create: source.text.clone() }),
            None => {
                let message = "only CREATE TABLE rowgate_… is understood".to_owned();
                Err(Error { line: source.line, message })
            }
        }
    };
    split(sql)?.into_iter().map(table).collect()
}
