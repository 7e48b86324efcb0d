use rowgate_local::{S3, S3Options};

use crate::client::{Client, store};

#[tokio::test]
async fn a_given_folder_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let folder = Some(home.path().join("objects"));
    let options = S3Options { folder, ..Default::default() };
    let s3 = S3::start(options.clone()).await.unwrap();
    Client::new(s3.endpoint()).put("/a", b"kept").await;
    s3.stop().await;

    let s3 = S3::start(options).await.unwrap();
    assert_eq!(Client::new(s3.endpoint()).get("/a").await.ok().text(), "kept");
    assert_eq!(s3.bucket(), "rowgate-local");
    s3.stop().await;
}

#[tokio::test]
async fn nobody_answers_after_the_end() {
    let (s3, client) = store(|_| ()).await;
    client.put("/a", b"1").await;
    s3.stop().await;
    assert!(client.http.get(&client.endpoint).send().await.is_err());

    let (s3, client) = store(|_| ()).await;
    client.put("/a", b"1").await;
    drop(s3);
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(client.http.get(&client.endpoint).send().await.is_err());
}
