//! A server process that cannot outlive this one.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// The server's parent: a shell whose standard input is a pipe from us.
///
/// Asking the kernel for a signal at the parent's death (prctl) needs unsafe code, so a pipe does
/// it: however this process ends, SIGKILL included, the kernel closes its end, `read` returns, and
/// the shell signals the server. A line in the pipe names another signal than TERM. Being the
/// server's parent, the shell can never hit a foreign process that got the same number: the number
/// stays taken until `wait` has returned. It ends with the server's own status, and removes the
/// temporary folder ($1, may be empty), which nobody else would do after a SIGKILL.
const SUPERVISOR: &str = r#"
folder=$1; shift
exec 3<&0
"$@" </dev/null >/dev/null 2>&1 3<&- &
server=$!
{
  read -r signal <&3 || signal=TERM
  kill -"$signal" "$server"
  sleep 10
  kill -KILL "$server"
} >/dev/null 2>&1 &
watch=$!
wait "$server"; status=$?
kill "$watch" 2>/dev/null
[ -z "$folder" ] || rm -rf -- "$folder"
exit "$status"
"#;

/// Longer than the supervisor gives the server.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A server under its supervisor; dropping it ends both.
#[derive(Debug)]
pub(super) struct Supervised {
    supervisor: Child,
    temporary: bool,
}

impl Supervised {
    /// Starts `program`; `temporary` is removed once it has ended, however that comes.
    pub(super) fn spawn(
        program: &Path,
        arguments: &[OsString],
        temporary: Option<&Path>,
    ) -> Result<Self> {
        let supervisor = Command::new("/bin/sh")
            .args(["-c", SUPERVISOR, "rowgate-database"])
            .arg(temporary.unwrap_or(Path::new("")))
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Its own group: Ctrl-C in a terminal reaches us, and we end the server in order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        Ok(Self { supervisor, temporary: temporary.is_some() })
    }

    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.supervisor.try_wait(), Ok(None))
    }

    /// Ends the server with SIGTERM and waits for it.
    pub(super) async fn stop(mut self) -> Result<()> {
        drop(self.supervisor.stdin.take());
        let deadline = Instant::now() + STOP_LIMIT;
        while self.is_running() {
            ensure!(Instant::now() < deadline, "the database server does not end");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

impl Drop for Supervised {
    /// Waits as well: whoever drops a server may remove its folder next.
    fn drop(&mut self) {
        if let Some(mut pipe) = self.supervisor.stdin.take()
            && self.temporary
        {
            // Nobody will read this data again, so there is nothing to close in order.
            let _ = pipe.write_all(b"KILL\n");
        }
        let deadline = Instant::now() + STOP_LIMIT;
        while self.is_running() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
