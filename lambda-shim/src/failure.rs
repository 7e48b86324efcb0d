//! Why an invocation fails.

use std::fmt;

use lambda_runtime::Diagnostic;
use rowgate_core::backup::BackupError;
use rowgate_core::migrate::MigrateError;
use rowgate_core::restore::RestoreError;
use rowgate_core::{LoadError, ObjectRef, SettingsError};

use crate::event::EventError;

/// Why an invocation, or one record of it, fails.
pub(crate) enum Failure {
    /// The event cannot be read.
    Event(EventError),
    /// Settings for what it asks are missing or invalid.
    Unconfigured(SettingsError),
    /// A file should be loaded again.
    Load(Box<ObjectRef>, LoadError),
    /// There is no backup, or it is not what it says.
    Backup(BackupError),
    /// Nothing is restored, or it is not known.
    Restore(Box<RestoreError>),
    /// The tables are not brought up to date, or not compared.
    Migrate(MigrateError),
    /// No bucket of the backups is named.
    NoBucket,
    /// A step of a state machine failed in a way that another attempt would not change.
    Refused(Box<Self>),
    /// What was done cannot be said.
    Answer(serde_json::Error),
    /// Some of several records failed.
    Records {
        /// How many did.
        failed: usize,
        /// How many there were.
        of: usize,
        /// Why the first of them did.
        first: Box<Self>,
    },
}

impl Failure {
    /// Of a step, which a state machine tries again unless that is no use.
    pub(crate) fn of_step(self) -> Self {
        let is_final = match &self {
            Self::Backup(error) => error.is_final(),
            Self::Restore(error) => error.is_final(),
            _ => false,
        };
        if is_final { Self::Refused(Box::new(self)) } else { self }
    }

    /// By this name alarms and state machines tell the failures apart.
    fn error_type(&self) -> &'static str {
        match self {
            Self::Event(EventError::Unknown(_)) => "UnknownEvent",
            Self::Event(EventError::Bad(_)) => "BadEvent",
            Self::Unconfigured(_) => "Unconfigured",
            Self::NoBucket => "Unconfigured",
            Self::Load(..) => "LoadFailed",
            Self::Backup(_) => "BackupFailed",
            Self::Restore(_) => "RestoreFailed",
            Self::Migrate(_) => "MigrateFailed",
            Self::Refused(_) => "Refused",
            Self::Answer(_) => "AnswerFailed",
            Self::Records { first, .. } => first.error_type(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(error) => error.fmt(f),
            Self::Unconfigured(error) => error.fmt(f),
            Self::Load(object, error) => {
                write!(f, "s3://{}/{}: {error}", object.bucket, object.key)
            }
            Self::Backup(error) => error.fmt(f),
            Self::Restore(error) => error.fmt(f),
            Self::Migrate(error) => error.fmt(f),
            Self::Refused(failure) => failure.fmt(f),
            Self::Answer(error) => write!(f, "the answer cannot be written: {error}"),
            Self::NoBucket => f.write_str("settings missing: DATA_BUCKET"),
            Self::Records { failed, of, first } => {
                write!(f, "{failed} of {of} records failed, the first: {first}")
            }
        }
    }
}

/// The runtime writes this one to the log.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {self}", self.error_type())
    }
}

impl From<EventError> for Failure {
    fn from(error: EventError) -> Self {
        Self::Event(error)
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.error_type().to_owned(), error_message: failure.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_type_and_a_text() {
        let unknown = || Failure::Event(EventError::Unknown("a JSON array".to_owned()));
        let bad = Failure::Event(EventError::Bad("Records[0]: no".to_owned()));
        let settings = Failure::Unconfigured(SettingsError::Missing(vec!["DB_NAME"]));
        let several = Failure::Records { failed: 2, of: 3, first: Box::new(unknown()) };
        for (failure, error_type, text) in [
            (unknown(), "UnknownEvent", "unknown event: a JSON array"),
            (bad, "BadEvent", "bad event: Records[0]: no"),
            (settings, "Unconfigured", "settings missing: DB_NAME"),
            (Failure::NoBucket, "Unconfigured", "settings missing: DATA_BUCKET"),
            (
                Failure::Backup(BackupError::OutOfTime),
                "BackupFailed",
                "the time is over; nothing was backed up",
            ),
            (
                Failure::Restore(Box::new(RestoreError::OutOfTime)),
                "RestoreFailed",
                "no time left; nothing was restored",
            ),
            (
                Failure::Restore(Box::new(RestoreError::NoFiles { table: "jobs" })).of_step(),
                "Refused",
                "jobs: there are no files of it",
            ),
            (
                Failure::Backup(BackupError::OutOfTime).of_step(),
                "BackupFailed",
                "the time is over; nothing was backed up",
            ),
            (
                Failure::Migrate(MigrateError::Unreadable),
                "MigrateFailed",
                "the database's description of itself is not readable",
            ),
            (
                several,
                "UnknownEvent",
                "2 of 3 records failed, the first: unknown event: a JSON array",
            ),
        ] {
            assert_eq!(format!("{failure:?}"), format!("{error_type}: {text}"));
            let (error_type, error_message) = (error_type.to_owned(), text.to_owned());
            assert_eq!(Diagnostic::from(failure), Diagnostic { error_type, error_message });
        }
    }
}
