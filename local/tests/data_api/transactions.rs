use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::data_api::client::Answer;
use crate::data_api::stack::{client, insert_without_waiting, own_api, short_times};

const NOT_FOUND: &str = "TransactionNotFoundException";
const BUSY: &str = "Transaction is still running a query";

#[tokio::test]
async fn commit_keeps_and_rollback_drops() {
    let client = client();
    client.create("ends", "id INT PRIMARY KEY").await;

    let transaction = client.begin().await;
    client.execute_in(&transaction, "INSERT INTO ends VALUES (1)").await.ok();
    assert_eq!(client.number("SELECT COUNT(*) FROM ends").await, 0, "not yet visible");
    let answer = client.commit(&transaction).await.ok();
    assert_eq!(answer.body, json!({"transactionStatus": "Transaction Committed"}));

    let transaction = client.begin().await;
    let members = json!({
        "sql": "INSERT INTO ends VALUES (:id)", "transactionId": transaction,
        "parameterSets": [[{"name": "id", "value": {"longValue": 2}}]]
    });
    client.call("/BatchExecute", members).await.ok();
    let answer = client.roll_back(&transaction).await.ok();
    assert_eq!(answer.body, json!({"transactionStatus": "Rollback Complete"}));
    assert_eq!(client.number("SELECT COUNT(*) FROM ends").await, 1);
}

#[tokio::test]
async fn an_error_leaves_the_transaction_open() {
    let client = client();
    client.create("goes_on", "id INT PRIMARY KEY").await;
    let transaction = client.begin().await;
    client.execute_in(&transaction, "INSERT INTO goes_on VALUES (1)").await.ok();
    let answer = client.execute_in(&transaction, "INSERT INTO goes_on VALUES (1)").await;
    answer.expect(400, "DatabaseErrorException", "Error code: 1062");
    client.execute_in(&transaction, "INSERT INTO goes_on VALUES (2)").await.ok();
    client.commit(&transaction).await.ok();
    assert_eq!(client.number("SELECT COUNT(*) FROM goes_on").await, 2);
}

#[tokio::test]
async fn statements_after_ddl_are_in_a_transaction_again() {
    let client = client();
    client.create("after_ddl", "id INT PRIMARY KEY").await;
    let transaction = client.begin().await;
    client.execute_in(&transaction, "INSERT INTO after_ddl VALUES (1)").await.ok();
    client.execute_in(&transaction, "ALTER TABLE after_ddl ADD COLUMN a INT").await.ok();
    client.execute_in(&transaction, "INSERT INTO after_ddl VALUES (2, 2)").await.ok();
    client.roll_back(&transaction).await.ok();
    assert_eq!(client.number("SELECT COUNT(*) FROM after_ddl").await, 1);
}

#[tokio::test]
async fn unknown_ids_are_not_found() {
    let client = client();
    let transaction = client.begin().await;
    assert!(transaction.len() <= 192);
    client.commit(&transaction).await.ok();

    let text = format!("Transaction {transaction} is not found");
    client.execute_in(&transaction, "SELECT 1").await.expect(404, NOT_FOUND, &text);
    let members = json!({"sql": "DO 1", "transactionId": transaction, "parameterSets": [[]]});
    client.call("/BatchExecute", members).await.expect(404, NOT_FOUND, &text);
    client.commit(&transaction).await.expect(404, "NotFoundException", &text);
    client.roll_back("unknown").await.expect(404, "NotFoundException", "Transaction unknown");
}

#[tokio::test]
async fn a_transaction_keeps_its_database() {
    let client = client();
    client.run("CREATE DATABASE IF NOT EXISTS other").await;
    let answer = client.call("/BeginTransaction", json!({"database": "other"})).await.ok();
    let transaction = answer.body["transactionId"].as_str().unwrap();
    let answer = client.execute_in(transaction, "SELECT DATABASE()").await.ok();
    assert_eq!(answer.first(), &json!({"stringValue": "other"}));

    let members = json!({"sql": "SELECT 1", "transactionId": transaction, "database": "rowgate"});
    let answer = client.call("/Execute", members).await;
    answer.expect(400, "BadRequestException", "Database name is not the same");
    client.roll_back(transaction).await.ok();

    let answer = client.call("/BeginTransaction", json!({"database": "nowhere"})).await;
    answer.expect(400, "DatabaseErrorException", "Error code: 1049");
}

#[tokio::test]
async fn one_call_at_a_time() {
    let client = client();
    let transaction = client.begin().await;
    let slow = client.execute_in(&transaction, "SELECT SLEEP(1)");
    let others = async {
        sleep(Duration::from_millis(150)).await;
        let answers: [Answer; 3] = [
            client.execute_in(&transaction, "SELECT 1").await,
            client.commit(&transaction).await,
            client.roll_back(&transaction).await,
        ];
        answers
    };
    let (slow, others) = tokio::join!(slow, others);
    slow.ok();
    for answer in others {
        answer.expect(400, "DatabaseErrorException", BUSY);
    }
    client.execute_in(&transaction, "SELECT 1").await.ok();
    client.commit(&transaction).await.ok();
}

#[tokio::test]
async fn idle_and_old_transactions_are_rolled_back() {
    let (api, client) = own_api(short_times).await;
    client.create("timed", "id INT PRIMARY KEY").await;

    let idle = client.begin().await;
    client.execute_in(&idle, "INSERT INTO timed VALUES (1)").await.ok();
    sleep(Duration::from_millis(400)).await;
    client.execute_in(&idle, "SELECT 1").await.ok();
    sleep(Duration::from_millis(1300)).await;
    // The row's lock is gone without anyone having asked for the transaction.
    insert_without_waiting("timed").await;
    client.execute_in(&idle, "SELECT 1").await.expect(404, NOT_FOUND, "is not found");

    let old = client.begin().await;
    client.execute_in(&old, "INSERT INTO timed VALUES (2)").await.ok();
    for _ in 0..5 {
        sleep(Duration::from_millis(400)).await;
        client.execute_in(&old, "SELECT 1").await.ok();
    }
    sleep(Duration::from_millis(700)).await;
    client.execute_in(&old, "SELECT 1").await.expect(404, NOT_FOUND, "is not found");
    assert_eq!(client.number("SELECT COUNT(*) FROM timed").await, 1);
    api.stop().await;
}

#[tokio::test]
async fn a_client_that_hangs_up_leaks_nothing() {
    let client = client();
    client.create("hung_up", "id INT PRIMARY KEY").await;
    let transaction = client.begin().await;
    let call = client.execute_in(&transaction, "INSERT INTO hung_up SELECT SLEEP(1)");
    assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());

    // The statement goes on, and the transaction is there for the next call.
    client.execute_in(&transaction, "SELECT 1").await.expect(400, "DatabaseErrorException", BUSY);
    sleep(Duration::from_millis(1200)).await;
    let answer = client.execute_in(&transaction, "SELECT COUNT(*) FROM hung_up").await.ok();
    assert_eq!(answer.first(), &json!({"longValue": 1}));
    client.roll_back(&transaction).await.ok();
}

#[tokio::test]
async fn stopping_rolls_back() {
    let (api, client) = own_api(|_| ()).await;
    client.create("stopped", "id INT PRIMARY KEY").await;
    let transaction = client.begin().await;
    client.execute_in(&transaction, "INSERT INTO stopped VALUES (1)").await.ok();
    api.stop().await;

    insert_without_waiting("stopped").await;
}
