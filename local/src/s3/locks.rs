//! One lock for each key, so that no half of a change is visible.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// Bucket and key.
type Name = (String, String);

/// The locks of all keys that were ever asked for: few enough in a store for development.
#[derive(Debug, Default)]
pub(super) struct Locks(Mutex<HashMap<Name, Arc<RwLock<()>>>>);

impl Locks {
    /// Keeps changes away while an object's parts are put together for an answer.
    pub(super) async fn read(&self, bucket: &str, key: &str) -> OwnedRwLockReadGuard<()> {
        self.of(bucket, key).read_owned().await
    }

    /// Makes check and change of an object one step.
    pub(super) async fn write(&self, bucket: &str, key: &str) -> OwnedRwLockWriteGuard<()> {
        self.of(bucket, key).write_owned().await
    }

    fn of(&self, bucket: &str, key: &str) -> Arc<RwLock<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(locks.entry((bucket.to_owned(), key.to_owned())).or_default())
    }
}
