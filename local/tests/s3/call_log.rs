use serde_json::{Value, json};

use crate::s3::client::{Client, store};

#[tokio::test]
async fn a_line_for_each_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.ndjson");
    let (s3, client) = store(|options| {
        options.call_log = Some(path.clone());
        options.faults = vec!["get:cut:skip=1:times=1".parse().unwrap()];
    })
    .await;
    client.put("/a%20b", b"hidden-text").await;
    client.send_with("GET", "/a%20b", &[("range", "bytes=0-3")], b"").await.ok();
    let cut = client.try_send(client.request("GET", "/a%20b", b"")).await;
    assert!(cut.is_err());
    Client { secret_access_key: "wrong".into(), ..client.clone() }.get("/a%20b").await;
    client.get("?list-type=2").await.ok();
    s3.stop().await;

    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("hidden"), "{text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let column = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(
        column("operation"),
        [
            json!("PutObject"),
            json!("GetObject"),
            json!("GetObject"),
            json!(null),
            json!("ListObjectsV2")
        ]
    );
    assert_eq!(column("status"), [200, 206, 200, 403, 200]);
    assert_eq!(column("method"), ["PUT", "GET", "GET", "GET", "GET"]);
    assert_eq!(lines[0]["key"], "a b");
    assert_eq!(lines[0]["path"], "/rowgate-local/a%20b");
    assert_eq!((&lines[0]["request_bytes"], &lines[0]["response_bytes"]), (&json!(11), &json!(0)));
    assert_eq!((&lines[1]["range"], &lines[1]["response_bytes"]), (&json!("bytes=0-3"), &json!(4)));
    assert_eq!(lines[2]["fault"], "get:cut:skip=1:times=1");
    assert_eq!(lines[2]["response_bytes"], 11);
    assert!(lines[0]["time"].as_str().unwrap().ends_with('Z'));
}
