use serde_json::{Value, json};

use crate::data_api::stack::client;

fn named(name: &str, value: impl serde::Serialize) -> Value {
    json!({"name": name, "value": value})
}

#[tokio::test]
async fn every_kind_of_value_is_bound() {
    let client = client();
    let columns = "b BOOLEAN, l BIGINT, d DOUBLE, s TEXT, x BLOB, n INT, \
                   dt DATE, tm TIME(3), ts DATETIME(3), de DECIMAL(10,2), js TEXT, u CHAR(36)";
    client.create("bound", columns).await;
    let hinted = |name: &str, text: &str, hint: &str| json!({"name": name, "value": {"stringValue": text}, "typeHint": hint});
    let uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let parameters = json!([
        named("b", json!({"booleanValue": true})),
        named("l", json!({"longValue": i64::MIN})),
        named("d", json!({"doubleValue": 0.1})),
        named("s", json!({"stringValue": "it's \"😀\" \\ ñ"})),
        named("x", json!({"blobValue": "AP+ACid0"})),
        named("n", json!({"isNull": true})),
        hinted("dt", "2024-02-29", "DATE"),
        hinted("tm", "23:59:59.125", "TIME"),
        hinted("ts", "2021-07-27 16:02:08.5", "TIMESTAMP"),
        hinted("de", "-12.50", "DECIMAL"),
        hinted("js", "{\"a\": [1]}", "JSON"),
        hinted("u", uuid, "UUID"),
    ]);
    let sql = "INSERT INTO bound VALUES (:b, :l, :d, :s, :x, :n, :dt, :tm, :ts, :de, :js, :u)";
    let answer = client.execute_with(sql, parameters).await.ok();
    assert_eq!(answer.body["numberOfRecordsUpdated"], 1);

    let expected = json!([
        {"booleanValue": true}, {"longValue": i64::MIN}, {"doubleValue": 0.1},
        {"stringValue": "it's \"😀\" \\ ñ"}, {"blobValue": "AP+ACid0"}, {"isNull": true},
        {"stringValue": "2024-02-29"}, {"stringValue": "23:59:59.125"},
        {"stringValue": "2021-07-27 16:02:08.500"}, {"stringValue": "-12.50"},
        {"stringValue": "{\"a\": [1]}"}, {"stringValue": uuid},
    ]);
    let by_text = client.run("SELECT * FROM bound").await;
    assert_eq!(by_text.body["records"][0], expected);
    let one = json!([named("one", json!({"longValue": 1}))]);
    let prepared = client.execute_with("SELECT * FROM bound WHERE 1 = :one", one).await.ok();
    assert_eq!(prepared.body["records"][0], expected);
}

#[tokio::test]
async fn values_are_never_spliced() {
    let client = client();
    let evil = "'; DROP TABLE x; -- :b ? \\";
    let parameters =
        json!([named("a", json!({"stringValue": evil})), named("b", json!({"longValue": 2})),]);
    let sql = "SELECT :a, :b, :a, ':a' /* :c */, \"it's :d\" -- :e\n";
    let answer = client.execute_with(sql, parameters).await.ok();
    let text = |text: &str| json!({"stringValue": text});
    assert_eq!(
        answer.body["records"][0],
        json!([text(evil), {"longValue": 2}, text(evil), text(":a"), text("it's :d")])
    );
}

#[tokio::test]
async fn parameters_must_fit_the_statement() {
    let client = client();
    let answer = client.execute("SELECT :a").await;
    answer.expect(400, "BadRequestException", "Cannot find parameter: a");

    let one = json!([named("a", json!({"longValue": 1}))]);
    let answer = client.execute_with("SELECT :a + ?", one.clone()).await;
    answer.expect(400, "BadRequestException", ":name");
    client.execute_with("SELECT 1", one).await.ok();

    for (value, hint, text) in [
        (json!({"arrayValue": {"longValues": [1]}}), Value::Null, "array"),
        (json!({"stringValue": "2021-07-27T16:02:08Z"}), json!("TIMESTAMP"), "TIMESTAMP"),
        (json!({"stringValue": "{"}), json!("JSON"), "JSON"),
        (json!({"blobValue": "no base64!"}), Value::Null, "base64"),
    ] {
        let parameters = json!([{"name": "a", "value": value, "typeHint": hint}]);
        let answer = client.execute_with("SELECT :a", parameters).await;
        answer.expect(400, "ValidationException", text);
    }
}

