use crate::s3::client::{Answer, Client, store};

pub(crate) async fn begin(client: &Client, path: &str) -> String {
    let answer = client.send("POST", &format!("{path}?uploads="), b"").await.ok();
    answer.elements("UploadId").remove(0)
}

pub(crate) async fn part(
    client: &Client,
    path: &str,
    id: &str,
    number: usize,
    body: &[u8],
) -> Answer {
    client.send("PUT", &format!("{path}?partNumber={number}&uploadId={id}"), body).await
}

pub(crate) async fn complete(client: &Client, path: &str, id: &str, e_tags: &[String]) -> Answer {
    let parts = e_tags.iter().enumerate().map(|(i, e_tag)| {
        format!("<Part><PartNumber>{}</PartNumber><ETag>{e_tag}</ETag></Part>", i + 1)
    });
    let body = format!(
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}\
         </CompleteMultipartUpload>",
        parts.collect::<String>()
    );
    client.send("POST", &format!("{path}?uploadId={id}"), body.as_bytes()).await
}

#[tokio::test]
async fn parts_become_one_object() {
    let (s3, client) = store(|_| ()).await;
    let path = "/backups/M%C3%A4rz%201/part.avro";
    let id = begin(&client, path).await;
    let large = vec![7; 5 * 1024 * 1024];
    let e_tags = [
        part(&client, path, &id, 1, &large).await.ok().header("etag"),
        part(&client, path, &id, 2, b"end").await.ok().header("etag"),
    ];
    client.get(path).await.expect(404, "NoSuchKey");

    let answer = complete(&client, path, &id, &e_tags).await.ok();
    assert!(answer.elements("ETag")[0].contains("-2"), "{}", answer.text());
    let object = client.get(path).await.ok();
    assert_eq!(object.body.len(), large.len() + 3);
    assert!(object.body.ends_with(b"\x07end"));
    assert!(object.header("etag").ends_with("-2\""));
    s3.stop().await;
}

#[tokio::test]
async fn an_aborted_upload_leaves_nothing() {
    let (s3, client) = store(|_| ()).await;
    let id = begin(&client, "/a").await;
    part(&client, "/a", &id, 1, b"1").await.ok();
    assert_eq!(client.send("DELETE", &format!("/a?uploadId={id}"), b"").await.status, 204);
    client.get("/a").await.expect(404, "NoSuchKey");
    let list = client.get("?list-type=2").await.ok();
    assert!(list.elements("Key").is_empty(), "{}", list.text());
    s3.stop().await;
}
