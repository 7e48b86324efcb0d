//! Records as an answer carries them, within the limits of the Data API.

use std::collections::HashSet;

use mysql_async::{Column, Row, Value};

use super::errors::ApiError;
use super::fields::{ColumnReader, ResultSetOptions};
use super::limits;
use super::messages::{ExecuteStatementResponse, RecordsFormat};
use super::metadata::ColumnMetadata;

/// What shape the records of a result are to have.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ResultShape {
    pub(super) options: ResultSetOptions,
    pub(super) format: RecordsFormat,
    pub(super) metadata: bool,
    /// Whether a row may have more than [`limits::ROW`] bytes.
    pub(super) large_rows: bool,
}

/// The members of an answer, and what the call log says about them.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) response: ExecuteStatementResponse,
    /// The member `records`, which is JSON by itself: to parse a large answer once more would take
    /// as long as all the rest.
    pub(super) records_json: Option<String>,
    pub(super) records: u64,
}

/// Collects records as JSON text, and gives up as soon as a limit is passed.
pub(super) struct Records {
    readers: Vec<ColumnReader>,
    /// The keys of `formatRecordsAs=JSON`, each with its quotes.
    keys: Option<Vec<String>>,
    metadata: bool,
    large_rows: bool,
    text: Vec<u8>,
    limit: usize,
    count: u64,
}

impl Records {
    pub(super) fn new(columns: &[Column], shape: ResultShape) -> Result<Self, ApiError> {
        let json = shape.format == RecordsFormat::Json;
        let readers = columns.iter().map(|column| ColumnReader::new(column, shape.options));
        Ok(Self {
            readers: readers.collect::<Result<_, _>>()?,
            keys: if json { Some(distinct_labels(columns)?) } else { None },
            metadata: shape.metadata && !json,
            large_rows: shape.large_rows,
            text: vec![b'['],
            limit: if json { limits::FORMATTED_RECORDS } else { limits::RESPONSE },
            count: 0,
        })
    }

    pub(super) fn push(&mut self, row: Row) -> Result<(), ApiError> {
        let values = row.unwrap();
        let bytes = values.iter().map(size_of_value).sum();
        if bytes > limits::ROW && !self.large_rows {
            return Err(ApiError::row_too_large(bytes, limits::ROW));
        }

        if self.count > 0 {
            self.text.push(b',');
        }
        self.count += 1;
        let [open, close] = if self.keys.is_some() { *b"{}" } else { *b"[]" };
        self.text.push(open);
        for (index, value) in values.into_iter().enumerate() {
            self.push_value(index, value)?;
        }
        self.text.push(close);
        if self.text.len() > self.limit { Err(self.too_large()) } else { Ok(()) }
    }

    fn push_value(&mut self, index: usize, value: Value) -> Result<(), ApiError> {
        if index > 0 {
            self.text.push(b',');
        }
        let field = self.readers[index].read(value)?;
        let written = match &self.keys {
            Some(keys) => {
                self.text.extend_from_slice(keys[index].as_bytes());
                self.text.push(b':');
                serde_json::to_writer(&mut self.text, &field.into_json())
            }
            None => serde_json::to_writer(&mut self.text, &field),
        };
        written.map_err(|error| ApiError::internal(error.to_string()))
    }

    fn too_large(&self) -> ApiError {
        match self.keys {
            None => ApiError::response_too_large(),
            Some(_) => {
                let error = ApiError::bad_request("The formatted records exceed 10 MB.");
                ApiError { ends_transaction: true, ..error }
            }
        }
    }

    pub(super) fn into_outcome(mut self, columns: &[Column]) -> Result<Outcome, ApiError> {
        self.text.push(b']');
        let text = String::from_utf8(self.text);
        let text = text.map_err(|error| ApiError::internal(error.to_string()))?;
        let mut response = ExecuteStatementResponse::default();
        let mut records_json = None;
        match self.keys {
            Some(_) => response.formatted_records = Some(text),
            None => records_json = Some(text),
        }
        if self.metadata {
            response.column_metadata = Some(columns.iter().map(ColumnMetadata::from).collect());
        }
        Ok(Outcome { response, records_json, records: self.count })
    }
}

/// The labels as JSON keys. An object cannot have one twice, so AWS asks for aliases.
fn distinct_labels(columns: &[Column]) -> Result<Vec<String>, ApiError> {
    let mut seen = HashSet::new();
    if let Some(column) = columns.iter().find(|column| !seen.insert(column.name_ref())) {
        let label = column.name_str();
        let message = format!("The result has more than one column with the label '{label}'.");
        return Err(ApiError::bad_request(message));
    }
    Ok(columns
        .iter()
        .map(|column| serde_json::Value::from(column.name_str()).to_string())
        .collect())
}

/// What a value weighs in the database's packet, near enough: only long texts and blobs matter.
fn size_of_value(value: &Value) -> usize {
    match value {
        Value::NULL => 1,
        Value::Bytes(bytes) => bytes.len(),
        _ => 8,
    }
}
