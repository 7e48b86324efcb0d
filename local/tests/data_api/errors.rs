use serde_json::json;

use crate::data_api::client::{identity, with_arns};
use crate::data_api::stack::client;

const VALIDATION: &str = "ValidationException";
const DATABASE: &str = "DatabaseErrorException";

#[tokio::test]
async fn unknown_operations_are_refused() {
    let client = client();
    let answer = client.call("/Nothing", json!({})).await;
    answer.expect(404, "UnknownOperationException", "");

    let mut request = client.request("/Execute", Vec::new());
    *request.method_mut() = reqwest::Method::PUT;
    client.sign(&mut request);
    client.send(request).await.expect(405, "UnknownOperationException", "POST");

    let answer = client.post("/ExecuteSql", &json!({"sqlStatements": "SELECT 1"})).await;
    answer.expect(400, "BadRequestException", "ExecuteSql isn't supported");
}

#[tokio::test]
async fn bodies_are_checked() {
    let client = client();
    for body in ["", "{", "[]", "{\"sql\": 1}", "{} {}"] {
        let answer = client.send(client.request("/Execute", body.into())).await;
        answer.expect(400, "SerializationException", "");
    }

    let cases = [
        (json!({"sql": "SELECT 1", "sqll": 1}), "unknown field `sqll`"),
        (json!({"sql": "SELECT 1", "formatRecordsAs": "CSV"}), "unknown variant `CSV`"),
        (
            json!({"sql": "SELECT :a", "parameters": [{"name": "a", "value": {"intValue": 1}}]}),
            "intValue",
        ),
        (json!({"sql": "SELECT 1", "schema": "x"}), "The schema parameter isn't supported"),
        (json!({"sql": "SELECT 1", "database": "x".repeat(65)}), "'database'"),
        (json!({"sql": "SELECT 1", "transactionId": "x".repeat(193)}), "'transactionId'"),
        (json!({}), "Value null at 'sql'"),
    ];
    for (members, text) in cases {
        client.call("/Execute", members).await.expect(400, VALIDATION, text);
    }
    let answer = client.call("/CommitTransaction", json!({})).await;
    answer.expect(400, VALIDATION, "Value null at 'transactionId'");
}

#[tokio::test]
async fn arns_are_checked() {
    let client = client();
    let base = with_arns(json!({"sql": "SELECT 1"}));
    let cases = [
        (
            "resourceArn",
            json!(identity().cluster_arn.to_uppercase()),
            404,
            "DatabaseNotFoundException",
        ),
        ("resourceArn", json!(null), 400, VALIDATION),
        ("secretArn", json!(format!("{}x", identity().secret_arn)), 400, "SecretsErrorException"),
        ("secretArn", json!(null), 400, VALIDATION),
    ];
    for (member, value, status, error_type) in cases {
        let mut body = base.clone();
        body[member] = value;
        for path in ["/Execute", "/BatchExecute"] {
            client.post(path, &body).await.expect(status, error_type, "");
        }
    }
}

#[tokio::test]
async fn database_errors_end_with_code_and_state() {
    let client = client();
    client.create("errors", "id INT NOT NULL PRIMARY KEY, name VARCHAR(3) NOT NULL").await;
    client.run("INSERT INTO errors VALUES (1, 'a')").await;
    let cases = [
        ("SELEC 1", "Error code: 1064; SQLState: 42000"),
        ("SELECT 1 FROM no_such_table", "Error code: 1146; SQLState: 42S02"),
        ("INSERT INTO errors VALUES (1, 'a')", "Error code: 1062; SQLState: 23000"),
        ("INSERT INTO errors VALUES (2, 'long')", "Error code: 1406; SQLState: 22001"),
        ("INSERT INTO errors VALUES ('x', 'a')", "Error code: 1366; SQLState: HY000"),
        ("INSERT INTO errors VALUES (NULL, 'a')", "Error code: 1048; SQLState: 23000"),
        // MariaDB itself says 4038 and 4037.
        (
            "SELECT * FROM JSON_TABLE('[1', '$[*]' COLUMNS (a INT PATH '$')) t",
            "Error code: 3141; SQLState: 22032",
        ),
        (
            "SELECT * FROM JSON_TABLE('[x]', '$[*]' COLUMNS (a INT PATH '$')) t",
            "Error code: 3141; SQLState: 22032",
        ),
    ];
    for (sql, end) in cases {
        let answer = client.execute(sql).await;
        answer.expect(400, DATABASE, end);
        assert!(answer.message().ends_with(end), "{answer:?}");
    }

    let answer = client.call("/Execute", json!({"sql": "SELECT 1", "database": "nowhere"})).await;
    answer.expect(400, DATABASE, "Error code: 1049; SQLState: 42000");
}

#[tokio::test]
async fn multistatements_are_refused() {
    let client = client();
    let text = "Multistatements aren't supported.";
    client.execute("SELECT 1; SELECT 2").await.expect(400, VALIDATION, text);
    client.run("SELECT 1;").await;
    let answer = client.run("SELECT ';' /* ; */ -- ; SELECT 2").await;
    assert_eq!(answer.first(), &json!({"stringValue": ";"}));

    let members = json!({"sql": "SELECT 1;", "parameterSets": [[]]});
    client.call("/BatchExecute", members).await.expect(400, VALIDATION, "semicolon");
}

#[tokio::test]
async fn a_stored_program_is_one_statement() {
    let client = client();
    client.create("programs", "id INT PRIMARY KEY, note TEXT").await;
    let trigger = "CREATE TRIGGER programs_note BEFORE INSERT ON programs FOR EACH ROW \
                   BEGIN SET @a = 'x'; SET NEW.note = @a; END";
    client.run(trigger).await;
    client.run("INSERT INTO programs (id) VALUES (1)").await;
    let answer = client.run("SELECT note FROM programs").await;
    assert_eq!(answer.first(), &json!({"stringValue": "x"}));
}

#[tokio::test]
async fn no_state_carries_over_between_calls() {
    let client = client();
    client.run("CREATE DATABASE IF NOT EXISTS elsewhere").await;
    for _ in 0..5 {
        client.run("SET SESSION sql_mode = '', @leftover = 1, SESSION autocommit = 0").await;
        client.run("CREATE TEMPORARY TABLE leftovers (id INT)").await;
        client.call("/Execute", json!({"sql": "SELECT 1", "database": "elsewhere"})).await.ok();
        client.call("/Execute", json!({"sql": "USE elsewhere"})).await.ok();
    }
    for _ in 0..5 {
        let sql = "SELECT @leftover IS NULL AND @@autocommit = 1 AND DATABASE() = 'rowgate' \
                   AND @@character_set_client = 'utf8mb4' AND @@sql_mode LIKE '%STRICT%'";
        assert_eq!(client.number(sql).await, 1);
    }
}
