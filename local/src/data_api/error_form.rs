//! The forms in which the message of a database's error is written; AWS documents none.

use std::str::FromStr;

use anyhow::{Error, Result, bail};

use super::errors::{ApiError, ErrorKind};

/// How the message of a `DatabaseErrorException` is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ErrorForm {
    /// `Duplicate entry …; Error code: 1062; SQLState: 23000`, as clients of 2019 have seen it.
    #[default]
    NumberLast,
    /// `Database error code: 1062. Message: Duplicate entry …`
    NumberFirst,
    /// `ERROR 1062 (23000): Duplicate entry …`, as MySQL's own client writes it.
    Client,
    /// `Duplicate entry …; SQLState: 23000`
    State,
    /// `Duplicate entry …`
    Words,
}

impl ErrorForm {
    const NAMES: [(&str, Self); 5] = [
        ("number-last", Self::NumberLast),
        ("number-first", Self::NumberFirst),
        ("client", Self::Client),
        ("state", Self::State),
        ("words", Self::Words),
    ];

    /// The error in this form; only those of the database have one.
    pub(super) fn write(self, error: ApiError) -> ApiError {
        let parts = parts(&error.message).filter(|_| error.kind == ErrorKind::DatabaseError);
        let Some((words, code, state)) = parts else { return error };
        let message = match self {
            Self::NumberLast => return error,
            Self::NumberFirst => format!("Database error code: {code}. Message: {words}"),
            Self::Client => format!("ERROR {code} ({state}): {words}"),
            Self::State => format!("{words}; SQLState: {state}"),
            Self::Words => words.to_owned(),
        };
        ApiError { message, ..error }
    }
}

fn parts(message: &str) -> Option<(&str, &str, &str)> {
    let (words, numbers) = message.rsplit_once("; Error code: ")?;
    let (code, state) = numbers.split_once("; SQLState: ")?;
    Some((words, code, state))
}

impl FromStr for ErrorForm {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::NAMES.iter().find(|(name, _)| *name == text);
        let Some((_, form)) = found else {
            let names: Vec<_> = Self::NAMES.iter().map(|(name, _)| *name).collect();
            bail!("unknown form {text:?}; there are {}", names.join(", "))
        };
        Ok(*form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_says_the_same() {
        let error = |kind| {
            let message =
                "Duplicate entry '1' for key 'PRIMARY'; Error code: 1062; SQLState: 23000";
            ApiError::new(kind, message)
        };
        for (name, expected) in [
            (
                "number-last",
                "Duplicate entry '1' for key 'PRIMARY'; Error code: 1062; SQLState: 23000",
            ),
            (
                "number-first",
                "Database error code: 1062. Message: Duplicate entry '1' for key 'PRIMARY'",
            ),
            ("client", "ERROR 1062 (23000): Duplicate entry '1' for key 'PRIMARY'"),
            ("state", "Duplicate entry '1' for key 'PRIMARY'; SQLState: 23000"),
            ("words", "Duplicate entry '1' for key 'PRIMARY'"),
        ] {
            let form: ErrorForm = name.parse().unwrap();
            assert_eq!(form.write(error(ErrorKind::DatabaseError)).message, expected);
            let other = error(ErrorKind::BadRequest);
            assert_eq!(form.write(other.clone()), other);
        }
        assert!("numbers".parse::<ErrorForm>().is_err());
    }
}
