//! One database and one API for all tests of this binary.

use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use rowgate_local::{DataApi, DataApiOptions, Database, DatabaseOptions, Engine, TimeLimits};

use crate::data_api::client::{Client, identity};

struct Stack {
    database_url: String,
    endpoint: String,
}

/// Starts both on a thread that never ends: a test's own runtime would take them along. When the
/// process goes, the database goes with it.
fn stack() -> &'static Stack {
    static STACK: OnceLock<Stack> = OnceLock::new();
    STACK.get_or_init(|| {
        let (ready, stack) = mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let engine = Engine::from_env().unwrap();
                let options = DatabaseOptions { engine, ..Default::default() };
                let database = Database::start(options).await.unwrap();
                let api = DataApi::start(DataApiOptions::new(database.url(), identity().clone()))
                    .await
                    .unwrap();
                let endpoint = api.endpoint().to_owned();
                ready.send(Stack { database_url: database.url().to_owned(), endpoint }).unwrap();
                std::future::pending::<()>().await;
            });
        });
        stack.recv().unwrap()
    })
}

/// Inserts id 1 past the API, which fails if a transaction still holds that row.
pub(crate) async fn insert_without_waiting(table: &str) {
    let mut connection = Conn::from_url(&stack().database_url).await.unwrap();
    connection.query_drop("SET innodb_lock_wait_timeout = 1").await.unwrap();
    connection.query_drop(format!("INSERT INTO {table} VALUES (1)")).await.unwrap();
    connection.disconnect().await.unwrap();
}

/// A table of so many rows, `t`, on any server.
pub(crate) fn rows(count: usize) -> String {
    format!(
        "JSON_TABLE(CONCAT('[0', REPEAT(',0', {count} - 1), ']'), '$[*]' COLUMNS (n FOR ORDINALITY)) t"
    )
}

/// A caller of the shared API, which has AWS's own time limits.
pub(crate) fn client() -> Client {
    Client::new(&stack().endpoint)
}

/// An API of the test's own, in front of the shared database.
pub(crate) async fn own_api(change: impl FnOnce(&mut DataApiOptions)) -> (DataApi, Client) {
    let mut options = DataApiOptions::new(&stack().database_url, identity().clone());
    change(&mut options);
    let api = DataApi::start(options).await.unwrap();
    let client = Client::new(api.endpoint());
    (api, client)
}

pub(crate) fn short_times(options: &mut DataApiOptions) {
    options.time_limits = TimeLimits {
        statement: Duration::from_millis(500),
        transaction_idle: Duration::from_millis(800),
        transaction: Duration::from_millis(2500),
    };
}
