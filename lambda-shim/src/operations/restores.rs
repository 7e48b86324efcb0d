//! What the operations on restores share: the log, and the time.

use std::time::Duration;

use rowgate_core::ENDED_AFTER;
use rowgate_core::restore::{RestoreError, Restored};
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::failure::Failure;

/// Logs what was restored.
pub(super) fn log(restored: &Restored) {
    let rows: u64 = restored.tables.iter().map(|table| table.rows).sum();
    info!(id = restored.id, rows, "restored");
    for late in &restored.late {
        warn!(table = late.table, old_table = late.old_table, "written to while it was swapped");
    }
}

/// Ends what is still in flight a moment after its time.
pub(super) async fn within<T>(
    time: Duration,
    work: impl Future<Output = Result<T, RestoreError>>,
    over: impl FnOnce() -> RestoreError,
) -> Result<T, Failure> {
    let outcome = timeout(time + ENDED_AFTER, work).await.unwrap_or_else(|_| Err(over()));
    outcome.map_err(|error| {
        error!(%error, "restore failed");
        Failure::Restore(Box::new(error))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_in_flight_is_waited_for_a_moment() {
        let over = || RestoreError::SwapUnknown { id: "20270115_080000_1a2b".to_owned() };
        let slow = |time| async move {
            tokio::time::sleep(time).await;
            Ok(())
        };
        let time = Duration::from_secs(10);
        assert!(within(time, slow(time + ENDED_AFTER / 2), over).await.is_ok());
        let Err(Failure::Restore(error)) = within(time, slow(time + ENDED_AFTER * 2), over).await
        else {
            panic!("it was waited for to its end");
        };
        assert_eq!(*error, over());
    }
}
