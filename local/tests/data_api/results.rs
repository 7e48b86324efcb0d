use serde_json::{Value, json};

use crate::data_api::stack::{client, own_api};

fn call(sql: &str, more: &Value) -> Value {
    let mut members = json!({"sql": sql, "database": "rowgate"});
    members.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    members
}

#[tokio::test]
async fn every_type_has_its_field() {
    let client = client();
    let columns = "bo BOOLEAN, ti TINYINT, ut TINYINT(1) UNSIGNED, sm SMALLINT, bi BIGINT, f FLOAT, \
                   d DOUBLE, de DECIMAL(8,3), bt BIT(1), c CHAR(2), v VARCHAR(9), t TEXT, \
                   e ENUM('x','y'), bn BINARY(2), vb VARBINARY(3), bl BLOB, dt DATE, tm TIME, \
                   ts TIMESTAMP NULL, js JSON, nn INT NULL";
    client.create("types", columns).await;
    client
        .run(
            "INSERT INTO types VALUES (0, -5, 1, 6, 7, 1.1, 2.5, 1.5, b'1', 'ab', 'ñ', 'text', 'y', \
             x'00FF', x'01', x'', '2024-02-29', '-25:00:01', '2021-07-27 16:02:08', '[1]', NULL)",
        )
        .await;
    let text = |text: &str| json!({"stringValue": text});
    let expected = json!([
        {"booleanValue": false}, {"longValue": -5}, {"longValue": 1}, {"longValue": 6},
        {"longValue": 7}, {"doubleValue": 1.1}, {"doubleValue": 2.5}, text("1.500"),
        {"booleanValue": true}, text("ab"), text("ñ"), text("text"), text("y"),
        {"blobValue": "AP8="}, {"blobValue": "AQ=="}, {"blobValue": ""}, text("2024-02-29"),
        text("-25:00:01"), text("2021-07-27 16:02:08"), text("[1]"), {"isNull": true},
    ]);
    let answer = client.run("SELECT * FROM types").await;
    assert_eq!(answer.body["records"], json!([expected]));
    assert_eq!(answer.body["numberOfRecordsUpdated"], 0);
    assert_eq!(answer.body.get("columnMetadata"), None);

    let parameters = json!([{"name": "v", "value": {"stringValue": "ñ"}}]);
    let answer = client.execute_with("SELECT * FROM types WHERE v = :v", parameters).await.ok();
    assert_eq!(answer.body["records"], json!([expected]));
}

#[tokio::test]
async fn numbers_come_as_asked() {
    let client = client();
    let sql = "SELECT CAST(1.50 AS DECIMAL(5,2)), CAST(3 AS DECIMAL(5,0)), 7";
    let ask = |decimal: &str, long: &str| {
        let options = json!({"decimalReturnType": decimal, "longReturnType": long});
        client.call("/Execute", call(sql, &json!({"resultSetOptions": options})))
    };
    let answer = ask("DOUBLE_OR_LONG", "STRING").await.ok();
    let expected = json!([{"doubleValue": 1.5}, {"longValue": 3}, {"stringValue": "7"}]);
    assert_eq!(answer.body["records"][0], expected);
    let answer = ask("STRING", "LONG").await.ok();
    let expected = json!([{"stringValue": "1.50"}, {"stringValue": "3"}, {"longValue": 7}]);
    assert_eq!(answer.body["records"][0], expected);

    let sql = "SELECT 18446744073709551615";
    client.execute(sql).await.expect(400, "DatabaseErrorException", "java.lang.Long");
    let options = json!({"resultSetOptions": {"longReturnType": "STRING"}});
    let answer = client.call("/Execute", call(sql, &options)).await.ok();
    assert_eq!(answer.first(), &json!({"stringValue": "18446744073709551615"}));
}

#[tokio::test]
async fn other_types_are_refused() {
    let client = client();
    client.create("other_types", "y YEAR, s SET('a','b'), g POINT").await;
    for column in ["y", "s", "g"] {
        let answer = client.execute(&format!("SELECT {column} FROM other_types")).await;
        answer.expect(400, "UnsupportedResultException", "unsupported data type");
    }
    client.run("SELECT CAST(y AS CHAR), CAST(s AS CHAR), ST_AsText(g) FROM other_types").await;
}

#[tokio::test]
async fn metadata_describes_the_columns() {
    let client = client();
    client.create("described", "id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20)").await;
    let sql = "SELECT id, name AS label, 1 + 1 FROM described AS d";
    let answer =
        client.call("/Execute", call(sql, &json!({"includeResultMetadata": true}))).await.ok();
    assert_eq!(answer.body["records"], json!([]));
    let columns = answer.body["columnMetadata"].as_array().unwrap();
    assert_eq!(columns.len(), 3);
    assert_eq!(
        columns[0],
        json!({
            "arrayBaseColumnType": 0, "isAutoIncrement": true, "isCaseSensitive": false,
            "isCurrency": false, "isSigned": true, "label": "id", "name": "id", "nullable": 0,
            "precision": 10, "scale": 0, "schemaName": "", "tableName": "described", "type": 4,
            "typeName": "INT"
        })
    );
    let text = &columns[1];
    assert_eq!((&text["label"], &text["name"]), (&json!("label"), &json!("name")));
    assert_eq!((&text["type"], &text["precision"]), (&json!(12), &json!(20)));
    assert_eq!((&text["nullable"], &text["isSigned"]), (&json!(1), &json!(false)));
    assert_eq!(columns[2]["name"], "1 + 1");
}

