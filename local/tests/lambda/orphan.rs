use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::lambda::function::{answer, host, is_alive};

const CHILD: &str = "ROWGATE_TEST_ORPHAN";

/// Only when asked: starts a function, says which process it is, and waits for its end.
#[tokio::test]
async fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let host = host(|_| ()).await;
    let about = answer(&host, json!({"do": "about"})).await;
    eprintln!("STARTED {}", about["pid"]);
    std::future::pending::<()>().await;
}

#[test]
fn a_killed_host_leaves_no_process() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lambda::orphan::child", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).find(|line| line.starts_with("STARTED")).unwrap();
    let pid: Value = line["STARTED ".len()..].parse().unwrap();
    assert!(is_alive(&pid));

    // SIGKILL: no destructor runs.
    child.kill().unwrap();
    child.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_alive(&pid) {
        assert!(Instant::now() < deadline, "the function outlives its host");
        std::thread::sleep(Duration::from_millis(20));
    }
}
