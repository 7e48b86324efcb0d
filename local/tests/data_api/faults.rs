use std::path::Path;
use std::time::{Duration, Instant};

use rowgate_local::{DataApi, DataApiOptions};
use serde_json::{Value, json};

use crate::data_api::client::{Client, identity, with_arns};
use crate::data_api::stack::{insert_without_waiting, own_api};

const DATABASE: &str = "DatabaseErrorException";

/// An API with one fault, written as a user writes it.
async fn api_with(fault: &str) -> (DataApi, Client) {
    own_api(|options| options.faults = vec![fault.parse().unwrap()]).await
}

/// Whether the connection was closed instead of an answer.
async fn is_cut(client: &Client, path: &str, members: Value) -> bool {
    let request = client.request(path, with_arns(members).to_string().into_bytes());
    client.http.execute(request).await.is_err()
}

fn insert(table: &str) -> Value {
    json!({"sql": format!("INSERT INTO {table} VALUES (1)"), "database": "rowgate"})
}

async fn count(client: &Client, table: &str) -> i64 {
    client.number(&format!("SELECT COUNT(*) FROM {table}")).await
}

#[tokio::test]
async fn refusals_have_the_words_of_aws_and_run_nothing() {
    let (api, client) = own_api(|_| ()).await;
    client.create("refused", "id INT PRIMARY KEY").await;
    for (kind, status, error_type, text) in [
        (
            "resuming",
            400,
            "DatabaseResumingException",
            "is resuming after being auto-paused. Please wait a few seconds and try again",
        ),
        ("throttled", 400, "ThrottlingException", "Rate exceeded"),
        ("internal", 500, "InternalServerErrorException", ""),
        ("unavailable", 503, "ServiceUnavailableError", ""),
        ("database-unavailable", 504, "DatabaseUnavailableException", ""),
        ("time-out", 400, "StatementTimeoutException", "timed out"),
        ("access-denied", 403, "AccessDeniedException", "rds-data:ExecuteStatement"),
        ("database-error=1205", 400, DATABASE, "Error code: 1205; SQLState: HY000"),
        ("database-error=1213", 400, DATABASE, "Error code: 1213; SQLState: 40001"),
    ] {
        api.set_faults(vec![format!("execute:{kind}:times=1").parse().unwrap()]);
        let answer = client.call("/Execute", insert("refused")).await;
        answer.expect(status, error_type, text);
        assert_eq!(count(&client, "refused").await, 0, "{kind}");
        let has_connection = answer.body.get("dbConnectionId").is_some();
        assert_eq!(has_connection, kind == "time-out", "{answer:?}");
    }
    api.stop().await;
}

#[tokio::test]
async fn latency_comes_before_the_call() {
    let (api, client) = api_with("any:latency=400:times=1").await;
    let began = Instant::now();
    assert_eq!(client.number("SELECT 1").await, 1);
    assert!(began.elapsed() >= Duration::from_millis(400));
    api.stop().await;
}

#[tokio::test]
async fn a_call_that_is_cut_before_is_not_run() {
    let (api, client) = api_with("execute:cut-before:skip=2:times=1").await;
    client.create("cut_before", "id INT PRIMARY KEY").await;
    assert!(is_cut(&client, "/Execute", insert("cut_before")).await);
    assert_eq!(count(&client, "cut_before").await, 0);
    api.stop().await;
}

#[tokio::test]
async fn a_call_that_is_cut_after_is_run() {
    let (api, client) = api_with("batch:cut-after:times=1").await;
    client.create("cut_after", "id INT PRIMARY KEY").await;
    let mut members = insert("cut_after");
    members["parameterSets"] = json!([[]]);
    assert!(is_cut(&client, "/BatchExecute", members).await);
    assert_eq!(count(&client, "cut_after").await, 1);
    api.stop().await;
}

#[tokio::test]
async fn a_commit_is_lost_or_its_answer() {
    let (api, client) = own_api(|_| ()).await;
    client.create("commits", "id INT PRIMARY KEY").await;
    let begin = async || {
        let transaction = client.begin().await;
        client.execute_in(&transaction, "INSERT INTO commits VALUES (1)").await.ok();
        transaction
    };

    api.set_faults(vec!["commit:cut-before".parse().unwrap()]);
    let transaction = begin().await;
    let members = json!({"transactionId": transaction});
    assert!(is_cut(&client, "/CommitTransaction", members).await);
    client.roll_back(&transaction).await.ok();
    assert_eq!(count(&client, "commits").await, 0);

    api.set_faults(vec!["commit:cut-after".parse().unwrap()]);
    let transaction = begin().await;
    let members = json!({"transactionId": transaction});
    assert!(is_cut(&client, "/CommitTransaction", members).await);
    assert_eq!(count(&client, "commits").await, 1);
    client.roll_back(&transaction).await.expect(404, "NotFoundException", "is not found");
    api.stop().await;
}

