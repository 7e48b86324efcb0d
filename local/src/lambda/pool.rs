//! The environments of a function: started when needed, kept warm, replaced when broken.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use axum::body::Bytes;
use tokio::sync::Semaphore;

use super::environment::{Environment, Function, Run};
use super::invocation::Invocation;

/// All environments that are idle, and the right to have more.
pub(super) struct Pool {
    function: Function,
    memory_mb: u32,
    permits: Semaphore,
    idle: Mutex<Vec<Environment>>,
    last_cold_start: Mutex<Option<Duration>>,
}

impl Pool {
    pub(super) fn new(function: Function, memory_mb: u32, concurrency: usize) -> Self {
        Self {
            function,
            memory_mb,
            permits: Semaphore::new(concurrency),
            idle: Mutex::default(),
            last_cold_start: Mutex::default(),
        }
    }

    /// Runs the function once; waits while all environments are busy.
    ///
    /// Fails when no process can be started; a process that fails is an [`Invocation`].
    pub(super) async fn run(&self, request_id: String, payload: Bytes) -> Result<Invocation> {
        let _permit = self.permits.acquire().await?;
        loop {
            let (mut environment, is_new) = match self.take_idle() {
                Some(environment) => (environment, false),
                None => (Environment::start(&self.function).await?, true),
            };
            let run = environment.run(&request_id, payload.clone()).await;
            let cold_start = environment.cold_start().filter(|_| is_new);
            self.note(cold_start);

            let (result, duration) = match run {
                Run::Unseen => continue,
                Run::Broken { error, duration } => {
                    environment.stop().await;
                    (Err(error), duration)
                }
                Run::Done { result, duration } => {
                    self.idle().push(environment);
                    (result, duration)
                }
            };
            let invocation = Invocation { request_id, result, duration, cold_start };
            self.report(&invocation);
            return Ok(invocation);
        }
    }

    /// The time that the last started environment took.
    pub(super) fn cold_start(&self) -> Option<Duration> {
        *self.last_cold_start.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets no more environments be used, and hands out the idle ones for their end.
    pub(super) fn close(&self) -> Vec<Environment> {
        self.permits.close();
        std::mem::take(&mut *self.idle())
    }

    /// The one used last, which is the warmest; those that have ended meanwhile are forgotten.
    fn take_idle(&self) -> Option<Environment> {
        let mut idle = self.idle();
        while let Some(mut environment) = idle.pop() {
            if environment.is_running() {
                return Some(environment);
            }
        }
        None
    }

    fn note(&self, cold_start: Option<Duration>) {
        if cold_start.is_some() {
            *self.last_cold_start.lock().unwrap_or_else(PoisonError::into_inner) = cold_start;
        }
    }

    /// Writes AWS's line at the end of an invocation, with what is known here.
    fn report(&self, invocation: &Invocation) {
        let Some(log) = &self.function.log else { return };
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let mut line = format!(
            "REPORT RequestId: {}\tDuration: {:.2} ms\tMemory Size: {} MB",
            invocation.request_id,
            milliseconds(invocation.duration),
            self.memory_mb,
        );
        if let Some(time) = invocation.cold_start {
            line.push_str(&format!("\tInit Duration: {:.2} ms", milliseconds(time)));
        }
        let _ = log.append(line.into_bytes());
    }

    /// No code panics while it holds the lock, so a poisoned one is as good as any.
    fn idle(&self) -> MutexGuard<'_, Vec<Environment>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
