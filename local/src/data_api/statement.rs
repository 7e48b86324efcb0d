//! Runs one statement on a connection and turns what comes back into an answer's members.

use mysql_async::prelude::Queryable;
use mysql_async::{
    BinaryProtocol, Column, Conn, Params, QueryResult, Row, Statement, TextProtocol, Value,
};

use super::connections::Connections;
use super::errors::{ApiError, ErrorKind};
use super::fields::Field;
use super::messages::{ExecuteStatementResponse, UpdateResult};
use super::records::{Outcome, Records, ResultShape};
use super::sql::Sql;

/// Runs a statement once.
///
/// One without parameters goes as text, since some cannot be prepared; values are always bound.
pub(super) async fn execute(
    connections: &Connections,
    connection: &mut Conn,
    sql: &Sql,
    values: Vec<Value>,
    shape: ResultShape,
) -> Result<Outcome, ApiError> {
    let explain = |error| connections.error(&error);
    let mut answer = if values.is_empty() {
        let result = connection.query_iter(sql.text.as_str()).await;
        Answer::Text(result.map_err(explain)?)
    } else {
        let statement = prepare(connections, connection, sql).await?;
        let result = connection.exec_iter(statement, Params::Positional(values)).await;
        Answer::Binary(result.map_err(explain)?)
    };

    let columns = answer.columns();
    if columns.is_empty() {
        let written = answer.written();
        answer.finish().await.map_err(explain)?;
        let response = ExecuteStatementResponse {
            number_of_records_updated: written.affected,
            generated_fields: Some(generated_fields(connections, connection, written).await?),
            ..Default::default()
        };
        return Ok(Outcome { response, records_json: None, records: 0 });
    }

    let mut records = Records::new(&columns, shape)?;
    while let Some(row) = answer.next().await.map_err(explain)? {
        records.push(row)?;
    }
    answer.finish().await.map_err(explain)?;
    records.into_outcome(&columns)
}

/// Runs a statement once for each set of values; also gives the number of rows written.
///
/// Without a transaction every set is committed by itself, so a set that fails leaves those before
/// it in the table. AWS does not say what it does; this is the answer to be prepared for.
pub(super) async fn execute_batch(
    connections: &Connections,
    connection: &mut Conn,
    sql: &Sql,
    sets: Vec<Vec<Value>>,
) -> Result<(Vec<UpdateResult>, u64), ApiError> {
    let statement = prepare(connections, connection, sql).await?;
    if statement.num_columns() > 0 {
        let message = "Can not issue SELECT via executeUpdate() or executeLargeUpdate(); \
                       Error code: 0; SQLState: S1009";
        return Err(ApiError::new(ErrorKind::DatabaseError, message));
    }

    let mut results = Vec::with_capacity(sets.len());
    let mut updated = 0;
    let mut has_explicit_id = false;
    for values in sets {
        let bound = bound_ids(&values);
        let result = connection.exec_iter(&statement, Params::Positional(values)).await;
        let answer = Answer::Binary(result.map_err(|error| connections.error(&error))?);
        let written = answer.written();
        answer.finish().await.map_err(|error| connections.error(&error))?;

        updated += written.affected;
        // To ask takes as long as to insert a row, and AWS's driver does not. Once a set has named
        // its id, another whose id is among its values is taken to have named it too.
        let generated_fields = if has_explicit_id && bound.contains(&written.insert_id) {
            Vec::new()
        } else {
            generated_fields(connections, connection, written).await?
        };
        has_explicit_id |= written.insert_id > 0 && generated_fields.is_empty();
        results.push(UpdateResult { generated_fields });
    }
    Ok((results, updated))
}

/// Those of a set's values that a row may have as its id.
fn bound_ids(values: &[Value]) -> Vec<u64> {
    let id = |value: &Value| match value {
        Value::Int(id) => u64::try_from(*id).ok(),
        Value::Bytes(text) => std::str::from_utf8(text).ok()?.parse().ok(),
        _ => None,
    };
    values.iter().filter_map(id).collect()
}

