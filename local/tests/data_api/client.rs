//! A small caller of the Data API that signs what it sends.

use std::sync::OnceLock;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use rowgate_local::{CONTROL_HEADER, Identity, REGION};
use serde_json::{Map, Value, json};

/// Whose every API of these tests is.
pub(crate) fn identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(|| Identity::new().unwrap())
}

#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) http: reqwest::Client,
    pub(crate) endpoint: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) now: fn() -> SystemTime,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) error_type: String,
    pub(crate) request_id: String,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(endpoint: &str) -> Self {
        Self {
            http: http(),
            endpoint: endpoint.to_owned(),
            access_key_id: identity().access_key_id.clone(),
            secret_access_key: identity().secret_access_key.clone(),
            session_token: None,
            region: REGION.to_owned(),
            service: "rds-data".to_owned(),
            now: SystemTime::now,
        }
    }

    /// A signed POST, not yet sent.
    pub(crate) fn request(&self, path: &str, body: Vec<u8>) -> reqwest::Request {
        let url = format!("{}{path}", self.endpoint);
        let mut request = self.http.post(url).body(body).build().unwrap();
        request.headers_mut().insert("content-type", "application/json".parse().unwrap());
        self.sign(&mut request);
        request
    }

    /// Tries to set the faults that are in force.
    pub(crate) async fn set_faults(&self, secret: Option<&str>, body: &str) -> Answer {
        let mut request = self.http.post(format!("{}/_rowgate/faults", self.endpoint));
        if let Some(secret) = secret {
            request = request.header(CONTROL_HEADER, secret);
        }
        self.send(request.body(body.to_owned()).build().unwrap()).await
    }

    pub(crate) fn sign(&self, request: &mut reqwest::Request) {
        let token = self.session_token.clone();
        let credentials =
            Credentials::new(&self.access_key_id, &self.secret_access_key, token, None, "test");
        let identity = credentials.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time((self.now)())
            .settings(SigningSettings::default())
            .build()
            .unwrap();
        let copy = SignableRequest::new(
            request.method().as_str(),
            request.url().as_str(),
            request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())),
            SignableBody::Bytes(request.body().and_then(reqwest::Body::as_bytes).unwrap_or(&[])),
        );
        let (instructions, _) = sign(copy.unwrap(), &parameters.into()).unwrap().into_parts();
        for (name, value) in instructions.headers() {
            let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
    }

    pub(crate) async fn send(&self, request: reqwest::Request) -> Answer {
        let response = self.http.execute(request).await.unwrap();
        let header = |name: &str| {
            let value = response.headers().get(name);
            value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
        };
        let (error_type, request_id) = (header("x-amzn-errortype"), header("x-amzn-requestid"));
        let status = response.status().as_u16();
        let body = response.bytes().await.unwrap();
        let body = serde_json::from_slice(&body).unwrap();
        Answer { status, error_type, request_id, body }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(path, serde_json::to_vec(body).unwrap())).await
    }

    /// Adds the members that every operation needs, and asks.
    pub(crate) async fn call(&self, path: &str, members: Value) -> Answer {
        self.post(path, &with_arns(members)).await
    }

    pub(crate) async fn execute(&self, sql: &str) -> Answer {
        self.call("/Execute", json!({"sql": sql, "database": "rowgate"})).await
    }

    pub(crate) async fn execute_with(&self, sql: &str, parameters: Value) -> Answer {
        let members = json!({"sql": sql, "database": "rowgate", "parameters": parameters});
        self.call("/Execute", members).await
    }

    /// Runs a statement that must succeed.
    pub(crate) async fn run(&self, sql: &str) -> Answer {
        self.execute(sql).await.ok()
    }

    /// A fresh table of the name.
    pub(crate) async fn create(&self, table: &str, columns: &str) {
        self.run(&format!("DROP TABLE IF EXISTS {table}")).await;
        self.run(&format!("CREATE TABLE {table} ({columns})")).await;
    }

    pub(crate) async fn begin(&self) -> String {
        let answer = self.call("/BeginTransaction", json!({"database": "rowgate"})).await.ok();
        answer.body["transactionId"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn execute_in(&self, transaction: &str, sql: &str) -> Answer {
        self.call("/Execute", json!({"sql": sql, "transactionId": transaction})).await
    }

    pub(crate) async fn commit(&self, transaction: &str) -> Answer {
        self.call("/CommitTransaction", json!({"transactionId": transaction})).await
    }

    pub(crate) async fn roll_back(&self, transaction: &str) -> Answer {
        self.call("/RollbackTransaction", json!({"transactionId": transaction})).await
    }

    /// The one number that a query gives.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.run(sql).await.first()["longValue"].as_i64().unwrap()
    }
}

impl Answer {
    /// Passes a success on, and fails the test with the answer otherwise.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, 200, "{self:?}");
        self
    }

    /// The first field of the first record.
    pub(crate) fn first(&self) -> &Value {
        &self.body["records"][0][0]
    }

    pub(crate) fn message(&self) -> &str {
        self.body["message"].as_str().unwrap()
    }

    /// Checks an error's status and type, and that its text has `text`.
    pub(crate) fn expect(&self, status: u16, error_type: &str, text: &str) {
        let found = (self.status, self.error_type.as_str());
        assert_eq!(found, (status, error_type), "{self:?}");
        assert!(self.message().contains(text), "{self:?}");
        assert!(!self.request_id.is_empty());
    }
}

pub(crate) fn with_arns(members: Value) -> Value {
    let mut body = Map::new();
    body.insert("resourceArn".into(), identity().cluster_arn.clone().into());
    body.insert("secretArn".into(), identity().secret_arn.clone().into());
    let Value::Object(members) = members else { panic!("members of an object") };
    body.extend(members);
    Value::Object(body)
}

/// A client for plain HTTP.
///
/// It asks for a TLS provider all the same, as soon as another crate of the same build has switched
/// reqwest's TLS on.
fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
