//! Rows of `information_schema` as texts.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::IntrospectError;
use crate::aws::data_api::Field;
use crate::aws::host::{Client, Host};

/// Runs a query of `N` columns and reads every value as a text.
///
/// By place and not by name: MySQL 8 spells the columns of `information_schema` in capitals.
pub(crate) async fn texts<H: Host, const N: usize>(
    client: &Client<'_, H>,
    sql: &str,
) -> Result<Vec<[Option<String>; N]>, IntrospectError> {
    let output = client.query(sql, &[]).await.map_err(IntrospectError::Call)?;
    let row = |fields: Vec<Field>| {
        let values: Option<Vec<_>> = fields.into_iter().map(text).collect();
        values.and_then(|values| values.try_into().ok()).ok_or(IntrospectError::Unreadable)
    };
    output.records.into_iter().map(row).collect()
}

/// SQL NULL is `Some(None)`; what is neither text nor number is `None`.
fn text(field: Field) -> Option<Option<String>> {
    match field {
        Field::Null(_) => Some(None),
        field => field.text().map(Some),
    }
}