#[tokio::test]
async fn rows_go_in_through_json_table() {
    let client = client();
    client.create("rows_in", "id INT NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL").await;
    let names = ["😀 ñandú", "it's \"quoted\"", "back\\slash\n\t:rows ?", "日本語 𝕏"];
    let rows: Vec<Value> = names.iter().enumerate().map(|(i, name)| json!([i + 1, name])).collect();
    let sql = "INSERT INTO rows_in (id, name) SELECT r.id, r.name FROM \
               JSON_TABLE(CONVERT(:rows USING utf8mb4), '$[*]' COLUMNS (\
               id TEXT CHARACTER SET utf8mb4 PATH '$[0]', \
               name TEXT CHARACTER SET utf8mb4 PATH '$[1]')) r \
               ON DUPLICATE KEY UPDATE name = r.name";
    let parameters = json!([named("rows", json!({"stringValue": json!(rows).to_string()}))]);
    let answer = client.execute_with(sql, parameters).await.ok();
    assert_eq!(answer.body["numberOfRecordsUpdated"], 4);
    assert_eq!(answer.body["generatedFields"], json!([]));

    let answer = client.run("SELECT name FROM rows_in ORDER BY id").await;
    let stored: Vec<_> = answer.body["records"].as_array().unwrap().iter().collect();
    let expected: Vec<_> = names.iter().map(|name| json!([{"stringValue": name}])).collect();
    assert_eq!(stored, expected.iter().collect::<Vec<_>>());

    let broken = json!([named("rows", json!({"stringValue": "[[1,\"cut\"]"}))]);
    let answer = client.execute_with(sql, broken).await;
    answer.expect(400, "DatabaseErrorException", "Error code: 3141; SQLState: 22032");
}

#[tokio::test]
async fn a_batch_tells_given_ids_from_generated_ones() {
    let client = client();
    client.create("batch_ids", "id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(10)").await;
    let set = |id: Value| json!([named("id", id), named("name", json!({"stringValue": "a"}))]);
    let (seven, eight) = (json!({"longValue": 7}), json!({"longValue": 8}));
    let (none, twenty) = (json!({"isNull": true}), json!({"stringValue": "20"}));
    let sets = json!([set(seven), set(eight), set(none), set(twenty)]);

    let sql = "INSERT INTO batch_ids (id, name) VALUES (:id, :name)";
    let call = client.call("/BatchExecute", json!({"sql": sql, "parameterSets": sets}));
    let given = json!({"generatedFields": []});
    let generated = json!({"generatedFields": [{"longValue": 9}]});
    let results = json!({"updateResults": [given, given, generated, given]});
    assert_eq!(call.await.ok().body, results);
}

#[tokio::test]
async fn a_batch_runs_once_for_each_set() {
    let client = client();
    client.create("batch", "id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(10) NOT NULL").await;
    let set = |name: &str| json!([named("name", json!({"stringValue": name}))]);
    let call = |sql: &'static str, sets: Value| {
        client.call("/BatchExecute", json!({"sql": sql, "parameterSets": sets}))
    };

    let sql = "INSERT INTO batch (name) VALUES (:name)";
    let answer = call(sql, json!([set("a"), set("😀"), set("c")])).await.ok();
    let generated = |id: i64| json!({"generatedFields": [{"longValue": id}]});
    assert_eq!(answer.body, json!({"updateResults": [generated(1), generated(2), generated(3)]}));

    let answer = call("UPDATE batch SET name = 'z'", json!([[]])).await.ok();
    assert_eq!(answer.body, json!({"updateResults": [{"generatedFields": []}]}));
    assert_eq!(client.number("SELECT COUNT(*) FROM batch WHERE name = 'z'").await, 3);

    // The sets before the bad one stay: nothing but a transaction would take them back.
    let answer = call(sql, json!([set("good"), set("much too long"), set("never")])).await;
    answer.expect(400, "DatabaseErrorException", "Error code: 1406");
    assert_eq!(client.number("SELECT COUNT(*) FROM batch").await, 4);

    let answer = call("SELECT :name", json!([set("a")])).await;
    answer.expect(400, "DatabaseErrorException", "Can not issue SELECT");
    call(sql, json!([])).await.expect(400, "ValidationException", "parameter set");
    call(sql, json!([set("a"), []])).await.expect(400, "BadRequestException", "name");
}
