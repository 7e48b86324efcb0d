use std::time::{Duration, Instant};

use serde_json::json;

use crate::lambda::function::host;

#[tokio::test]
async fn an_event_is_repeated_until_it_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attempts");
    let host = host(|_| ()).await;
    let event = json!({"do": "fail-at-first", "times": 2, "file": file});
    let began = Instant::now();
    host.invoke_async(event.to_string()).unwrap();
    host.idle().await;
    assert!(began.elapsed() >= Duration::from_millis(100));
    assert_eq!(std::fs::read(&file).unwrap().len(), 3);
    assert!(host.failures().is_empty());
    host.stop().await;
}

#[tokio::test]
async fn an_event_that_fails_three_times_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attempts");
    let host = host(|_| ()).await;
    let event = json!({"do": "fail-at-first", "times": 9, "file": file}).to_string();
    let id = host.invoke_async(event.clone()).unwrap();
    host.idle().await;
    assert_eq!(std::fs::read(&file).unwrap().len(), 3);
    let failures = host.failures();
    assert_eq!((failures.len(), failures[0].attempts), (1, 3));
    assert_eq!((&failures[0].request_id, &failures[0].payload[..]), (&id, event.as_bytes()));
    assert_eq!(failures[0].error.message(), "not yet");
    host.stop().await;
}

#[tokio::test]
async fn a_crash_is_repeated_too() {
    let host = host(|options| options.retry_delays = vec![Duration::from_millis(10)]).await;
    host.invoke_async(json!({"do": "crash", "status": 1}).to_string()).unwrap();
    host.idle().await;
    let failures = host.failures();
    assert_eq!(failures[0].attempts, 2);
    assert_eq!(failures[0].error.error_type(), "Runtime.ExitError");
    host.stop().await;
}
