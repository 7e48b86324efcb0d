use rowgate_local::BUCKET;

use crate::s3::client::store;

#[tokio::test]
async fn an_object_is_stored_read_and_deleted() {
    let (s3, client) = store(|_| ()).await;
    client.get("/missing.csv").await.expect(404, "NoSuchKey");

    let e_tag = client.put("/a.csv", b"id,name\n1,a\n").await;
    assert_eq!(e_tag.len(), "\"0123456789abcdef0123456789abcdef\"".len(), "{e_tag}");
    let answer = client.get("/a.csv").await.ok();
    assert_eq!(answer.text(), "id,name\n1,a\n");
    assert_eq!(
        (answer.header("etag"), answer.header("content-length")),
        (e_tag.clone(), "12".into())
    );

    let head = client.send("HEAD", "/a.csv", b"").await.ok();
    assert_eq!((head.header("etag"), head.header("content-length")), (e_tag, "12".into()));
    assert!(head.body.is_empty());

    assert_eq!(client.send("DELETE", "/a.csv", b"").await.status, 204);
    assert_eq!(client.send("HEAD", "/a.csv", b"").await.status, 404);
    s3.stop().await;
}

#[tokio::test]
async fn keys_of_any_kind() {
    let (s3, client) = store(|_| ()).await;
    for (path, key) in [
        ("/incoming/a%20b.csv", "incoming/a b.csv"),
        ("/incoming/a%2Bb.csv", "incoming/a+b.csv"),
        ("/incoming/100%25.csv", "incoming/100%.csv"),
        ("/incoming/a%252Fb.csv", "incoming/a%2Fb.csv"),
        ("/incoming/M%C3%A4rz/%E6%9D%B1%E4%BA%AC.csv", "incoming/März/東京.csv"),
        ("/incoming/%F0%9F%8D%89.csv", "incoming/🍉.csv"),
        ("/backups/2026-11-23/jobs/part-00000.avro", "backups/2026-11-23/jobs/part-00000.avro"),
    ] {
        client.put(path, key.as_bytes()).await;
        assert_eq!(client.get(path).await.ok().text(), key);
    }
    let keys = client.get("?list-type=2&prefix=incoming%2Fa").await.ok().elements("Key");
    assert_eq!(keys, ["incoming/a b.csv", "incoming/a%2Fb.csv", "incoming/a+b.csv"]);
    s3.stop().await;
}

#[tokio::test]
async fn a_folder_of_keys_is_no_object() {
    let (s3, client) = store(|_| ()).await;
    client.put("/incoming/a.csv", b"1").await;
    client.get("/incoming").await.expect(404, "NoSuchKey");
    assert_eq!(client.send("HEAD", "/incoming", b"").await.status, 404);
    s3.stop().await;
}

#[tokio::test]
async fn a_copy_has_the_bytes() {
    let (s3, client) = store(|_| ()).await;
    client.put("/a%20%2B.csv", b"copied").await;
    let headers = [("x-amz-copy-source", "/rowgate-local/a%20%2B.csv")];
    client.send_with("PUT", "/b.csv", &headers, b"").await.ok();
    assert_eq!(client.get("/b.csv").await.ok().text(), "copied");
    s3.stop().await;
}

#[tokio::test]
async fn a_large_object_comes_back_whole() {
    let (s3, client) = store(|_| ()).await;
    let body: Vec<u8> = (0..9_000_000_u32).map(|i| (i % 251) as u8).collect();
    client.put("/large", &body).await;
    assert!(client.get("/large").await.ok().body == body);
    s3.stop().await;
}

#[tokio::test]
async fn keys_are_as_long_as_in_s3() {
    let (s3, client) = store(|_| ()).await;
    let keys = [110, 111, 255, 256, 1024].map(|length| format!("in/{}", "k".repeat(length - 3)));
    let nested = format!("in/{}", "folder/".repeat(145));
    for key in keys.iter().chain([&nested]) {
        client.put(&format!("/{key}"), key.as_bytes()).await;
        assert_eq!(client.get(&format!("/{key}")).await.ok().text(), *key);
        client.send("HEAD", &format!("/{key}"), b"").await.ok();
    }
    let list = client.get("?list-type=2&prefix=in%2Fk").await.ok();
    assert_eq!(list.elements("Key"), keys);
    let list = client.get("?delimiter=%2F&list-type=2&prefix=in%2F").await.ok();
    assert_eq!(list.elements("CommonPrefixes"), ["<Prefix>in/folder/</Prefix>"]);

    let source = format!("{BUCKET}/{}", keys[4]);
    let headers = [("x-amz-copy-source", source.as_str())];
    client.send_with("PUT", &format!("/{}", keys[1]), &headers, b"").await.ok();
    assert_eq!(client.get(&format!("/{}", keys[1])).await.ok().text(), keys[4]);

    let path = format!("/{}", keys[4]);
    client.send("DELETE", &path, b"").await.ok();
    client.get(&path).await.expect(404, "NoSuchKey");
    assert_eq!(client.get("?list-type=2&prefix=in%2Fk").await.ok().elements("Key"), keys[..4]);
    s3.stop().await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_refused() {
    let (s3, client) = store(|_| ()).await;
    let long = format!("/{}", "k".repeat(1025));
    client.send("PUT", &long, b"1").await.expect(400, "KeyTooLongError");

    for method in ["GET", "PUT"] {
        let mut request = client.request(method, "", b"");
        request.url_mut().set_path("/other-bucket/a");
        client.try_send(request).await.unwrap().expect(404, "NoSuchBucket");
    }
    s3.stop().await;
}
