use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use reqwest::Response;
use reqwest::header::HeaderName;
use rowgate_local::{LambdaHost, REGION};
use serde_json::{Value, json};

use crate::lambda::function::{host, http, identity};

struct Call<'a> {
    name: &'a str,
    kind: &'a str,
    service: &'a str,
    /// Another secret than the right one.
    secret: Option<&'a str>,
}

const CALL: Call<'_> =
    Call { name: "rowgate", kind: "RequestResponse", service: "lambda", secret: None };

async fn send(host: &LambdaHost, call: Call<'_>, body: String) -> Response {
    let http = http();
    let url = format!("{}/2015-03-31/functions/{}/invocations", host.endpoint(), call.name);
    let mut request = http.post(url).header("x-amz-invocation-type", call.kind);
    request = request.body(body.clone());
    let mut request = request.build().unwrap();

    let secret = call.secret.unwrap_or(&identity().secret_access_key);
    let key_id = &identity().access_key_id;
    let identity = Credentials::new(key_id, secret, None, None, "test").into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(REGION)
        .name(call.service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let copy = SignableRequest::new(
        "POST",
        request.url().as_str(),
        [("x-amz-invocation-type", call.kind)].into_iter(),
        SignableBody::Bytes(body.as_bytes()),
    );
    let (instructions, _) = sign(copy.unwrap(), &parameters.into()).unwrap().into_parts();
    for (name, value) in instructions.headers() {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    http.execute(request).await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_caller_waits_for_the_answer() {
    let host = host(|_| ()).await;
    let arn = host.arn().replace(':', "%3A");
    for name in ["rowgate", "rowgate:$LATEST", &arn] {
        let response = send(&host, Call { name, ..CALL }, json!({"a": 1}).to_string()).await;
        assert_eq!((response.status().as_u16(), header(&response, "x-amz-executed-version")), {
            (200, "$LATEST")
        });
        assert_eq!(header(&response, "x-amz-function-error"), "");
        assert_eq!(header(&response, "x-amzn-requestid").len(), 36);
        assert_eq!(json_of(response).await, json!({"a": 1}));
    }

    let response = send(&host, CALL, json!({"do": "fail"}).to_string()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "x-amz-function-error"), "Unhandled");
    assert_eq!(json_of(response).await["errorType"], "ValueError");
    host.stop().await;
}

#[tokio::test]
async fn a_caller_leaves_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attempts");
    let host = host(|_| ()).await;
    let event = json!({"do": "fail-at-first", "times": 1, "file": file});
    let response = send(&host, Call { kind: "Event", ..CALL }, event.to_string()).await;
    assert_eq!((response.status(), response.content_length()), (202.try_into().unwrap(), Some(0)));
    host.idle().await;
    assert_eq!(std::fs::read(&file).unwrap().len(), 2);

    let response = send(&host, Call { kind: "DryRun", ..CALL }, event.to_string()).await;
    assert_eq!(response.status(), 204);
    assert_eq!(std::fs::read(&file).unwrap().len(), 2);
    host.stop().await;
}

#[tokio::test]
async fn refusals_have_the_types_of_aws() {
    let host = host(|_| ()).await;
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    let event = Call { kind: "Event", ..CALL };
    for (call, body, status, error_type) in [
        (Call { secret: Some("wrong"), ..CALL }, text(2), 403, "InvalidSignatureException"),
        (Call { service: "rds-data", ..CALL }, text(2), 403, "InvalidSignatureException"),
        (Call { name: "other", ..CALL }, text(2), 404, "ResourceNotFoundException"),
        (Call { kind: "Later", ..CALL }, text(2), 400, "InvalidParameterValueException"),
        (CALL, "{".into(), 400, "InvalidRequestContentException"),
        (CALL, text(6 * 1024 * 1024 + 1), 413, "RequestTooLargeException"),
        (event, text(1024 * 1024 + 1), 413, "RequestTooLargeException"),
    ] {
        let response = send(&host, call, body).await;
        let found = (response.status().as_u16(), header(&response, "x-amzn-errortype"));
        assert_eq!(found, (status, error_type));
        assert!(json_of(response).await["Message"].is_string());
    }
    let url = format!("{}/2015-03-31/functions/rowgate/invocations", host.endpoint());
    for (name, value, status) in [("host", "evil.example", 421), ("origin", "null", 403)] {
        let response = http().post(&url).header(name, value).send().await.unwrap();
        assert_eq!(response.status(), status);
    }
    let path = format!("{}/2015-03-31/functions/", host.endpoint());
    assert_eq!(reqwest::get(path).await.unwrap().status(), 404);
    host.stop().await;
}
