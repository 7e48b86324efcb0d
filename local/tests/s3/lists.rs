use crate::s3::client::store;

#[tokio::test]
async fn a_list_is_paged_and_has_e_tags() {
    let (s3, client) = store(|_| ()).await;
    let mut e_tags = Vec::new();
    for i in 0..5 {
        e_tags.push(client.put(&format!("/backups/{i}.avro"), &[i]).await);
    }
    client.put("/other", b"").await;

    let page = client.get("?list-type=2&prefix=backups%2F&max-keys=3").await.ok();
    assert_eq!(page.elements("Key"), ["backups/0.avro", "backups/1.avro", "backups/2.avro"]);
    assert_eq!(page.elements("Size"), ["1", "1", "1"]);
    let listed =
        page.elements("ETag").iter().map(|it| it.replace("&quot;", "\"")).collect::<Vec<_>>();
    assert_eq!(listed, e_tags[..3]);
    assert_eq!(page.elements("IsTruncated"), ["true"]);

    let token = page.elements("NextContinuationToken")[0].replace('/', "%2F");
    let path = format!("?continuation-token={token}&list-type=2&prefix=backups%2F");
    let page = client.get(&path).await.ok();
    assert_eq!(page.elements("Key"), ["backups/3.avro", "backups/4.avro"]);
    assert_eq!(page.elements("IsTruncated"), ["false"]);
    s3.stop().await;
}

#[tokio::test]
async fn a_delimiter_gathers_folders() {
    let (s3, client) = store(|_| ()).await;
    for path in ["/backups/a/1", "/backups/a/2", "/backups/b/1", "/backups/c"] {
        client.put(path, b"").await;
    }
    let list = client.get("?delimiter=%2F&list-type=2&prefix=backups%2F").await.ok();
    assert_eq!(list.elements("Key"), ["backups/c"]);
    let prefixes = list.elements("CommonPrefixes").join(" ");
    assert_eq!(prefixes, "<Prefix>backups/a/</Prefix> <Prefix>backups/b/</Prefix>");
    s3.stop().await;
}

#[tokio::test]
async fn a_list_is_encoded_on_demand() {
    let (s3, client) = store(|_| ()).await;
    client.put("/a%20b/c%2Bd%25.csv", b"").await;
    for query in ["", "&list-type=2"] {
        let list = client.get(&format!("?encoding-type=url{query}&prefix=a%20b%2F")).await.ok();
        assert_eq!(list.elements("Key"), ["a+b/c%2Bd%25.csv"]);
        assert_eq!(list.elements("Prefix"), ["a+b/"]);
    }
    s3.stop().await;
}