#[tokio::test]
async fn records_as_json() {
    let client = client();
    let sql = "SELECT 1 AS id, 'it\"s' AS `na\"me`, x'00FF' AS b, NULL AS n, 1.50 AS d, TRUE AS t";
    let more = json!({"formatRecordsAs": "JSON", "includeResultMetadata": true});
    let answer = client.call("/Execute", call(sql, &more)).await.ok();
    let text = answer.body["formattedRecords"].as_str().unwrap();
    let records: Value = serde_json::from_str(text).unwrap();
    assert_eq!(
        records,
        json!([{"id": 1, "na\"me": "it\"s", "b": "AP8=", "n": null, "d": "1.50", "t": 1}])
    );
    assert!(text.starts_with(r#"[{"id":1,"na\"me":"#), "in the order of the columns: {text}");
    assert_eq!(answer.body.get("records"), None);
    assert_eq!(answer.body.get("columnMetadata"), None);

    let answer = client.call("/Execute", call("SELECT 1 AS a, 2 AS a", &more)).await;
    answer.expect(400, "BadRequestException", "label 'a'");
    let answer = client.call("/Execute", call("DO 1", &more)).await.ok();
    assert_eq!(answer.body["numberOfRecordsUpdated"], 0);
}

#[tokio::test]
async fn generated_fields_are_those_that_were_generated() {
    let client = client();
    client.create("numbered", "id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(10) UNIQUE").await;
    let longs = |ids: &[i64]| -> Value { ids.iter().map(|id| json!({"longValue": id})).collect() };
    let cases: [(&str, i64, &[i64]); 6] = [
        ("INSERT INTO numbered (name) VALUES ('a')", 1, &[1]),
        ("INSERT INTO numbered (name) VALUES ('b'), ('c'), ('d')", 3, &[2, 3, 4]),
        ("INSERT INTO numbered VALUES (10, 'j')", 1, &[]),
        ("INSERT INTO numbered VALUES (20, 't'), (21, 'u')", 2, &[]),
        ("UPDATE numbered SET name = 'x' WHERE id = 1", 1, &[]),
        ("UPDATE numbered SET name = 'x' WHERE id = 1", 0, &[]),
    ];
    for (sql, updated, ids) in cases {
        let answer = client.run(sql).await;
        assert_eq!(answer.body["numberOfRecordsUpdated"], updated, "{sql}");
        assert_eq!(answer.body["generatedFields"], longs(ids), "{sql}");
        assert_eq!(answer.body.get("records"), None);
    }

    // An explicit id behind a generated one, in one session.
    let transaction = client.begin().await;
    let insert = |values: &str| format!("INSERT INTO numbered VALUES ({values})");
    let answer = client.execute_in(&transaction, &insert("NULL, 'v'")).await.ok();
    assert_eq!(answer.body["generatedFields"], longs(&[22]));
    let answer = client.execute_in(&transaction, &insert("40, 'w'")).await.ok();
    assert_eq!(answer.body["generatedFields"], longs(&[]));
    client.roll_back(&transaction).await.ok();
}

#[tokio::test]
async fn statements_of_every_kind_run() {
    let client = client();
    client.create("kinds", "id INT PRIMARY KEY").await;
    for sql in
        ["SHOW TABLES", "DESCRIBE kinds", "EXPLAIN SELECT * FROM kinds", "ANALYZE TABLE kinds"]
    {
        assert!(client.run(sql).await.body["records"].is_array(), "{sql}");
    }
    for sql in [
        "SET @a = 1",
        "FLUSH TABLES kinds",
        "TRUNCATE TABLE kinds",
        "RENAME TABLE kinds TO kinds2, kinds2 TO kinds",
    ] {
        client.run(sql).await;
    }
    client.run("DROP PROCEDURE IF EXISTS two_results").await;
    client.run("CREATE PROCEDURE two_results() BEGIN SELECT 1; SELECT 2, 3; END").await;
    let answer = client.run("CALL two_results()").await;
    assert_eq!(answer.body["records"], json!([[{"longValue": 1}]]));
}

#[tokio::test]
async fn found_rows_are_counted_on_demand() {
    let counted = async |found_rows: bool| {
        let (api, client) = own_api(|options| options.found_rows = found_rows).await;
        client.create("found_rows", "id INT PRIMARY KEY, name TEXT").await;
        client.run("INSERT INTO found_rows VALUES (1, 'same'), (2, 'changed')").await;
        let sql = "INSERT INTO found_rows VALUES (1, 'same'), (2, 'other'), (3, 'new') \
                   ON DUPLICATE KEY UPDATE name = VALUES(name)";
        let updated = client.run(sql).await.body["numberOfRecordsUpdated"].clone();
        api.stop().await;
        updated
    };
    assert_eq!([counted(false).await, counted(true).await], [json!(3), json!(4)]);
}
