use std::time::{Duration, Instant};

use rowgate_local::{LambdaHost, LambdaOptions};
use serde_json::{Value, json};

use crate::lambda::function::{answer, failure, host, identity, invoke, is_alive, options};

#[tokio::test]
async fn an_answer_comes_back() {
    let host = host(|_| ()).await;
    assert_eq!(host.cold_start(), None);
    let event = json!({"do": "echo", "text": "März 🍉"});
    let first = invoke(&host, event.clone()).await;
    let body: Value = serde_json::from_slice(&first.result.unwrap()).unwrap();
    assert_eq!(body, event);
    let cold_start = first.cold_start.unwrap();
    assert!(cold_start > Duration::from_millis(1), "{cold_start:?}");
    assert_eq!(host.cold_start(), Some(cold_start));
    assert!(invoke(&host, event).await.cold_start.is_none());
    host.stop().await;
}

#[tokio::test]
async fn a_function_error_keeps_the_process() {
    let host = host(|_| ()).await;
    let before = answer(&host, json!({"do": "about"})).await;
    let error = failure(&host, json!({"do": "fail"})).await;
    assert_eq!(error, ("ValueError".into(), "on demand".into()));
    let after = answer(&host, json!({"do": "about"})).await;
    assert_eq!(after["pid"], before["pid"]);
    assert_eq!(after["count"], 3);
    host.stop().await;
}

#[tokio::test]
async fn a_crash_fails_the_invocation_and_the_process_is_replaced() {
    let host = host(|_| ()).await;
    let before = answer(&host, json!({"do": "about"})).await;
    let (kind, message) = failure(&host, json!({"do": "crash", "status": 7})).await;
    assert_eq!(kind, "Runtime.ExitError");
    assert!(message.ends_with("Error: Runtime exited with error: exit status 7"), "{message}");
    let after = answer(&host, json!({"do": "about"})).await;
    assert_ne!(after["pid"], before["pid"]);
    assert_eq!(after["count"], 1);
    host.stop().await;
}

#[tokio::test]
async fn a_process_past_its_time_is_killed() {
    let host = host(|options| options.timeout = Duration::from_millis(700)).await;
    let before = answer(&host, json!({"do": "about"})).await;
    let began = Instant::now();
    let (kind, message) = failure(&host, json!({"do": "sleep", "seconds": 60})).await;
    assert_eq!(kind, "Sandbox.Timedout");
    assert!(message.ends_with("Task timed out after 0.70 seconds"), "{message}");
    let took = began.elapsed();
    assert!((Duration::from_millis(700)..Duration::from_secs(5)).contains(&took), "{took:?}");
    assert!(!is_alive(&before["pid"]));
    answer(&host, json!({})).await;
    host.stop().await;
}

#[tokio::test]
async fn a_process_that_ends_while_idle_costs_no_invocation() {
    let host = host(|_| ()).await;
    for _ in 0..3 {
        answer(&host, json!({"then": "exit"})).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    host.stop().await;
}

#[tokio::test]
async fn a_start_that_fails_is_the_functions_error() {
    let with = |value: &'static str| {
        host(move |options| options.environment = vec![("START".into(), value.into())])
    };
    let first = with("error").await;
    let error = failure(&first, json!({})).await;
    assert_eq!(error, ("Init.Error".into(), "no settings".into()));
    first.stop().await;

    let second = with("exit").await;
    let (kind, message) = failure(&second, json!({})).await;
    assert_eq!(kind, "Runtime.ExitError");
    assert!(message.contains("exit status 3"), "{message}");
    second.stop().await;
}

#[tokio::test]
async fn sizes_are_limited() {
    let host = host(|_| ()).await;
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    assert!(host.invoke(text(6 * 1024 * 1024 + 1)).await.is_err());
    assert!(host.invoke_async(text(1024 * 1024 + 1)).is_err());

    let large = answer(&host, json!({"do": "large", "bytes": 6_000_000})).await;
    assert_eq!(large.as_str().unwrap().len(), 6_000_000);
    let (kind, _) = failure(&host, json!({"do": "large", "bytes": 6_300_000})).await;
    assert_eq!(kind, "Function.ResponseSizeTooLarge");
    answer(&host, json!({})).await;
    host.stop().await;
}

#[tokio::test]
async fn what_cannot_work_is_said_at_the_start() {
    let missing = LambdaHost::start(LambdaOptions::new("/nowhere/bootstrap", identity().clone()))
        .await
        .unwrap_err();
    assert!(missing.to_string().contains("/nowhere/bootstrap"), "{missing}");
    let environment = vec![("LARGE".into(), "x".repeat(4092))];
    let error = LambdaHost::start(LambdaOptions { environment, ..options() }).await.unwrap_err();
    assert!(error.to_string().contains("4 KB"), "{error}");
}
