use crate::s3::client::store;

#[tokio::test]
async fn reads_are_pinned_to_an_e_tag() {
    let (s3, client) = store(|_| ()).await;
    let old = client.put("/a.csv", b"old and long").await;
    for method in ["GET", "HEAD"] {
        let answer = client.send_with(method, "/a.csv", &[("if-match", &old)], b"").await;
        assert_eq!(answer.ok().header("etag"), old);
    }
    let range = [("if-match", old.as_str()), ("range", "bytes=4-6")];
    assert_eq!(client.send_with("GET", "/a.csv", &range, b"").await.ok().text(), "and");

    client.put("/a.csv", b"new").await;
    let answer = client.send_with("GET", "/a.csv", &[("if-match", &old)], b"").await;
    answer.expect(412, "PreconditionFailed");
    // Past the end of the new object, yet the condition comes first.
    client.send_with("GET", "/a.csv", &range, b"").await.expect(412, "PreconditionFailed");
    assert_eq!(client.send_with("HEAD", "/a.csv", &[("if-match", &old)], b"").await.status, 412);
    client.send_with("GET", "/b.csv", &[("if-match", &old)], b"").await.expect(404, "NoSuchKey");
    s3.stop().await;
}

#[tokio::test]
async fn an_unchanged_object_is_not_sent_again() {
    let (s3, client) = store(|_| ()).await;
    let e_tag = client.put("/a.csv", b"1").await;
    let headers = [("if-none-match", e_tag.as_str())];
    assert_eq!(client.send_with("GET", "/a.csv", &headers, b"").await.status, 304);
    client.put("/a.csv", b"2").await;
    assert_eq!(client.send_with("GET", "/a.csv", &headers, b"").await.ok().text(), "2");
    s3.stop().await;
}

#[tokio::test]
async fn an_object_is_made_only_once() {
    let (s3, client) = store(|_| ()).await;
    let put = async |body: &'static [u8]| {
        client.send_with("PUT", "/manifest.json", &[("if-none-match", "*")], body).await.status
    };
    let bodies: [&[u8]; 4] = [b"0", b"1", b"2", b"3"];
    let (a, b, c, d) = tokio::join!(put(bodies[0]), put(bodies[1]), put(bodies[2]), put(bodies[3]));
    let mut statuses = [a, b, c, d];
    let winner = statuses.iter().position(|status| *status == 200).unwrap();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412]);
    assert_eq!(client.get("/manifest.json").await.ok().body, bodies[winner]);
    s3.stop().await;
}
