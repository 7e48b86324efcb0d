use crate::s3::client::{Client, store};

#[tokio::test]
async fn strangers_are_refused() {
    let (s3, client) = store(|_| ()).await;
    client.put("/a", b"1").await;

    let wrong_secret = Client { secret_access_key: "wrong".into(), ..client.clone() };
    wrong_secret.get("/a").await.expect(403, "SignatureDoesNotMatch");
    let put = wrong_secret.send("PUT", "/a", &vec![0; 3_000_000]).await;
    put.expect(403, "SignatureDoesNotMatch");

    let unknown = Client { access_key_id: "AKIDUNKNOWN".into(), ..client.clone() };
    assert_eq!(unknown.get("/a").await.status, 403);

    let unsigned = client.http.execute(client.request("GET", "/a", b"")).await.unwrap();
    assert_eq!(unsigned.status(), 403);
    assert_eq!(client.get("/a").await.ok().text(), "1");
    s3.stop().await;
}

#[tokio::test]
async fn a_changed_byte_is_refused() {
    let (s3, client) = store(|_| ()).await;
    let mut request = client.request("PUT", "/a", b"1");
    client.sign(&mut request);
    *request.body_mut() = Some("2".into());
    let answer = client.http.execute(request).await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("XAmzContentSHA256Mismatch"));
    client.get("/a").await.expect(404, "NoSuchKey");
    s3.stop().await;
}

#[tokio::test]
async fn a_foreign_page_is_refused_with_a_right_signature() {
    let (s3, client) = store(|_| ()).await;
    for (name, value, status) in
        [("host", "evil.example", 421), ("origin", "http://evil.example", 403)]
    {
        let mut request = client.request("PUT", "/a", b"1");
        request.headers_mut().insert(name, value.parse().unwrap());
        client.sign(&mut request);
        assert_eq!(client.http.execute(request).await.unwrap().status(), status);
    }
    client.get("/a").await.expect(404, "NoSuchKey");
    s3.stop().await;
}
