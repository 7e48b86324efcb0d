//! The Worker on this machine: under `wrangler dev`, or bare under Miniflare, the simulator inside it.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rowgate_core::{Host, Request};

use serde_json::Value;

use crate::home::Home;

/// Between the start and the first answer; about half a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Longer than the supervisor gives Miniflare.
const STOP_LIMIT: Duration = Duration::from_secs(15);

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// What Miniflare says once its port answers, up to the address.
const READY_MARK: &str = "Ready on ";

/// The most lines of the log in an error message.
const TAIL_LINES: usize = 25;

/// The parent of node, which runs Miniflare: a shell whose standard input is a pipe from us.
///
/// Miniflare starts the Workers runtime, workerd; both stay in the shell's process group. However
/// this process ends, SIGKILL included, the kernel closes its end of the pipe, `read` returns, and
/// the shell ends node in order and then whatever is left of the group, itself as well. The stack's
/// folder ($1) holds secrets, so then it goes too; when node ended by itself it stays, for
/// the log ($2) says why.
const SUPERVISOR: &str = r#"
folder=$1; log=$2; shift 2
exec 3<&0
"$@" </dev/null >"$log" 2>&1 3<&- &
node=$!
{
  read -r _ <&3
  : >"$folder/stopping"
  kill -TERM "$node"
  sleep 5
  rm -rf -- "$folder"
  kill -KILL 0
} >/dev/null 2>&1 &
wait "$node"
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
    /// Whether requests reach the Worker as they are, past the proxy of `wrangler dev`.
    pub(super) bare: bool,
}

/// A Worker that answers; dropping it ends it.
pub(super) struct Worker {
    supervisor: Child,
    url: String,
    log: PathBuf,
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
        let config = folder.join("wrangler.json");
        write_private(&config, &options.config.to_string())?;
        // It is read because it lies beside the configuration.
        write_private(&folder.join(".dev.vars"), &dev_vars(options.variables)?)?;

        let log = folder.join("worker.log");
        let supervisor = supervised(stack_folder, &log)
            .arg("node")
            .args(node_arguments(home, &config, &options))
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_REGISTRY_PATH", folder.join("registry"))
            // What it leaves behind after a SIGKILL goes with the folder.
            .env("TMPDIR", &folder)
            .env("NO_COLOR", "1")
            .env_remove("FORCE_COLOR")
            .current_dir(&folder)
            .spawn()?;
        let mut worker = Self { supervisor, url: String::new(), log };
        worker.wait_until_healthy(host).await?;
        Ok(worker)
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn log(&self) -> &Path {
        &self.log
    }

    /// The last lines of the log.
    pub(super) fn log_tail(&self) -> String {
        tail(&self.log_text())
    }

    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.supervisor.try_wait(), Ok(None))
    }

    /// Ends Miniflare and everything that it started.
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

    async fn wait_until_healthy(&mut self, host: &impl Host) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        let mut last_answer = String::from("it does not listen");
        loop {
            // Looked at before the log, so that the log is complete when it has ended.
            let is_running = self.is_running();
            let log = self.log_text();
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

    fn log_text(&self) -> String {
        let bytes = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
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

/// The supervisor, still without the command to supervise.
///
/// It has a process group of its own: Ctrl-C in a terminal reaches us, and we end it in order.
fn supervised(stack_folder: &Path, log: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", SUPERVISOR, "rowgate-worker"])
        .args([stack_folder, log])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command
}

/// The address in the log, once it is there.
fn address_in(log: &str) -> Option<String> {
    let line = log.lines().find(|line| line.contains(READY_MARK))?;
    let (_, address) = line.split_once(READY_MARK)?;
    Some(address.split_whitespace().next()?.to_owned())
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

fn node_arguments(home: &Home, config: &Path, options: &WorkerOptions<'_>) -> Vec<OsString> {
    // 0 is a free port of the runtime's own choice, so no other program can take it first.
    let port = options.port.unwrap_or(0).to_string();
    if options.bare {
        return vec![home.bare_worker().into(), config.into(), port.into()];
    }
    let mut arguments: Vec<OsString> = vec![home.wrangler().into(), "dev".into()];
    arguments.extend(["--config".into(), config.into(), "--port".into(), port.into()]);
    let fixed =
        ["--ip", "127.0.0.1", "--inspector-port", "0", "--show-interactive-dev-session=false"];
    arguments.extend(fixed.map(OsString::from));
    arguments
}

/// The Worker's variables in the form of a `.dev.vars` file.
fn dev_vars(variables: &[(&str, String)]) -> Result<String> {
    variables.iter().map(|(name, value)| Ok(format!("{name}={}\n", quoted(value)?))).collect()
}

/// JSON without single quotes, which mean the same as their escapes: a variable can hold it.
pub(super) fn json_variable(json: &str) -> String {
    json.replace('\n', "").replace('\'', "\\u0027")
}

/// The format knows no escapes but takes three kinds of quotes; one that does not occur will do.
/// Double quotes come last: between them `\n` would become a new line.
fn quoted(value: &str) -> Result<String> {
    let quote = ['\'', '`', '"'].into_iter().find(|quote| !value.contains(*quote));
    let quote = quote.context("a variable holds every kind of quote")?;
    Ok(format!("{quote}{value}{quote}"))
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
    fn the_address_is_read_from_the_log() {
        let log = "Starting\n[worker:info] Ready on http://127.0.0.1:41893\nGET / 200\n";
        assert_eq!(address_in(log).as_deref(), Some("http://127.0.0.1:41893"));
        assert_eq!(address_in("Starting\n"), None);
    }

    #[test]
    fn a_value_keeps_its_quotes() {
        assert_eq!(quoted(r#"[{"id":"a"}]"#).ok().as_deref(), Some(r#"'[{"id":"a"}]'"#));
        assert_eq!(quoted("it's").ok().as_deref(), Some("`it's`"));
        assert!(quoted("'`\"").is_err());
        let json = json_variable("{\"a\":\n\"it's `b`\"}");
        assert_eq!(quoted(&json).ok().as_deref(), Some(r#"'{"a":"it\u0027s `b`"}'"#));
    }
}