async fn prepare(
    connections: &Connections,
    connection: &mut Conn,
    sql: &Sql,
) -> Result<Statement, ApiError> {
    let statement = connection.prep(sql.text.as_str()).await;
    let statement = statement.map_err(|error| connections.error(&error))?;
    if usize::from(statement.num_params()) != sql.names.len() {
        return Err(ApiError::bad_request("Parameters are written as :name, not as ?"));
    }
    Ok(statement)
}

/// A running result, by whichever protocol it comes.
enum Answer<'a> {
    Text(QueryResult<'a, 'static, TextProtocol>),
    Binary(QueryResult<'a, 'static, BinaryProtocol>),
}

impl Answer<'_> {
    fn columns(&self) -> Vec<Column> {
        match self {
            Self::Text(result) => result.columns_ref().to_vec(),
            Self::Binary(result) => result.columns_ref().to_vec(),
        }
    }

    fn written(&self) -> Written {
        match self {
            Self::Text(result) => {
                Written::new(result.affected_rows(), result.last_insert_id(), &result.info())
            }
            Self::Binary(result) => {
                Written::new(result.affected_rows(), result.last_insert_id(), &result.info())
            }
        }
    }

    async fn next(&mut self) -> Result<Option<Row>, mysql_async::Error> {
        match self {
            Self::Text(result) => result.next().await,
            Self::Binary(result) => result.next().await,
        }
    }

    /// Passes over further results, which a CALL has.
    async fn finish(self) -> Result<(), mysql_async::Error> {
        match self {
            Self::Text(result) => result.drop_result().await,
            Self::Binary(result) => result.drop_result().await,
        }
    }
}

/// What a statement without a result set says it did.
#[derive(Clone, Copy, Debug)]
struct Written {
    affected: u64,
    insert_id: u64,
    /// Rows inserted by one statement: the server counts them when there were several.
    inserted: u64,
}

impl Written {
    fn new(affected: u64, insert_id: Option<u64>, info: &str) -> Self {
        let count = |name: &str| -> Option<u64> {
            info.split_once(name)?.1.split_whitespace().next()?.parse().ok()
        };
        let records =
            count("Records: ").map(|all| all - count("Duplicates: ").unwrap_or(0).min(all));
        let inserted = records.unwrap_or(affected.min(1));
        Self { affected, insert_id: insert_id.unwrap_or(0), inserted }
    }
}

/// The ids that AUTO_INCREMENT gave to new rows.
///
/// The number that comes with the result is an explicit id too when the statement named one, which
/// is not a generated one. The session's LAST_INSERT_ID() tells them apart. It gives the first of
/// a statement's ids; the others follow it, as with JDBC.
async fn generated_fields(
    connections: &Connections,
    connection: &mut Conn,
    written: Written,
) -> Result<Vec<Field>, ApiError> {
    if written.insert_id == 0 || written.affected == 0 {
        return Ok(Vec::new());
    }
    let ids = connection.query_first("SELECT LAST_INSERT_ID(), @@auto_increment_increment").await;
    let ids: Option<(u64, u64)> = ids.map_err(|error| connections.error(&error))?;
    let Some((first, step)) = ids.filter(|(first, _)| *first == written.insert_id) else {
        return Ok(Vec::new());
    };
    let id = |nth: u64| Field::LongValue((first + nth * step).cast_signed());
    Ok((0..written.inserted).map(id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_may_be_bound_as_a_number_or_a_text() {
        let values = [Value::Int(7), Value::Bytes(b"8".into()), Value::Bytes(b"x".into())];
        assert_eq!(bound_ids(&[&values[..], &[Value::NULL, Value::Int(-1)]].concat()), [7, 8]);
    }

    #[test]
    fn counts_the_inserted_rows() {
        let cases = [
            (1, "", 1),
            (0, "", 0),
            (2, "", 1),
            (3, "Records: 3  Duplicates: 0  Warnings: 0", 3),
            (4, "Records: 3  Duplicates: 1  Warnings: 0", 2),
        ];
        for (affected, info, inserted) in cases {
            assert_eq!(Written::new(affected, Some(1), info).inserted, inserted, "{info}");
        }
    }
}
