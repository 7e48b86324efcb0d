//! A process that cannot outlive this one.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// The program's parent: a shell whose standard input is a pipe from us.
///
/// Asking the kernel for a signal at the parent's death (prctl) needs unsafe code, so a pipe does
/// it: however this process ends, SIGKILL included, the kernel closes its end, `read` returns, and
/// the shell signals the program. A line in the pipe names another signal than $2. Being the
/// program's parent, the shell can never hit a foreign process that got the same number: the number
/// stays taken until `wait` has returned. Then it ends what the program has left in their group,
/// removes the temporary folder ($1, may be empty), which nothing else would do after a SIGKILL, and
/// ends with the program's own status.
const SUPERVISOR: &str = r#"
folder=$1; last=$2; shift 2
exec 3<&0
"$@" </dev/null 3<&- &
program=$!
{
  read -r signal <&3 || signal=$last
  kill -"$signal" "$program"
  sleep 10
  kill -KILL "$program"
} >/dev/null 2>&1 &
wait "$program"; status=$?
trap '' TERM
kill -TERM 0
[ -z "$folder" ] || rm -rf -- "$folder"
exit "$status"
"#;

/// How often to look whether a process has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Longer than the supervisor gives the program.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// How a program is to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending<'a> {
    /// With SIGTERM, and SIGKILL ten seconds later.
    InOrder,
    /// In order when it is stopped, at once when it is dropped; then this folder is removed.
    Removing(&'a Path),
    /// With SIGKILL, always: it has nothing to put in order.
    AtOnce,
}

/// A program under its supervisor; dropping it ends both.
#[derive(Debug)]
pub(crate) struct Supervised {
    supervisor: Child,
    is_killed_on_drop: bool,
}

impl Supervised {
    /// Starts a program.
    ///
    /// What `set_up` does to the supervisor's command (output, variables, folder) the program
    /// inherits.
    pub(crate) fn spawn(
        program: &Path,
        arguments: &[OsString],
        ending: Ending<'_>,
        set_up: impl FnOnce(&mut Command),
    ) -> Result<Self> {
        let (folder, signal) = match ending {
            Ending::InOrder => (Path::new(""), "TERM"),
            Ending::Removing(folder) => (folder, "TERM"),
            Ending::AtOnce => (Path::new(""), "KILL"),
        };
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SUPERVISOR, "rowgate-supervisor"])
            .arg(folder)
            .arg(signal)
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            // Its own group: Ctrl-C in a terminal reaches us, and we end the program in order.
            .process_group(0);
        set_up(&mut command);
        let supervisor =
            command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { supervisor, is_killed_on_drop: !matches!(ending, Ending::InOrder) })
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.supervisor.try_wait(), Ok(None))
    }

    /// Waits until the program has ended by itself.
    pub(crate) async fn ended(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.supervisor.try_wait()? {
                return Ok(status);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends the program and waits for it.
    pub(crate) async fn stop(mut self) -> Result<()> {
        drop(self.supervisor.stdin.take());
        let ended = tokio::time::timeout(STOP_LIMIT, self.ended()).await;
        ensure!(ended.is_ok(), "the program does not end");
        Ok(())
    }
}

impl Drop for Supervised {
    /// Waits as well: the caller may remove its folder next.
    fn drop(&mut self) {
        if let Some(mut pipe) = self.supervisor.stdin.take()
            && self.is_killed_on_drop
        {
            // Its data is not read again, so there is nothing to close in order.
            let _ = pipe.write_all(b"KILL\n");
        }
        let deadline = Instant::now() + STOP_LIMIT;
        while self.is_running() && Instant::now() < deadline {
            std::thread::sleep(LOOK);
        }
    }
}
