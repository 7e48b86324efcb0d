use serde_json::json;

use crate::data_api::client::with_arns;
use crate::data_api::stack::{client, own_api, rows};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn a_request_has_four_mebibytes_with_its_headers() {
    let client = client();
    let body = |length: usize| {
        let text = "x".repeat(length);
        let parameters = json!([{"name": "a", "value": {"stringValue": text}}]);
        let members = json!({"sql": "SELECT LENGTH(:a)", "parameters": parameters});
        with_arns(members).to_string().into_bytes()
    };
    let frame = body(0).len();

    let answer = client.send(client.request("/Execute", body(4 * MIB - 1024 - frame))).await.ok();
    assert_eq!(answer.first()["longValue"], 4 * MIB - 1024 - frame);

    // The body alone would fit; with the headers it does not.
    for length in [4 * MIB - 16 - frame, 4 * MIB, 6 * MIB] {
        let answer = client.send(client.request("/Execute", body(length))).await;
        answer.expect(413, "RequestEntityTooLargeException", "4 MiB");
    }
}

#[tokio::test]
async fn a_statement_has_65536_characters() {
    let client = client();
    let sql = |characters: usize| {
        let text = "ñ".repeat(characters - "SELECT ''".len());
        format!("SELECT '{text}'")
    };
    client.execute(&sql(65_537)).await.expect(400, "ValidationException", "65536");
    // It runs; its result is longer than a row may be.
    client.execute(&sql(65_536)).await.expect(400, "DatabaseErrorException", "Packet for query");
}

#[tokio::test]
async fn a_row_has_64_kilobytes() {
    let client = client();
    let answer = client.run("SELECT REPEAT('x', 65536)").await;
    assert_eq!(answer.first()["stringValue"].as_str().unwrap().len(), 65_536);
    for sql in [
        "SELECT REPEAT('x', 65537)",
        "SELECT REPEAT('x', 65536), 1",
        "SELECT 1 UNION SELECT REPEAT('x', 65537)",
    ] {
        let answer = client.execute(sql).await;
        answer.expect(400, "DatabaseErrorException", "Packet for query is too large");
    }
}

#[tokio::test]
async fn a_row_may_have_more_if_that_is_wanted() {
    let (api, client) = own_api(|options| options.large_rows = true).await;
    let answer = client.run("SELECT REPEAT('x', 900000)").await;
    assert_eq!(answer.first()["stringValue"].as_str().unwrap().len(), 900_000);
    // The answer has its limit all the same.
    let answer = client.execute("SELECT REPEAT('x', 1100000)").await;
    answer.expect(400, "BadRequestException", "response size limit");
    api.stop().await;
}

#[tokio::test]
async fn a_parameter_over_a_limit_is_refused_in_each_form_in_turn() {
    let (api, client) = own_api(|options| options.largest_parameter = Some(1000)).await;
    let call = |length: usize| {
        let parameters = json!([{"name": "a", "value": {"stringValue": "x".repeat(length)}}]);
        client.call("/Execute", json!({"sql": "SELECT LENGTH(:a)", "parameters": parameters}))
    };
    for (status, error_type, text) in [
        (413, "RequestEntityTooLargeException", "too large"),
        (400, "ValidationException", "length less than or equal to 1000"),
        (400, "BadRequestException", "exceeds the limit"),
        (400, "DatabaseErrorException", "Packet for query is too large (1001 > 1000)"),
        (413, "RequestEntityTooLargeException", "too large"),
    ] {
        call(1001).await.expect(status, error_type, text);
    }
    assert_eq!(call(1000).await.ok().first()["longValue"], 1000);
    api.stop().await;
}

fn long_rows(count: usize) -> String {
    format!("SELECT REPEAT('x', 60000) FROM {}", rows(count))
}

#[tokio::test]
async fn a_response_has_one_mebibyte() {
    let client = client();
    client.run(&long_rows(17)).await;
    let text = "Database returned more than the allowed response size limit";
    for count in [18, 100_000] {
        let answer = client.execute(&long_rows(count)).await;
        answer.expect(400, "BadRequestException", text);
    }
    // The connection is not left with the rest of the rows.
    assert_eq!(client.number("SELECT 1").await, 1);
}

#[tokio::test]
async fn a_transaction_does_not_survive_a_response_that_is_too_large() {
    let client = client();
    client.create("too_large", "id INT PRIMARY KEY").await;
    let transaction = client.begin().await;
    client.execute_in(&transaction, "INSERT INTO too_large VALUES (1)").await.ok();
    let answer = client.execute_in(&transaction, &long_rows(100_000)).await;
    answer.expect(400, "BadRequestException", "response size limit");

    let answer = client.execute_in(&transaction, "SELECT 1").await;
    answer.expect(404, "TransactionNotFoundException", "is not found");
    assert_eq!(client.number("SELECT COUNT(*) FROM too_large").await, 0);
}

#[tokio::test]
async fn json_records_have_ten_megabytes() {
    let client = client();
    let call = |count: usize| {
        client.call("/Execute", json!({"sql": long_rows(count), "formatRecordsAs": "JSON"}))
    };
    let text = call(170).await.ok().body["formattedRecords"].as_str().unwrap().len();
    assert!(text > 10_000_000);
    call(180).await.expect(400, "BadRequestException", "10 MB");
}
