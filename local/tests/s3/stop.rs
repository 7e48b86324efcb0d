use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rowgate_local::{S3, S3Options};

use crate::s3::client::{Client, identity, store};

#[tokio::test]
async fn a_given_folder_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let folder = Some(home.path().join("objects"));
    let options = S3Options { folder, ..S3Options::new(identity().clone()) };
    let s3 = S3::start(options.clone()).await.unwrap();
    Client::new(s3.endpoint()).put("/a", b"kept").await;
    s3.stop().await;

    let s3 = S3::start(options).await.unwrap();
    assert_eq!(Client::new(s3.endpoint()).get("/a").await.ok().text(), "kept");
    assert_eq!(s3.bucket(), "rowgate-local");
    s3.stop().await;
}

#[tokio::test]
async fn no_request_is_answered_after_the_end() {
    let (s3, client) = store(|_| ()).await;
    client.put("/a", b"1").await;
    s3.stop().await;
    assert!(client.http.get(&client.endpoint).send().await.is_err());

    let (s3, client) = store(|_| ()).await;
    client.put("/a", b"1").await;
    drop(s3);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(client.http.get(&client.endpoint).send().await.is_err());
}

const CHILD: &str = "ROWGATE_TEST_S3_CHILD";

/// Only when asked: starts a store, says so, and stops it or waits for its end.
#[tokio::test]
async fn child() {
    let Some(how) = std::env::var_os(CHILD) else { return };
    let (s3, client) = store(|_| ()).await;
    client.put("/a", b"1").await;
    eprintln!("STARTED");
    if how == "wait" {
        std::future::pending::<()>().await;
    }
    s3.stop().await;
}

/// Runs [`child`] until it has started; its temporary folders are in `folder`.
fn start_child(how: &str, folder: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "s3::stop::child", "--nocapture"])
        .env(CHILD, how)
        .env("TMPDIR", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    lines.map(Result::unwrap).find(|line| line == "STARTED").unwrap();
    child
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn a_temporary_folder_goes_away() {
    let folder = tempfile::tempdir().unwrap();
    assert!(start_child("stop", folder.path()).wait().unwrap().success());
    assert!(is_empty(folder.path()));

    let mut killed = start_child("wait", folder.path());
    assert!(!is_empty(folder.path()));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_empty(folder.path()) {
        assert!(Instant::now() < deadline, "the folder outlives its owner");
        std::thread::sleep(Duration::from_millis(20));
    }
}
