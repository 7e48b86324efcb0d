//! A process that is killed takes its database server along.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use rowgate_local::{Database, DatabaseOptions, Engine};

const CHILD: &str = "ROWGATE_TEST_ORPHAN";

/// Only when asked: starts a database, says where, and waits for its end.
#[tokio::test]
async fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let engine = Engine::from_env().unwrap();
    let options = DatabaseOptions { engine, ..Default::default() };
    let database = Database::start(options).await.unwrap();
    let mut connection = Conn::from_url(database.url()).await.unwrap();
    let data: String = connection.query_first("SELECT @@datadir").await.unwrap().unwrap();
    eprintln!("STARTED {} {data}", database.url());
    std::future::pending::<()>().await;
}

#[test]
fn a_killed_process_leaves_no_server_and_no_folder() {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "orphan::child", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).find(|line| line.starts_with("STARTED")).unwrap();
    let (url, data) = line["STARTED ".len()..].split_once(' ').unwrap();
    let address = url.split(['@', '/']).nth(3).unwrap();
    assert!(TcpStream::connect(address).is_ok());

    // SIGKILL: no destructor runs.
    child.kill().unwrap();
    child.wait().unwrap();
    let folder = Path::new(data).parent().unwrap();
    // The supervisor itself waits for ten before it kills.
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(address).is_ok() || folder.exists() {
        assert!(Instant::now() < deadline, "the server outlives its owner");
        std::thread::sleep(Duration::from_millis(50));
    }
}
