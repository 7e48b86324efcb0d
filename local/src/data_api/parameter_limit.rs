//! A limit of a parameter's bytes, if there is one, and the forms in which it may be refused: AWS
//! documents neither.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::errors::{ApiError, ErrorKind};
use super::parameters::SqlParameter;

/// The most bytes of a parameter's text.
#[derive(Debug)]
pub(super) struct ParameterLimit {
    bytes: Option<usize>,
    /// How many calls were refused; each next one gets the next form.
    refused: AtomicUsize,
}

impl ParameterLimit {
    pub(super) fn new(bytes: Option<usize>) -> Self {
        Self { bytes, refused: AtomicUsize::new(0) }
    }

    /// Refuses a call with a parameter over the limit, which is then not run.
    pub(super) fn check(&self, parameters: &[SqlParameter]) -> Result<(), ApiError> {
        let Some(limit) = self.bytes else { return Ok(()) };
        let longest = parameters.iter().map(SqlParameter::text_bytes).max().unwrap_or_default();
        if longest <= limit {
            return Ok(());
        }
        let form = self.refused.fetch_add(1, Ordering::Relaxed);
        Err(refusal(form, limit, longest))
    }
}

fn refusal(form: usize, limit: usize, bytes: usize) -> ApiError {
    match form % 4 {
        0 => ApiError::new(ErrorKind::RequestEntityTooLarge, "The request is too large"),
        1 => ApiError::validation(format!(
            "1 validation error detected: Value at 'parameters.1.member.value.stringValue' failed to \
             satisfy constraint: Member must have length less than or equal to {limit}"
        )),
        2 => ApiError::bad_request("Request size exceeds the limit"),
        _ => {
            let words = format!(
                "Packet for query is too large ({bytes} > {limit}). You can change this value on the \
                 server by setting the 'max_allowed_packet' variable."
            );
            let message = format!("{words}; Error code: 0; SQLState: S1000");
            ApiError::new(ErrorKind::DatabaseError, message)
        }
    }
}
