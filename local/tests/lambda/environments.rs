use std::time::{Duration, Instant};

use rowgate_local::REGION;
use serde_json::{Value, json};

use crate::lambda::function::{answer, host, http, identity, invoke, is_alive};

#[tokio::test]
async fn a_function_finds_its_own_variables_and_those_of_aws() {
    let host = host(|options| {
        options.environment = vec![("DB_NAME".into(), "rowgate".into())];
        options.memory_mb = 1769;
    })
    .await;
    let about = answer(&host, json!({"do": "about"})).await;
    let variables = about["variables"].as_object().unwrap();
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "rowgate"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", identity().access_key_id.as_str()),
        ("_HANDLER", "bootstrap"),
        ("DB_NAME", "rowgate"),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    assert_eq!(variables["LAMBDA_TASK_ROOT"], about["folder"]);
    for name in ["HOME", "USER", "CARGO", "CARGO_MANIFEST_DIR"] {
        assert!(!variables.contains_key(name), "{name}");
    }
    host.stop().await;
}

#[tokio::test]
async fn an_invocation_has_the_headers_of_the_runtime_api() {
    let host = host(|options| options.timeout = Duration::from_secs(100)).await;
    let invocation = invoke(&host, json!({"do": "about"})).await;
    let about: Value = serde_json::from_slice(&invocation.result.unwrap()).unwrap();
    let headers = &about["headers"];
    assert_eq!(headers["lambda-runtime-aws-request-id"], invocation.request_id);
    assert_eq!(headers["lambda-runtime-invoked-function-arn"], host.arn());
    assert!(headers["lambda-runtime-trace-id"].as_str().unwrap().starts_with("Root=1-"));
    let deadline: u64 = headers["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let left = deadline - now.as_millis() as u64;
    assert!((80_000..=100_000).contains(&left), "{left}");
    host.stop().await;
}

#[tokio::test]
async fn the_runtime_api_is_for_the_process_alone() {
    let host = host(|_| ()).await;
    let about = answer(&host, json!({"do": "about"})).await;
    let api = about["variables"]["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap();
    let (address, secret) = api.rsplit_once('/').unwrap();
    assert_eq!(secret.len(), 40);

    let http = http();
    let path = "2018-06-01/runtime/init/error";
    for address in [address.to_owned(), format!("{address}/{}", "0".repeat(40))] {
        let answer = http.post(format!("{address}/{path}")).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 404);
    }
    let foreign = http.post(format!("{api}/{path}")).header("host", "evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 421);
    answer(&host, json!({})).await;
    host.stop().await;
}

#[tokio::test]
async fn processes_work_side_by_side_up_to_the_limit() {
    let host = host(|options| options.concurrency = 2).await;
    let sleep = json!({"do": "sleep", "seconds": 0.4});
    tokio::join!(invoke(&host, json!({})), invoke(&host, json!({})));
    let began = Instant::now();
    let run = || invoke(&host, sleep.clone());
    let all = tokio::join!(run(), run(), run(), run());
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(800), "{took:?}");
    for invocation in [all.0, all.1, all.2, all.3] {
        assert!(invocation.result.is_ok());
        assert!(invocation.duration >= Duration::from_millis(400));
    }
    host.stop().await;
}

#[tokio::test]
async fn processes_end_with_their_host() {
    let first = host(|_| ()).await;
    let stopped = answer(&first, json!({"do": "about"})).await;
    first.stop().await;
    assert!(!is_alive(&stopped["pid"]));

    let second = host(|_| ()).await;
    let dropped = answer(&second, json!({"do": "about"})).await;
    second.invoke_async(json!({"do": "sleep", "seconds": 60}).to_string()).unwrap();
    drop(second);
    assert!(!is_alive(&dropped["pid"]));
}

#[tokio::test]
async fn what_a_process_leaves_ends_with_it() {
    let host = host(|_| ()).await;
    let pid = answer(&host, json!({"do": "leave"})).await;
    assert!(is_alive(&pid));
    host.stop().await;
    // The process that adopts orphans may take a moment to bury one.
    let deadline = Instant::now() + Duration::from_secs(5);
    while is_alive(&pid) {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
