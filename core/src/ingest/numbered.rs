//! Rows whose ids the database gives, and tells.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::aws::data_api::{ExecuteStatement, Field};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::sql::chunk::Chunk;
use crate::sql::values::insert_row_values;
use crate::table::schema::Table;

/// The most runs of ids in an answer, which the ledger can keep.
pub(super) const RUNS_LIMIT: usize = 1_000;

/// Asks for the id of the first row that the transaction's last statement has numbered, and how far apart
/// two ids are.
const FIRST_ID: &str = "SELECT LAST_INSERT_ID(), @@auto_increment_increment";

/// The ids of rows that one statement has written in their order: InnoDB reserves them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NumberedRows {
    first: u64,
    step: u64,
}

/// Rows that follow each other and whose ids do: the index of the first, its id, and how many.
pub type IdRun = [u64; 3];

/// The ids of rows, in runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ids(Vec<IdRun>);

impl Ids {
    /// Takes the ids of a chunk's rows.
    pub(super) fn add(&mut self, chunk: &Chunk, NumberedRows { first, step }: NumberedRows) {
        for row in 0..chunk.rows() {
            let index = chunk.place(row).index.unwrap_or_default();
            let id = first + step * row as u64;
            match self.0.last_mut() {
                Some([from, start, count]) if *from + *count == index && *start + *count == id => {
                    *count += 1;
                }
                _ => self.0.push([index, id, 1]),
            }
        }
    }

    /// The runs in the order of their rows.
    pub(super) fn runs(&self) -> Vec<IdRun> {
        let mut runs = self.0.clone();
        runs.sort_unstable();
        runs
    }
}

/// Writes the rows of a chunk with a parameter for each value, which alone keeps their ids in order. Answers
/// how many were written.
pub(super) async fn insert_values<H: Host>(
    client: &Client<'_, H>,
    table: &Table,
    chunk: &Chunk,
    id: &str,
) -> Result<(u64, Option<NumberedRows>), CallError> {
    let (sql, values) = insert_row_values(table, chunk);
    let names: Vec<String> = (0..values.len()).map(|number| format!("p{number}")).collect();
    let parameters: Vec<_> =
        names.iter().zip(&values).map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let call = ExecuteStatement { sql: &sql, parameters: &parameters, transaction_id: Some(id) };
    let written = client.call(&call, Repeat::Never).await?.number_of_records_updated;
    let asked = ExecuteStatement { sql: FIRST_ID, parameters: &[], transaction_id: Some(id) };
    let records = client.call(&asked, Repeat::Never).await?.records;
    let number = |at: usize| {
        let field: &Field = records.first()?.get(at)?;
        field.text()?.parse::<u64>().ok()
    };
    Ok((written, number(0).zip(number(1)).map(|(first, step)| NumberedRows { first, step })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::record::{Cell, Place};

    fn chunk(indexes: &[u64]) -> Chunk {
        let mut chunk = Chunk::default();
        for index in indexes {
            chunk.push_cells(&[Cell::Null], Place { index: Some(*index), line: None });
        }
        chunk
    }

    #[test]
    fn ids_that_follow_each_other_are_one_run() {
        let mut ids = Ids::default();
        ids.add(&chunk(&[4, 5, 7]), NumberedRows { first: 100, step: 1 });
        ids.add(&chunk(&[0, 1]), NumberedRows { first: 200, step: 2 });
        ids.add(&chunk(&[2]), NumberedRows { first: 203, step: 1 });
        assert_eq!(ids.runs(), [[0, 200, 1], [1, 202, 2], [4, 100, 2], [7, 102, 1]]);
    }
}
