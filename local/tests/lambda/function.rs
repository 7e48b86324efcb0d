//! The function on disk, and hosts for it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use rowgate_local::{Identity, Invocation, LambdaHost, LambdaOptions};
use serde_json::Value;
use tempfile::TempDir;

/// The program; its folder stays as long as the process.
pub(crate) fn program() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("bootstrap"));
        folder
    });
    folder.path().join("bootstrap")
}

/// The interpreter by its full path, since the function finds another PATH than this test.
fn write(path: &Path) {
    let python = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let python = String::from_utf8(python.unwrap().stdout).unwrap();
    let text = format!("#!{} -IS\n{}", python.trim(), include_str!("bootstrap.py"));
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whose every host of these tests is.
pub(crate) fn identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| Identity::new().unwrap())
}

pub(crate) fn http() -> reqwest::Client {
    // Another crate of the same build may have switched reqwest's TLS on.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Options with short times.
pub(crate) fn options() -> LambdaOptions {
    LambdaOptions {
        timeout: Duration::from_secs(20),
        retry_delays: vec![Duration::from_millis(50); 2],
        ..LambdaOptions::new(program(), identity().clone())
    }
}

pub(crate) async fn host(change: impl FnOnce(&mut LambdaOptions)) -> LambdaHost {
    let mut options = options();
    change(&mut options);
    LambdaHost::start(options).await.unwrap()
}

pub(crate) async fn invoke(host: &LambdaHost, event: Value) -> Invocation {
    host.invoke(event.to_string()).await.unwrap()
}

/// Runs the function, which must succeed.
pub(crate) async fn answer(host: &LambdaHost, event: Value) -> Value {
    let invocation = invoke(host, event).await;
    let body = invocation.result.unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// Runs the function, which must fail, and gives type and text of the error.
pub(crate) async fn failure(host: &LambdaHost, event: Value) -> (String, String) {
    let error = invoke(host, event).await.result.unwrap_err();
    (error.error_type(), error.message())
}

/// Whether a process runs; one that has ended and is not yet buried does not.
pub(crate) fn is_alive(pid: &Value) -> bool {
    let script = r#"kill -0 "$1" && ! grep -q '^State:.*Z' "/proc/$1/status""#;
    let mut shell = Command::new("/bin/sh");
    let status = shell.args(["-c", script, "sh", &pid.to_string()]).stderr(Stdio::null()).status();
    status.unwrap().success()
}
