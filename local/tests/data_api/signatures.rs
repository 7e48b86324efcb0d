use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::data_api::client::{Client, with_arns};
use crate::data_api::stack::{client, own_api};

const INVALID: &str = "InvalidSignatureException";
const MISMATCH: &str = "The request signature we calculated does not match the signature you \
    provided. Check your AWS Secret Access Key and signing method. Consult the service \
    documentation for details.";

fn request(client: &Client) -> reqwest::Request {
    let body = with_arns(json!({"sql": "SELECT 1", "database": "rowgate"}));
    client.request("/Execute", body.to_string().into_bytes())
}

#[tokio::test]
async fn a_changed_byte_is_refused() {
    let client = client();
    client.send(request(&client)).await.ok();

    let mut changed = request(&client);
    let body = changed.body().unwrap().as_bytes().unwrap().to_vec();
    let body = String::from_utf8(body).unwrap().replace("SELECT 1", "SELECT 2");
    *changed.body_mut() = Some(body.into());
    client.send(changed).await.expect(403, INVALID, MISMATCH);

    let mut changed = request(&client);
    changed.url_mut().set_path("/BatchExecute");
    client.send(changed).await.expect(403, INVALID, MISMATCH);

    let mut changed = request(&client);
    changed.url_mut().set_query(Some("a=b"));
    client.send(changed).await.expect(403, INVALID, MISMATCH);

    let mut changed = request(&client);
    changed.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    client.send(changed).await.expect(403, INVALID, MISMATCH);

    let mut changed = request(&client);
    let authorization = changed.headers()["authorization"].to_str().unwrap().to_owned();
    let last = if authorization.ends_with('0') { "1" } else { "0" };
    let authorization = format!("{}{last}", &authorization[..authorization.len() - 1]);
    changed.headers_mut().insert("authorization", authorization.parse().unwrap());
    client.send(changed).await.expect(403, INVALID, MISMATCH);
}

#[tokio::test]
async fn strangers_are_refused() {
    let wrong_secret = Client { secret_access_key: "wrong".into(), ..client() };
    wrong_secret.execute("SELECT 1").await.expect(403, INVALID, MISMATCH);

    let unknown = Client { access_key_id: "AKIDUNKNOWN".into(), ..client() };
    let text = "The security token included in the request is invalid.";
    unknown.execute("SELECT 1").await.expect(403, "UnrecognizedClientException", text);

    let with_token = Client { session_token: Some("token".into()), ..client() };
    with_token.execute("SELECT 1").await.expect(403, "UnrecognizedClientException", text);

    let client = client();
    let mut unsigned = request(&client);
    unsigned.headers_mut().remove("authorization");
    let answer = client.send(unsigned).await;
    answer.expect(403, "MissingAuthenticationTokenException", "Missing Authentication Token");

    let mut broken = request(&client);
    broken.headers_mut().insert("authorization", "AWS4-HMAC-SHA256 nonsense".parse().unwrap());
    client.send(broken).await.expect(403, "IncompleteSignatureException", "Credential");
}

#[tokio::test]
async fn dates_that_are_off_are_refused() {
    let early = Client { now: || SystemTime::now() - Duration::from_secs(310), ..client() };
    early.execute("SELECT 1").await.expect(403, INVALID, "Signature expired: ");

    let late = Client { now: || SystemTime::now() + Duration::from_secs(310), ..client() };
    late.execute("SELECT 1").await.expect(403, INVALID, "Signature not yet current: ");

    let near = Client { now: || SystemTime::now() - Duration::from_secs(240), ..client() };
    near.run("SELECT 1").await;

    let client = client();
    let mut undated = request(&client);
    undated.headers_mut().remove("x-amz-date");
    client.send(undated).await.expect(403, "IncompleteSignatureException", "X-Amz-Date");
}

#[tokio::test]
async fn other_scopes_are_refused() {
    let region = Client { region: "eu-west-1".into(), ..client() };
    region.execute("SELECT 1").await.expect(403, INVALID, "us-east-1");

    let service = Client { service: "s3".into(), ..client() };
    service.execute("SELECT 1").await.expect(403, INVALID, "rds-data");
}

#[tokio::test]
async fn a_session_token_must_be_the_one() {
    let (api, client) = own_api(|options| options.session_token = Some("the-token".into())).await;
    let with_token = Client { session_token: Some("the-token".into()), ..client.clone() };
    with_token.run("SELECT 1").await;
    client.run("SELECT 1").await;

    let other = Client { session_token: Some("another".into()), ..client };
    let answer = other.execute("SELECT 1").await;
    answer.expect(403, "UnrecognizedClientException", "security token");
    api.stop().await;
}

#[tokio::test]
async fn a_foreign_page_is_refused_with_a_right_signature() {
    let client = client();
    for (name, value, status) in
        [("host", "evil.example", 421), ("origin", "http://evil.example", 403)]
    {
        let mut request = request(&client);
        request.headers_mut().insert(name, value.parse().unwrap());
        client.sign(&mut request);
        let response = client.http.execute(request).await.unwrap();
        assert_eq!(response.status(), status);
        let text = response.text().await.unwrap();
        assert!(text.to_lowercase().contains(&format!("header {name}")), "{text}");
    }
}
