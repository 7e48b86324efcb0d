use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::data_api::client::{Client, with_arns};
use crate::data_api::stack::own_api;

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_line_for_each_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.ndjson");
    let (api, client) = own_api(|options| {
        options.call_log = Some(path.clone());
        options.session_token = Some("hidden-token".into());
    })
    .await;
    let client = Client { session_token: Some("hidden-token".into()), ..client };

    let value = json!([{"name": "a", "value": {"stringValue": "hidden-value"}}]);
    let body = with_arns(json!({"sql": "SELECT :a AS hidden_text", "parameters": value}));
    let body = body.to_string().into_bytes();
    client.send(client.request("/Execute", body.clone())).await.ok();
    let line = lines(&path).pop().unwrap();
    assert_eq!((&line["operation"], &line["verb"]), (&json!("ExecuteStatement"), &json!("SELECT")));
    assert_eq!((&line["method"], &line["path"]), (&json!("POST"), &json!("/Execute")));
    assert_eq!((&line["status"], &line["error_type"]), (&json!(200), &json!(null)));
    assert_eq!(line["transaction_id"], json!(null));
    assert_eq!(line["request_bytes"], body.len());
    assert!(line["response_bytes"].as_u64().unwrap() > 30);
    assert_eq!((&line["parameter_sets"], &line["records"]), (&json!(1), &json!(1)));
    assert!(line["micros"].as_u64().unwrap() > 0);
    assert!(line["time"].as_str().unwrap().ends_with('Z'));
    let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(line["body_sha256"], digest);

    let mut names: Vec<_> = line["headers"].as_object().unwrap().keys().collect();
    names.sort_unstable();
    let expected = ["authorization", "content-type", "host", "x-amz-date", "x-amz-security-token"];
    assert_eq!(names, expected);
    assert_eq!(line["headers"]["x-amz-security-token"], "***");
    assert!(line["headers"]["authorization"].as_str().unwrap().starts_with("AWS4-HMAC-SHA256"));

    let transaction = client.begin().await;
    let line = lines(&path).pop().unwrap();
    assert_eq!(line["operation"], "BeginTransaction");
    assert_eq!(line["transaction_id"], transaction);

    let members =
        json!({"sql": "DO :a", "transactionId": transaction, "parameterSets": [value, value]});
    client.call("/BatchExecute", members).await;
    client.execute_in(&transaction, "SELEC hidden_text").await;
    let all = lines(&path);
    assert_eq!(all[2]["parameter_sets"], 2);
    assert_eq!(all[3]["error_type"], "DatabaseErrorException");
    // Of a statement the log has a word of a fixed list alone.
    assert_eq!((&all[2]["verb"], &all[3]["verb"]), (&json!(null), &json!(null)));
    assert_eq!((&all[3]["status"], &all[3]["transaction_id"]), (&json!(400), &json!(transaction)));

    let stranger = Client { secret_access_key: "wrong".into(), ..client.clone() };
    stranger.execute("SELECT 1").await;
    client.call("/Nothing", json!({})).await;
    let all = lines(&path);
    assert_eq!(all[4]["error_type"], "InvalidSignatureException");
    assert_eq!((&all[5]["operation"], &all[5]["status"]), (&json!(null), &json!(404)));

    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("hidden"), "{text}");
    for part in ["SELECT ", ":a", "SELEC ", "DO "] {
        assert!(!text.contains(part), "{part}");
    }
    api.stop().await;
}
