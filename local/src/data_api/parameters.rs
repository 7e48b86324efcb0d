//! Typed parameters: from a request's JSON to values that are bound.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use mysql_async::Value;
use serde::Deserialize;
use serde::de::IgnoredAny;
use time::macros::format_description;
use time::{Date, Time};

use super::errors::ApiError;
use super::fields::Field;

/// One entry of `parameters` or of a parameter set.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SqlParameter {
    name: Option<String>,
    value: Option<Field>,
    type_hint: Option<TypeHint>,
}

/// How a `stringValue` is meant.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum TypeHint {
    Date,
    Decimal,
    Json,
    Time,
    Timestamp,
    Uuid,
}

/// Gives each name of a statement its value, in the order of `names`.
///
/// Parameters that the statement does not name are passed over, as AWS does; they are checked all
/// the same.
pub(super) fn bind(names: &[String], parameters: &[SqlParameter]) -> Result<Vec<Value>, ApiError> {
    let mut values: Vec<(&str, Value)> = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        let (name, value) = parameter.read()?;
        if values.iter().any(|(known, _)| *known == name) {
            let message = format!("The parameter '{name}' is given more than once.");
            return Err(ApiError::validation(message));
        }
        values.push((name, value));
    }

    let find = |name: &String| {
        let found = values.iter().find(|(known, _)| known == name);
        let missing = || ApiError::bad_request(format!("Cannot find parameter: {name}"));
        found.map(|(_, value)| value.clone()).ok_or_else(missing)
    };
    names.iter().map(find).collect()
}

impl SqlParameter {
    /// How many bytes its text has.
    pub(super) fn text_bytes(&self) -> usize {
        match &self.value {
            Some(Field::StringValue(text) | Field::BlobValue(text)) => text.len(),
            _ => 0,
        }
    }

    fn read(&self) -> Result<(&str, Value), ApiError> {
        let name = self.name.as_deref().ok_or_else(|| ApiError::missing("parameters.name"))?;
        let value = self.value.as_ref().ok_or_else(|| ApiError::missing("parameters.value"))?;
        let refuse = |what: &str| ApiError::validation(format!("The parameter '{name}' {what}."));

        let value = match value {
            Field::IsNull(true) => Value::NULL,
            Field::IsNull(false) => return Err(refuse("has isNull=false and no value")),
            Field::BooleanValue(value) => Value::Int((*value).into()),
            Field::LongValue(value) => Value::Int(*value),
            Field::DoubleValue(value) => Value::Double(*value),
            Field::StringValue(text) => {
                if let Some(hint) = self.type_hint.filter(|hint| !hint.fits(text)) {
                    let hint = format!("{hint:?}").to_uppercase();
                    return Err(refuse(&format!("has not the format of its type hint {hint}")));
                }
                Value::Bytes(text.clone().into_bytes())
            }
            Field::BlobValue(text) => {
                Value::Bytes(BASE64.decode(text).map_err(|_| refuse("is no base64"))?)
            }
            Field::ArrayValue(_) => return Err(refuse("is an array, which isn't supported")),
        };
        Ok((name, value))
    }
}

impl TypeHint {
    /// Whether the text has the format that the service model asks for.
    ///
    /// `.FFF` in the model: one to three digits of a second. Aurora might take more; who relies on
    /// the documented form is safe in both places.
    fn fits(self, text: &str) -> bool {
        match self {
            Self::Date => is_date(text),
            Self::Time => is_time(text),
            Self::Timestamp => {
                text.split_once(' ').is_some_and(|(date, time)| is_date(date) && is_time(time))
            }
            Self::Decimal => is_decimal(text),
            Self::Json => serde_json::from_str::<IgnoredAny>(text).is_ok(),
            Self::Uuid => is_uuid(text),
        }
    }
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && Date::parse(text, format_description!("[year]-[month]-[day]")).is_ok()
}

fn is_time(text: &str) -> bool {
    let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let format = format_description!("[hour]:[minute]:[second]");
    (1..=3).contains(&fraction.len()) && is_digits(fraction) && Time::parse(time, format).is_ok()
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    is_digits(whole) && is_digits(fraction)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    let hex = parts.concat().bytes().all(|byte| byte.is_ascii_hexdigit());
    lengths == [8, 4, 4, 4, 12] && hex
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data_api::errors::ErrorKind;

    fn parameters(json: &str) -> Vec<SqlParameter> {
        serde_json::from_str(json).unwrap()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn binds_by_name_in_the_order_of_the_statement() {
        let parameters = parameters(
            r#"[{"name":"a","value":{"longValue":1}},
                {"name":"b","value":{"blobValue":"AAH/"}},
                {"name":"c","value":{"isNull":true}},
                {"name":"unused","value":{"booleanValue":true}}]"#,
        );
        let values = bind(&names(&["b", "a", "c", "a"]), &parameters).unwrap();
        let blob = Value::Bytes(vec![0, 1, 255]);
        assert_eq!(values, [blob, Value::Int(1), Value::NULL, Value::Int(1)]);
    }

    #[test]
    fn a_name_without_a_value_is_an_error() {
        let error = bind(&names(&["a"]), &[]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadRequest);
        assert_eq!(error.message, "Cannot find parameter: a");
    }

    #[test]
    fn bad_parameters_are_refused_without_their_value() {
        for json in [
            r#"[{"name":"a","value":{"arrayValue":{"longValues":[4711]}}}]"#,
            r#"[{"name":"a","value":{"isNull":false}}]"#,
            r#"[{"name":"a","value":{"blobValue":"4711!"}}]"#,
            r#"[{"name":"a","value":{"stringValue":"4711"},"typeHint":"DATE"}]"#,
            r#"[{"value":{"longValue":4711}}]"#,
            r#"[{"name":"a"}]"#,
            r#"[{"name":"a","value":{"longValue":1}},{"name":"a","value":{"longValue":1}}]"#,
        ] {
            let error = bind(&[], &parameters(json)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Validation, "{json}");
            assert!(!error.message.contains("4711"), "{error}");
        }
    }

    #[test]
    fn formats_of_type_hints() {
        let cases: [(TypeHint, &[&str], &[&str]); 6] = [
            (TypeHint::Date, &["2024-02-29"], &["2023-02-29", "2024-2-29", "20240229", ""]),
            (TypeHint::Time, &["23:59:59", "00:00:00.123"], &["24:00:00", "1:00:00", "00:00:00."]),
            (
                TypeHint::Timestamp,
                &["2021-07-27 16:02:08", "2021-07-27 16:02:08.5"],
                &["2021-07-27T16:02:08", "2021-07-27 16:02:08Z", "2021-07-27"],
            ),
            (TypeHint::Decimal, &["0", "-12.50", "+1"], &["", ".", "1.", "1e3", "one"]),
            (TypeHint::Json, &["{}", "\"x\"", "null"], &["", "{", "nil", "{} {}"]),
            (
                TypeHint::Uuid,
                &["0f8fad5b-d9cb-469f-a165-70867728950e"],
                &["0f8fad5bd9cb469fa16570867728950e", "gf8fad5b-d9cb-469f-a165-70867728950e"],
            ),
        ];
        for (hint, good, bad) in cases {
            for text in good {
                assert!(hint.fits(text), "{hint:?} {text}");
            }
            for text in bad {
                assert!(!hint.fits(text), "{hint:?} {text}");
            }
        }
    }
}
