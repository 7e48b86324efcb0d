//! The Worker on this machine: on Cloudflare's runtime, or under `wrangler dev`.

mod assets;
mod workerd;
mod wrangler;

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use rowgate_core::{Host, Request};

use serde_json::Value;

use crate::home::Home;

/// Between the start and the first answer; about half a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Longer than the supervisor gives wrangler.
const STOP_LIMIT: Duration = Duration::from_secs(15);

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Cloudflare ends an isolate that takes more; the runtime knows no such limit here.
const MOST_BYTES: u64 = 128 * 1024 * 1024;

/// The most lines of the log in an error message.
const TAIL_LINES: usize = 25;

/// The parent of what runs the Worker: a shell whose standard input is a pipe from us.
///
/// Whatever wrangler starts stays in the shell's process group. However this process ends, SIGKILL
/// included, the kernel closes its end of the pipe, `read` returns, and the shell sends its signal ($3):
/// wrangler ends in order, the runtime at once. Then it ends whatever is left of the group, itself as
/// well. The stack's folder ($1) holds secrets, so then it goes too; when the Worker ended by itself it
/// stays, for the log ($2) says why.
const SUPERVISOR: &str = r#"
folder=$1; log=$2; signal=$3; shift 3
exec 3<&0
"$@" </dev/null >"$log" 2>&1 3<&- &
worker=$!
{
  read -r _ <&3
  : >"$folder/stopping"
  kill -"$signal" "$worker"
  sleep 5
  rm -rf -- "$folder"
  kill -KILL 0
} >/dev/null 2>&1 &
wait "$worker"
[ ! -e "$folder/stopping" ] || rm -rf -- "$folder"
kill -KILL 0
"#;

/// What a Worker is given.
pub(super) struct WorkerOptions<'o> {
    /// The configuration, as wrangler reads it.
    pub(super) config: Value,
    /// The Worker's own variables and secrets.
    pub(super) variables: &'o [(&'static str, String)],
    /// The port on 127.0.0.1, or any that is free.
    pub(super) port: Option<u16>,
    /// Whether it runs under `wrangler dev`.
    pub(super) under_wrangler: bool,
}

/// What runs the Worker.
struct Program {
    words: Vec<OsString>,
    /// What ends it.
    stop_signal: &'static str,
}

/// A Worker that answers; dropping it ends it.
pub(super) struct Worker {
    supervisor: Child,
    url: String,
    log: Log,
}

