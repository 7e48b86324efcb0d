use std::time::{Duration, Instant};

use rowgate_local::{S3, S3Fault};
use serde_json::{Value, json};

use crate::s3::client::{Client, identity, store};
use crate::s3::multipart::begin;

/// A store with an object and one fault, written as a user writes it.
async fn store_with(fault: &str) -> (S3, Client) {
    let (s3, client) = store(|_| ()).await;
    client.put("/a", b"0123456789").await;
    s3.set_faults(vec![fault.parse().unwrap()]);
    (s3, client)
}

#[tokio::test]
async fn refusals_have_the_words_of_aws_and_change_nothing() {
    let (s3, client) = store_with("put:slow-down:times=1").await;
    let answer = client.send("PUT", "/a", &vec![0; 3_000_000]).await;
    answer.expect(503, "SlowDown");
    assert!(answer.text().contains("Please reduce your request rate."));
    assert_eq!(client.get("/a").await.ok().text(), "0123456789");
    client.put("/a", b"1").await;

    s3.set_faults(vec!["get:internal:times=1".parse().unwrap()]);
    client.get("/a").await.expect(500, "InternalError");
    assert_eq!(client.get("/a").await.ok().text(), "1");
    s3.stop().await;
}

#[tokio::test]
async fn each_operation_has_its_own() {
    let (s3, client) = store_with("any:internal").await;
    let id = async |client: &Client| begin(client, "/m").await;
    for fault in ["get", "put", "head", "list", "multipart", "delete"] {
        s3.set_faults(vec![format!("{fault}:slow-down").parse().unwrap()]);
        let calls = [
            ("get", "GET", "/a"),
            ("put", "PUT", "/b"),
            ("head", "HEAD", "/a"),
            ("list", "GET", "?list-type=2"),
            ("multipart", "POST", "/m?uploads="),
            ("delete", "DELETE", "/b"),
        ];
        for (name, method, path) in calls {
            let status = client.send(method, path, b"").await.status;
            assert_eq!(status == 503, name == fault, "{fault} {name} {status}");
        }
    }
    s3.set_faults(vec!["any:internal:times=1".parse().unwrap()]);
    assert_eq!(client.send("HEAD", "", b"").await.status, 500);
    id(&client).await;
    s3.stop().await;
}

#[tokio::test]
async fn half_of_an_object_arrives() {
    let (s3, client) = store_with("get:cut:skip=1:times=1").await;
    let body = vec![7_u8; 3_000_000];
    client.put("/large", &body).await;
    client.get("/large").await.ok();

    let mut request = client.request("GET", "/large", b"");
    client.sign(&mut request);
    let mut response = client.http.execute(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.content_length()), (200, Some(3_000_000)));
    let mut length = 0;
    let end = loop {
        match response.chunk().await {
            Ok(Some(data)) => length += data.len(),
            other => break other,
        }
    };
    assert!(end.is_err(), "{end:?}");
    assert_eq!(length, 1_500_000);
    assert!(client.get("/large").await.ok().body == body);
    s3.stop().await;
}

#[tokio::test]
async fn an_answer_without_a_body_is_lost_and_yet_the_object_is_there() {
    let (s3, client) = store_with("put:cut:times=1").await;
    let (headers, _) = client.try_send(client.request("PUT", "/b", b"1")).await.unwrap_err();
    assert!(headers.is_none());
    assert_eq!(client.get("/b").await.ok().text(), "1");
    s3.stop().await;
}

#[tokio::test]
async fn latency_comes_before_the_call() {
    let (s3, client) = store_with("any:latency=400:times=1").await;
    let began = Instant::now();
    client.get("/a").await.ok();
    assert!(began.elapsed() >= Duration::from_millis(400));
    s3.stop().await;
}

#[tokio::test]
async fn a_wrong_signature_meets_no_fault() {
    let (s3, client) = store_with("any:internal:times=1").await;
    let stranger = Client { secret_access_key: "wrong".into(), ..client.clone() };
    stranger.get("/a").await.expect(403, "SignatureDoesNotMatch");
    client.get("/a").await.expect(500, "InternalError");
    client.get("/a").await.ok();
    s3.stop().await;
}

#[tokio::test]
async fn faults_are_set_over_http() {
    let (s3, client) = store_with("any:internal").await;
    let secret = Some(identity().control_secret.as_str());
    let set = async |body: &str| client.set_faults(secret, body).await;

    let (status, list) = set(r#"["list:slow-down:times=1", "get:latency=010"]"#).await;
    assert_eq!(status, 200);
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list, json!(["list:slow-down:times=1", "get:latency=10"]));
    client.get("?list-type=2").await.expect(503, "SlowDown");
    client.get("?list-type=2").await.ok();

    for body in ["", "{}", r#"["any:internal", "any"]"#] {
        assert_eq!(set(body).await.0, 400);
    }
    assert_eq!(set("[]").await, (200, "[]".into()));
    for secret in [None, Some(""), Some(identity().secret_access_key.as_str())] {
        let (status, text) = client.set_faults(secret, r#"["any:internal"]"#).await;
        assert_eq!(status, 403);
        assert!(text.contains("x-rowgate-control"), "{text}");
    }
    client.get("/a").await.ok();
    s3.stop().await;
}

#[test]
fn a_fault_can_be_made_without_a_text() {
    let fault: S3Fault = "get:cut:times=2".parse().unwrap();
    assert_eq!((fault.operation, fault.times), (Some(rowgate_local::S3Operation::Get), Some(2)));
}
