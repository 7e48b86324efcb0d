//! Processes of a server: one that cannot outlive this one, and its set-up.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
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
"$@" </dev/null 3<&- &
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

/// How much of a log an error repeats, in bytes.
const TAIL: u64 = 2000;

/// How often to look whether a process has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Longer than the supervisor gives the server.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// Where a server and its set-up write what they have to say.
#[derive(Debug)]
pub(super) struct Log(File);

impl Log {
    /// A file to look into later, or without a path one that has no name: then nothing is left of
    /// it, and yet it can be read when the server's folder is gone.
    pub(super) fn create(path: Option<&Path>) -> Result<Self> {
        let file = match path {
            Some(path) => File::options().create(true).append(true).read(true).open(path)?,
            None => tempfile::tempfile()?,
        };
        Ok(Self(file))
    }

    fn writer(&self) -> Result<Stdio> {
        Ok(self.0.try_clone()?.into())
    }

    /// The end of the log, for an error message.
    pub(super) fn tail(&self) -> String {
        let length = self.0.metadata().map_or(0, |metadata| metadata.len());
        let mut bytes = vec![0; TAIL.min(length) as usize];
        // Reading at a place leaves alone the one where the writers are.
        let _ = self.0.read_exact_at(&mut bytes, length.saturating_sub(TAIL));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Runs a program to its end, and says whether it was content.
///
/// It is not killed when the caller loses interest, since it has children of its own which would go
/// on writing into a folder that the caller is about to remove. So that is waited for, a second.
pub(super) async fn run(program: &Path, arguments: &[OsString], log: &Log) -> Result<bool> {
    struct WaitOnDrop(Child);
    impl Drop for WaitOnDrop {
        fn drop(&mut self) {
            let _ = self.0.wait();
        }
    }

    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.writer()?)
        .stderr(log.writer()?)
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let mut child = WaitOnDrop(child);
    loop {
        if let Some(status) = child.0.try_wait()? {
            return Ok(status.success());
        }
        tokio::time::sleep(LOOK).await;
    }
}

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
        log: &Log,
    ) -> Result<Self> {
        let supervisor = Command::new("/bin/sh")
            .args(["-c", SUPERVISOR, "rowgate-database"])
            .arg(temporary.unwrap_or(Path::new("")))
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(log.writer()?)
            .stderr(log.writer()?)
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
            tokio::time::sleep(LOOK).await;
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
            std::thread::sleep(LOOK);
        }
    }
}
