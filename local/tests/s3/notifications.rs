use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::s3::client::{Client, store};
use crate::s3::multipart::{begin, complete, part};
use rowgate_local::S3;

async fn store_with_messages() -> (S3, Client, UnboundedReceiver<Value>) {
    let (sender, receiver) = unbounded_channel();
    let (s3, client) = store(|options| options.notifications = Some(sender)).await;
    (s3, client, receiver)
}

fn object(message: &Value) -> &Value {
    &message["Records"][0]["s3"]["object"]
}

#[tokio::test]
async fn a_message_has_the_documented_shape() {
    let (s3, client, mut messages) = store_with_messages().await;
    let put = client.send("PUT", "/incoming/red%20flower%2B%C3%A4.csv", b"12345").await.ok();
    let message = messages.try_recv().unwrap();
    let record = &message["Records"][0];
    assert_eq!(record["eventVersion"], "2.6");
    assert_eq!(record["eventSource"], "aws:s3");
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["eventName"], "ObjectCreated:Put");
    let time = record["eventTime"].as_str().unwrap();
    assert_eq!((time.len(), time.ends_with('Z')), (24, true), "{time}");
    assert_eq!(record["responseElements"]["x-amz-request-id"], put.header("x-amz-request-id"));
    assert_eq!(record["s3"]["s3SchemaVersion"], "1.0");
    assert_eq!(record["s3"]["bucket"]["name"], "rowgate-local");
    assert_eq!(record["s3"]["bucket"]["arn"], "arn:aws:s3:::rowgate-local");
    let object = object(&message);
    assert_eq!(object["key"], "incoming/red+flower%2B%C3%A4.csv");
    assert_eq!((&object["size"], &object["versionId"]), (&json!(5), &json!(null)));
    assert_eq!(object["eTag"], put.header("etag").trim_matches('"'));
    s3.stop().await;
}

#[tokio::test]
async fn every_way_to_make_an_object_is_told() {
    let (s3, client, mut messages) = store_with_messages().await;
    client.put("/incoming/a", b"1").await;
    let headers = [("x-amz-copy-source", "/rowgate-local/incoming/a")];
    client.send_with("PUT", "/incoming/b", &headers, b"").await.ok();
    let id = begin(&client, "/incoming/c").await;
    let e_tags = [part(&client, "/incoming/c", &id, 1, b"12").await.ok().header("etag")];
    assert_eq!(messages.len(), 2);
    complete(&client, "/incoming/c", &id, &e_tags).await.ok();

    let mut sequencer = String::new();
    for (name, key, size) in [
        ("ObjectCreated:Put", "incoming/a", 1),
        ("ObjectCreated:Copy", "incoming/b", 1),
        ("ObjectCreated:CompleteMultipartUpload", "incoming/c", 2),
    ] {
        let message = messages.try_recv().unwrap();
        assert_eq!(message["Records"][0]["eventName"], name);
        assert_eq!(object(&message)["key"], key);
        assert_eq!(object(&message)["size"], size);
        let next = object(&message)["sequencer"].as_str().unwrap().to_owned();
        assert!(next > sequencer && next.len() == 18, "{next}");
        sequencer = next;
    }
    s3.stop().await;
}

#[tokio::test]
async fn nothing_else_is_told() {
    let (s3, client, mut messages) = store_with_messages().await;
    client.put("/outgoing/a", b"1").await;
    client.put("/incoming/a", b"1").await;
    messages.try_recv().unwrap();
    client.get("/incoming/a").await.ok();
    let headers = [("if-none-match", "*")];
    client.send_with("PUT", "/incoming/a", &headers, b"2").await.expect(412, "PreconditionFailed");
    client.send("DELETE", "/incoming/a", b"").await.ok();
    assert!(messages.is_empty());
    s3.stop().await;
}
