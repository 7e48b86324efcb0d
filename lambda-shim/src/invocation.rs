//! What is known of an invocation beside its event.

use std::time::Duration;

use lambda_runtime::Context;

/// What work leaves of the invocation's time: [`rowgate_core::ENDED_AFTER`] for calls in flight and
/// for what takes back, and a moment for the answer.
const MARGIN: Duration = Duration::from_secs(5);

/// When an invocation has to be over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invocation {
    /// When Lambda ends it, since the Unix epoch.
    deadline: Duration,
}

impl Invocation {
    /// Takes what the runtime knows of it.
    pub(crate) fn of(context: &Context) -> Self {
        Self { deadline: Duration::from_millis(context.deadline) }
    }

    /// How long work may take from `now` on, which is since the Unix epoch as well.
    pub(crate) fn time_left(self, now: Duration) -> Duration {
        self.deadline.saturating_sub(now).saturating_sub(MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_of_the_time_is_left() {
        let invocation = Invocation { deadline: Duration::from_secs(1_800_000_030) };
        let left = |now: u64| invocation.time_left(Duration::from_secs(now));
        assert_eq!(left(1_800_000_000), Duration::from_secs(25));
        assert_eq!(left(1_800_000_026), Duration::ZERO);
        assert_eq!(left(1_800_000_099), Duration::ZERO);
    }
}