#[tokio::test]
async fn a_deadlock_rolls_back_and_leaves_the_transaction_open() {
    let (api, client) = own_api(|_| ()).await;
    client.create("victims", "id INT PRIMARY KEY").await;
    let transaction = client.begin().await;
    client.execute_in(&transaction, "INSERT INTO victims VALUES (1)").await.ok();

    api.set_faults(vec!["execute:database-error=1213:times=1".parse().unwrap()]);
    let answer = client.execute_in(&transaction, "INSERT INTO victims VALUES (2)").await;
    answer.expect(400, DATABASE, "Error code: 1213");
    // Another lock would wait for the row if the transaction still held it.
    insert_without_waiting("victims").await;

    client.execute_in(&transaction, "INSERT INTO victims VALUES (3)").await.ok();
    client.commit(&transaction).await.ok();
    assert_eq!(count(&client, "victims").await, 2);
    api.stop().await;
}

#[tokio::test]
async fn other_database_errors_roll_nothing_back() {
    let (api, client) = own_api(|_| ()).await;
    client.create("no_victims", "id INT PRIMARY KEY").await;
    let transaction = client.begin().await;
    client.execute_in(&transaction, "INSERT INTO no_victims VALUES (1)").await.ok();
    api.set_faults(vec!["execute:database-error=1205:times=1".parse().unwrap()]);
    let answer = client.execute_in(&transaction, "INSERT INTO no_victims VALUES (2)").await;
    answer.expect(400, DATABASE, "Error code: 1205");
    client.commit(&transaction).await.ok();
    assert_eq!(count(&client, "no_victims").await, 1);
    api.stop().await;
}

#[tokio::test]
async fn a_wrong_signature_meets_no_fault() {
    let (api, client) = api_with("any:internal:times=1").await;
    let stranger = Client { secret_access_key: "wrong".into(), ..client.clone() };
    stranger.execute("SELECT 1").await.expect(403, "InvalidSignatureException", "");
    client.execute("SELECT 1").await.expect(500, "InternalServerErrorException", "");
    client.run("SELECT 1").await;
    api.stop().await;
}

#[tokio::test]
async fn faults_are_set_over_http() {
    let (api, client) = api_with("any:internal").await;
    let secret = Some(identity().control_secret.as_str());
    let set = async |body: &str| client.set_faults(secret, body).await;

    let answer = set(r#"["begin:throttled:times=1", "execute:latency=010"]"#).await.ok();
    assert_eq!(answer.body, json!(["begin:throttled:times=1", "execute:latency=10"]));
    client.run("SELECT 1").await;
    let answer = client.call("/BeginTransaction", json!({"database": "rowgate"})).await;
    answer.expect(400, "ThrottlingException", "Rate exceeded");

    for body in ["", "{}", r#"["any:internal", "any"]"#] {
        set(body).await.expect(400, "ValidationException", "");
    }
    assert_eq!(set("[]").await.ok().body, json!([]));
    client.begin().await;
    for secret in [None, Some(""), Some(identity().secret_access_key.as_str())] {
        let answer = client.set_faults(secret, r#"["any:internal"]"#).await;
        answer.expect(403, "AccessDeniedException", "The header x-rowgate-control must have");
    }
    client.begin().await;
    api.stop().await;
}

fn last_line(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[tokio::test]
async fn the_call_log_has_the_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.ndjson");
    let texts = ["execute:cut-after:skip=1:times=1", "execute:internal:times=1"];
    let (api, client) = own_api(|options: &mut DataApiOptions| {
        options.call_log = Some(path.clone());
        options.faults = texts.map(|text| text.parse().unwrap()).into();
    })
    .await;

    client.execute("SELECT 1").await;
    let line = last_line(&path);
    assert_eq!((&line["fault"], &line["status"]), (&json!(texts[1]), &json!(500)));
    assert_eq!(line["error_type"], "InternalServerErrorException");

    assert!(is_cut(&client, "/Execute", json!({"sql": "SELECT 1"})).await);
    let line = last_line(&path);
    assert_eq!((&line["fault"], &line["status"]), (&json!(texts[0]), &json!(0)));
    assert_eq!((&line["error_type"], &line["records"]), (&json!(null), &json!(1)));

    client.run("SELECT 1").await;
    assert_eq!(last_line(&path)["fault"], json!(null));
    api.stop().await;
}
