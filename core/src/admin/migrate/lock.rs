//! One migration, or comparison, at a time.

use alloc::borrow::ToOwned;

use super::error::MigrateError;
use crate::aws::host::{Client, Host};
use crate::aws::operation::Retry;
use crate::ledger::{MigrationLock, NotLocked};

/// Takes the lock in the name of `by`.
pub(super) async fn lock<H: Host>(
    client: &Client<'_, H>,
    by: &str,
) -> Result<MigrationLock, MigrateError> {
    Ok(MigrationLock::take(client, by).await?)
}

/// Gives the lock back, unless a statement may still be running: then it ends by its lease.
pub(super) async fn unlock<H: Host, T>(
    client: &Client<'_, H>,
    lock: MigrationLock,
    result: Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    match &result {
        Err(MigrateError::Call { error, .. }) if error.retry() == Retry::OutcomeUnknown => {}
        _ => lock.release(client).await,
    }
    result
}

impl From<NotLocked> for MigrateError {
    fn from(error: NotLocked) -> Self {
        match error {
            NotLocked::Held(holder) => Self::Locked(holder),
            NotLocked::Lost => Self::LockLost,
            NotLocked::Call(error) => {
                let doing = "the lock of migrations is not taken or renewed".to_owned();
                Self::Call { doing, error }
            }
        }
    }
}
