//! Signals that end a command in order.

use std::io::{self, Write};
use std::process::{self, ExitCode};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};

use anyhow::{Error, Result, anyhow};
use rowgate_native::Interruption;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals come to the process, so this is the process's.
static INTERRUPTION: LazyLock<Interruption> = LazyLock::new(Interruption::default);

/// The exit code of the signal that has come; 0 before.
static CODE: AtomicU8 = AtomicU8::new(0);

/// What a command does with a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnSignal {
    /// It ends at once: there is nothing to take back.
    Exit,
    /// Its calls are ended in order. A second signal ends it at once.
    EndInOrder,
}

/// From here on SIGINT and SIGTERM no longer end the process by themselves.
pub(crate) fn listen(on_signal: OnSignal) -> Result<()> {
    let interrupt = signal(SignalKind::interrupt())?;
    let terminate = signal(SignalKind::terminate())?;
    tokio::spawn(follow(interrupt, terminate, on_signal));
    Ok(())
}

/// By this a host knows that a signal has come.
pub(crate) fn interruption() -> &'static Interruption {
    &INTERRUPTION
}

/// Whether a signal has come.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPTION.is_interrupted()
}

/// 130 after SIGINT, 143 after SIGTERM.
pub(crate) fn exit_code() -> Option<ExitCode> {
    match CODE.load(Ordering::Relaxed) {
        0 => None,
        code => Some(ExitCode::from(code)),
    }
}

/// The error, and after an interruption what became of the work as well.
pub(crate) fn told(error: impl Into<Error>, became: &str) -> Error {
    match is_interrupted() {
        true => anyhow!("{:#}; {became}", error.into()),
        false => error.into(),
    }
}

async fn follow(mut interrupt: Signal, mut terminate: Signal, on_signal: OnSignal) {
    loop {
        let (name, code) = tokio::select! {
            _ = interrupt.recv() => ("SIGINT", 130),
            _ = terminate.recv() => ("SIGTERM", 143),
        };
        if on_signal == OnSignal::Exit || is_interrupted() {
            process::exit(i32::from(code));
        }
        CODE.store(code, Ordering::Relaxed);
        INTERRUPTION.interrupt();
        let text = "the calls in flight are waited for, then what they began is taken back; \
                    another signal ends at once";
        // A terminal that is gone is no reason to stop here.
        let _ = writeln!(io::stderr(), "rowgate: {name}: {text}");
    }
}
