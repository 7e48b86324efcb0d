use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use crate::data_api::stack::{client, own_api, rows, short_times};

/// Works for seconds in one statement, and can be found in the list of processes by its mark.
fn slow(mark: &str) -> String {
    format!("SELECT SUM(SLEEP(0.01)) AS {mark} FROM {}", rows(300))
}

#[tokio::test]
async fn a_statement_is_killed_at_its_time_out() {
    let (api, client) = own_api(short_times).await;
    let began = Instant::now();
    let answer = client.execute(&slow("killed_one")).await;
    assert!(began.elapsed() < Duration::from_secs(2));
    answer.expect(400, "StatementTimeoutException", "timed out");
    assert!(answer.body["dbConnectionId"].as_u64().unwrap() > 0);

    let running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE \
                   '%AS killed_one%' AND id <> CONNECTION_ID()";
    assert_eq!(client.number(running).await, 0);

    let answer = client
        .call(
            "/BatchExecute",
            json!({"sql": "DO SLEEP(:s)", "parameterSets": [
                [{"name": "s", "value": {"doubleValue": 0.3}}],
                [{"name": "s", "value": {"doubleValue": 3.0}}]
            ]}),
        )
        .await;
    answer.expect(400, "StatementTimeoutException", "timed out");
    api.stop().await;
}

#[tokio::test]
async fn a_transaction_survives_a_killed_statement() {
    let (api, client) = own_api(short_times).await;
    client.create("survives", "id INT PRIMARY KEY").await;
    let transaction = client.begin().await;
    client.execute_in(&transaction, "INSERT INTO survives VALUES (1)").await.ok();
    let answer = client.execute_in(&transaction, &slow("killed_two")).await;
    answer.expect(400, "StatementTimeoutException", "timed out");
    client.commit(&transaction).await.ok();
    assert_eq!(client.number("SELECT COUNT(*) FROM survives").await, 1);
    api.stop().await;
}

#[tokio::test]
async fn a_statement_may_go_on_after_its_time_out() {
    let (api, client) = own_api(short_times).await;
    client.create("goes_on_after", "id INT PRIMARY KEY").await;
    let members = json!({
        "sql": "INSERT INTO goes_on_after SELECT SLEEP(1.5)", "continueAfterTimeout": true
    });
    let answer = client.call("/Execute", members).await;
    answer.expect(400, "StatementTimeoutException", "timed out");
    assert_eq!(client.number("SELECT COUNT(*) FROM goes_on_after").await, 0);
    sleep(Duration::from_millis(1600)).await;
    assert_eq!(client.number("SELECT COUNT(*) FROM goes_on_after").await, 1);
    api.stop().await;
}

#[tokio::test]
async fn in_a_transaction_no_statement_goes_on() {
    let client = client();
    client.create("not_in_one", "id INT PRIMARY KEY").await;
    let transaction = client.begin().await;
    let members = json!({
        "sql": "INSERT INTO not_in_one VALUES (1)",
        "continueAfterTimeout": true,
        "transactionId": transaction,
    });
    let answer = client.call("/Execute", members).await;
    answer.expect(400, "BadRequestException", "continueAfterTimeout is not supported");
    // The transaction is as it was.
    client.execute_in(&transaction, "INSERT INTO not_in_one VALUES (2)").await.ok();
    client.commit(&transaction).await.ok();
    assert_eq!(client.number("SELECT MIN(id) FROM not_in_one").await, 2);
}
