//! Invocations as Lambda takes them: waited for, or queued and repeated.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use axum::body::Bytes;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use super::invocation::{FunctionError, Invocation, LostEvent};
use super::limits;
use super::pool::Pool;
use crate::identifiers::new_uuid;

/// One function with all that is under way in it.
pub(super) struct Service {
    pool: Pool,
    retry_delays: Vec<Duration>,
    tasks: Mutex<JoinSet<()>>,
    pending: watch::Sender<usize>,
    failures: Mutex<Vec<LostEvent>>,
}

impl Service {
    pub(super) fn new(pool: Pool, retry_delays: Vec<Duration>) -> Self {
        Self {
            pool,
            retry_delays,
            tasks: Mutex::default(),
            pending: watch::Sender::new(0),
            failures: Mutex::default(),
        }
    }

    /// Runs the function, to its end even if the caller goes away.
    pub(super) async fn invoke(self: &Arc<Self>, payload: Bytes) -> Result<Invocation> {
        ensure!(payload.len() <= limits::REQUEST, "an invocation takes 6 MB at most");
        let (sender, result) = oneshot::channel();
        let service = Arc::clone(self);
        self.spawn(async move {
            let _ = sender.send(service.pool.run(new_uuid(), payload).await);
        });
        result.await.context("the function's host has stopped")?
    }

    /// Queues an event and gives its request id.
    pub(super) fn invoke_async(self: &Arc<Self>, payload: Bytes) -> Result<String> {
        ensure!(payload.len() <= limits::EVENT, "an event takes 1 MB at most");
        let request_id = new_uuid();
        let pending = Pending::new(self.pending.clone());
        let service = Arc::clone(self);
        let id = request_id.clone();
        self.spawn(async move {
            service.run_event(id, payload).await;
            drop(pending);
        });
        Ok(request_id)
    }

    /// Waits until no event is queued, running, or waiting for its next attempt.
    pub(super) async fn idle(&self) {
        // It cannot fail: the sender is here.
        let _ = self.pending.subscribe().wait_for(|pending| *pending == 0).await;
    }

    pub(super) fn failures(&self) -> Vec<LostEvent> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn cold_start(&self) -> Option<Duration> {
        self.pool.cold_start()
    }

    /// Ends everything that is under way.
    pub(super) async fn stop(&self) {
        let environments = self.pool.close();
        let mut tasks = std::mem::take(&mut *self.tasks());
        tasks.shutdown().await;
        for environment in environments {
            environment.stop().await;
        }
    }

    /// Ends it without waiting for tasks, which notice at their next step.
    pub(super) fn abandon(&self) {
        drop(self.pool.close());
        self.tasks().abort_all();
    }

    async fn run_event(&self, request_id: String, payload: Bytes) {
        let mut delays = self.retry_delays.iter();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let error = match self.pool.run(request_id.clone(), payload.clone()).await {
                Ok(Invocation { result: Ok(_), .. }) => return,
                Ok(Invocation { result: Err(error), .. }) => error,
                Err(error) => FunctionError::new("Sandbox.Failure", format!("{error:#}")),
            };
            let Some(delay) = delays.next() else {
                let lost = LostEvent { request_id, payload, error, attempts };
                self.failures.lock().unwrap_or_else(PoisonError::into_inner).push(lost);
                return;
            };
            tokio::time::sleep(*delay).await;
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts an event as under way until it is dropped.
struct Pending(watch::Sender<usize>);

impl Pending {
    fn new(pending: watch::Sender<usize>) -> Self {
        pending.send_modify(|count| *count += 1);
        Self(pending)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
