//! Rows of a batch that are one key by the collation of a text, though not byte for byte.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::error::StoreError;
use super::key_rows::KeyRows;
use super::lookup::repeat;
use super::store::{Rejected, Store};
use crate::aws::data_api::{ExecuteStatement, Field};
use crate::aws::host::{Client, Host};
use crate::sql::chunk::Chunk;
use crate::sql::statement;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::schema::Table;

impl Store {
    /// Rejects the rows of all tables whose key an earlier row has.
    pub(super) async fn reject_same_keys<H: Host>(
        &mut self,
        client: &Client<'_, H>,
    ) -> Result<(), StoreError> {
        for position in 0..self.tables.len() {
            self.reject_same_keys_of(client, position, None).await?;
        }
        Ok(())
    }

    /// The same of one table; answers whether there are any. The rows are compared once.
    pub(super) async fn reject_same_keys_of<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        position: usize,
        transaction_id: Option<&str>,
    ) -> Result<bool, StoreError> {
        let batch = &mut self.tables[position].batch;
        let table = batch.table;
        let mut rejected = Vec::new();
        for chunk in batch.key_rows.chunks(client.rows_limit()) {
            rejected.extend(same_keys(client, table, &chunk, transaction_id).await?);
        }
        batch.key_rows = KeyRows::default();
        let found = !rejected.is_empty();
        if found {
            self.reject(position, rejected);
        }
        Ok(found)
    }
}

async fn same_keys<H: Host>(
    client: &Client<'_, H>,
    table: &'static Table,
    chunk: &Chunk,
    transaction_id: Option<&str>,
) -> Result<Vec<Rejected>, StoreError> {
    let sql = statement::same_keys(table);
    let (mut rejected, mut last) = (Vec::new(), 0);
    loop {
        let after = last.to_string();
        let parameters = [(statement::ROWS, chunk.json()), (statement::AFTER, &*after)];
        let call = ExecuteStatement { sql: &sql, parameters: &parameters, transaction_id };
        let answer = client.call(&call, repeat(transaction_id)).await.map_err(|error| {
            let too_large = StoreError::of_size(&error, table, chunk, true);
            too_large.unwrap_or_else(|| StoreError::before_commit(&error))
        });
        let records = answer?.records;
        let pairs = records.iter().filter_map(|row| pair(row, chunk.rows()));
        for (row, first) in pairs {
            last = row + 1;
            let first = chunk.place(first).index.unwrap_or_default();
            let kind = RowErrorKind::DuplicateInBatch { first };
            rejected.push((chunk.place(row), alloc::vec![RowError::key(table.key_name(), kind)]));
        }
        if records.len() < statement::PAGE {
            return Ok(rejected);
        }
    }
}

/// A row and the first one of its key, counted from 0.
fn pair(fields: &[Field], rows: usize) -> Option<(usize, usize)> {
    let [Field::Long(row), Field::Long(first)] = fields else { return None };
    let number = |field: i64| usize::try_from(field - 1).ok().filter(|number| *number < rows);
    Some((number(*row)?, number(*first)?))
}