impl Worker {
    /// Starts the Worker on 127.0.0.1 and waits until `GET /health` answers.
    ///
    /// `stack_folder` is private to this stack and removed when the Worker is ended. On error
    /// nothing keeps running, and the message ends with the last lines of the log.
    pub(super) async fn start(
        home: &Home,
        stack_folder: &Path,
        options: WorkerOptions<'_>,
        host: &impl Host,
    ) -> Result<Self> {
        let folder = stack_folder.join("worker");
        std::fs::create_dir(&folder)?;
        let (program, address_in): (_, fn(&str) -> _) = match options.under_wrangler {
            true => (wrangler::program(home, &folder, &options)?, wrangler::address_in),
            false => (workerd::program(home, &folder, &options)?, workerd::address_in),
        };
        let log = Log::new(folder.join("worker.log"));
        let supervisor = supervised(stack_folder, &log.path, &program)
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_REGISTRY_PATH", folder.join("registry"))
            // What it leaves behind after a SIGKILL goes with the folder.
            .env("TMPDIR", &folder)
            .env("NO_COLOR", "1")
            .env_remove("FORCE_COLOR")
            .current_dir(&folder)
            .spawn()?;
        let mut worker = Self { supervisor, url: String::new(), log };
        worker.wait_until_healthy(host, address_in).await?;
        Ok(worker)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn log(&self) -> &Path {
        &self.log.path
    }

    /// Why the Worker is not to be used any more, if it is not.
    pub(super) fn failure(&mut self) -> Option<String> {
        if !self.is_running() {
            return Some(format!("the Worker has ended:\n{}", tail(&self.log.text())));
        }
        let memory = self.log.most_memory().filter(|memory| *memory > MOST_BYTES)?;
        Some(format!(
            "the Worker takes {memory} bytes of memory, and may take {MOST_BYTES} on Cloudflare"
        ))
    }

    fn is_running(&mut self) -> bool {
        matches!(self.supervisor.try_wait(), Ok(None))
    }

    /// Ends the Worker and everything that it started.
    pub(super) async fn stop(mut self) -> Result<()> {
        drop(self.supervisor.stdin.take());
        let deadline = Instant::now() + STOP_LIMIT;
        while self.is_running() {
            if Instant::now() > deadline {
                bail!("the Worker does not end");
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    async fn wait_until_healthy(
        &mut self,
        host: &impl Host,
        address_in: fn(&str) -> Option<String>,
    ) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        let mut last_answer = String::from("it does not listen");
        loop {
            // Looked at before the log, so that the log is complete when it has ended.
            let is_running = self.is_running();
            let log = self.log.text();
            if !is_running {
                bail!("the Worker did not start:\n{}", tail(&log));
            }
            if Instant::now() > deadline {
                bail!("no healthy Worker after {START_LIMIT:?}: {last_answer}\n{}", tail(&log));
            }
            if let Some(url) = address_in(&log) {
                match host.send(health_request(&url)).await {
                    Ok(answer) if answer.status == 200 => {
                        self.url = url;
                        return Ok(());
                    }
                    Ok(answer) => last_answer = format!("GET /health answers {}", answer.status),
                    Err(error) => last_answer = error.message,
                }
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

impl Drop for Worker {
    /// Waits as well: the folder with the Worker's files goes next.
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let deadline = Instant::now() + STOP_LIMIT;
        while self.is_running() && Instant::now() < deadline {
            std::thread::sleep(POLL_INTERVAL);
        }
    }
}

/// The supervisor of a program.
///
/// It has a process group of its own: Ctrl-C in a terminal reaches us, and we end it in order.
fn supervised(stack_folder: &Path, log: &Path, program: &Program) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", SUPERVISOR, "rowgate-worker"])
        .args([stack_folder, log])
        .arg(program.stop_signal)
        .args(&program.words)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command
}

/// What the Worker and its runtime say.
struct Log {
    path: PathBuf,
    /// How much of it has been looked through.
    seen: u64,
}

impl Log {
    fn new(path: PathBuf) -> Self {
        Self { path, seen: 0 }
    }

    fn text(&self) -> String {
        let bytes = std::fs::read(&self.path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The most memory that the lines say which came since the last look: the Worker says with each
    /// request what it takes.
    fn most_memory(&mut self) -> Option<u64> {
        let mut text = Vec::new();
        let mut file = File::open(&self.path).ok()?;
        file.seek(SeekFrom::Start(self.seen)).ok()?;
        file.read_to_end(&mut text).ok()?;
        // A line that is being written is one of the next look.
        let whole = text.iter().rposition(|byte| *byte == b'\n')? + 1;
        self.seen += whole as u64;
        String::from_utf8_lossy(&text[..whole]).lines().filter_map(memory_of).max()
    }
}

/// What a line of the Worker says about a request's memory.
fn memory_of(line: &str) -> Option<u64> {
    let (_, memory) = line.strip_prefix("{\"request_id\"")?.rsplit_once("\"memory\":")?;
    memory.strip_suffix('}')?.parse().ok()
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

fn health_request(url: &str) -> Request {
    Request {
        method: "GET",
        url: format!("{url}/health"),
        headers: Vec::new(),
        body: Default::default(),
    }
}

/// JSON without single quotes, which mean the same as their escapes: a variable can hold it.
pub(super) fn json_variable(json: &str) -> String {
    json.replace('\n', "").replace('\'', "\\u0027")
}

/// Creates a file that no other user can read.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_about_memory_is_looked_at_once_and_whole() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let mut log = Log::new(folder.path().join("log"));
        assert_eq!(log.most_memory(), None);
        let mut file = File::create(&log.path)?;
        file.write_all(
            b"{\"request_id\":\"a\",\"memory\":7}\n{\"request_id\":\"b\",\"memory\":5}\n",
        )?;
        assert_eq!((log.most_memory(), log.most_memory()), (Some(7), None));
        file.write_all(b"{\"request_id\":\"c\",\"mem")?;
        assert_eq!(log.most_memory(), None);
        file.write_all(b"ory\":9}\n{\"memory\":99}\n")?;
        assert_eq!(log.most_memory(), Some(9));
        Ok(())
    }
}
