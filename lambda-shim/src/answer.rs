//! What goes back to Lambda.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::failure::Failure;

/// An answer in JSON, in the form that its event's source reads.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Answer(Box<RawValue>);

impl Answer {
    /// Writes a value; an error is one of its `Serialize`.
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, Failure> {
        to_raw_value(value).map(Self).map_err(Failure::Answer)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{json, to_string};

    use super::*;

    #[test]
    fn an_answer_is_its_value() {
        let value = json!({ "rows": [1, "\u{2028}"], "none": null });
        assert_eq!(to_string(&Answer::of(&value).unwrap()).unwrap(), value.to_string());
    }

    #[test]
    fn what_is_not_json_is_a_failure() {
        let failure = Answer::of(&BTreeMap::from([((1, 2), 3)])).unwrap_err();
        assert_eq!(
            format!("{failure:?}"),
            "AnswerFailed: the answer cannot be written: key must be a string"
        );
    }
}
