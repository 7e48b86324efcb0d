//! When a stack has to end.

use std::os::unix::process::parent_id;
use std::time::Duration;

use anyhow::Result;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, SIGTERM, a closed terminal, or the death of the program that started this one.
pub(super) struct End {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    /// The process whose end is ours too; none for a person, who may well log out.
    parent: Option<u32>,
}

impl End {
    /// From here on signals no longer end the process by themselves.
    pub(super) fn listen(with_parent: bool) -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            parent: with_parent.then(parent_id),
        })
    }

    pub(super) async fn wanted(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            () = death_of(self.parent) => {}
        }
    }
}

/// An orphan is given another parent, which is how it can tell.
async fn death_of(parent: Option<u32>) {
    let Some(parent) = parent else { return std::future::pending().await };
    while parent_id() == parent {
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
