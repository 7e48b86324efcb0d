//! The operation `restore` into calls of the core, within the invocation's time.

use std::time::Duration;

use rowgate_core::backup::Place;
use rowgate_core::restore::{self, Plan, RestoreError, Restored};
use rowgate_core::{ENDED_AFTER, Host};
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::app::App;
use crate::event::Restore;
use crate::failure::Failure;
use crate::load::Invocation;

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Only a plan was asked for.
    Planned(Plan),
    /// The tables are restored.
    Restored(Restored),
}

/// Plans a restore, and does it unless only the plan is asked for.
///
/// A restore that does not end in time fails, and the live tables are what they were.
pub(crate) async fn restore<H: Host>(
    app: &App<H>,
    request: &Restore,
    invocation: Invocation,
) -> Result<Outcome, Failure> {
    let settings = app.settings()?;
    let bucket = app.bucket(request.bucket.as_deref())?;
    let time = invocation.time_left(app.host.now());
    let (database, s3) =
        (&app.client(&settings.target, time), &app.client(&settings.endpoint, time));
    let place = Place { database, s3, bucket };

    let wanted = request.wanted();
    let planning = restore::plan(&place, &wanted, |_| ());
    let plan = within(time, planning, || RestoreError::OutOfTime).await?;
    info!(id = plan.id, run = plan.run, rows = plan.rows(), "planned");
    if request.plan {
        return Ok(Outcome::Planned(plan));
    }

    let left = invocation.time_left(app.host.now());
    let restoring = restore::restore(&place, &plan, request.force, |_, _| ());
    // Without an answer by then the last statement may have been sent.
    let unknown = || RestoreError::SwapUnknown { id: plan.id.clone() };
    let restored = within(left, restoring, unknown).await?;
    tell(&restored);
    Ok(Outcome::Restored(restored))
}

/// Logs what was restored.
pub(crate) fn tell(restored: &Restored) {
    let rows: u64 = restored.tables.iter().map(|table| table.rows).sum();
    info!(id = restored.id, rows, "restored");
    for late in &restored.late {
        warn!(table = late.table, old_table = late.old_table, "written to while it was swapped");
    }
}

/// Ends what is still under way a moment after its time.
pub(crate) async fn within<T>(
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
    async fn what_is_under_way_is_waited_for_a_moment() {
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
