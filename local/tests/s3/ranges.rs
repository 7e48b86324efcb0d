use crate::s3::client::{Answer, Client, store};

async fn range(client: &Client, path: &str, range: &str) -> Answer {
    client.send_with("GET", path, &[("range", range)], b"").await
}

#[tokio::test]
async fn a_range_is_cut_at_the_end() {
    let (s3, client) = store(|_| ()).await;
    let body: Vec<u8> = (0..1_500_000_u32).map(|i| (i % 251) as u8).collect();
    client.put("/a", &body).await;

    let first = range(&client, "/a", "bytes=0-1048575").await;
    assert_eq!((first.status, first.header("content-length")), (206, "1048576".into()));
    assert_eq!(first.header("content-range"), "bytes 0-1048575/1500000");
    assert!(first.body == body[..1_048_576]);

    let second = range(&client, "/a", "bytes=1048576-2097151").await;
    assert_eq!(second.status, 206);
    assert_eq!(second.header("content-range"), "bytes 1048576-1499999/1500000");
    assert!(second.body == body[1_048_576..]);

    assert!(range(&client, "/a", "bytes=1499990-").await.ok().body == body[1_499_990..]);
    assert!(range(&client, "/a", "bytes=-10").await.ok().body == body[1_499_990..]);
    s3.stop().await;
}

#[tokio::test]
async fn a_range_outside_is_refused() {
    let (s3, client) = store(|_| ()).await;
    client.put("/a", b"0123456789").await;
    range(&client, "/a", "bytes=10-20").await.expect(416, "InvalidRange");
    assert_eq!(range(&client, "/a", "bytes=9-20").await.ok().text(), "9");
    client.put("/empty", b"").await;
    range(&client, "/empty", "bytes=0-1048575").await.expect(416, "InvalidRange");
    assert_eq!(client.get("/empty").await.ok().body, b"");
    s3.stop().await;
}
