//! A small caller of S3 that signs what it sends.

use std::sync::OnceLock;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use reqwest::header::{HeaderMap, HeaderName};
use rowgate_local::{BUCKET, CONTROL_HEADER, Identity, REGION, S3, S3Options};

/// Whose every S3 of these tests is.
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
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A store of the test's own, and a caller for it.
pub(crate) async fn store(change: impl FnOnce(&mut S3Options)) -> (S3, Client) {
    let mut options = S3Options::new(identity().clone());
    change(&mut options);
    let s3 = S3::start(options).await.unwrap();
    let client = Client::new(s3.endpoint());
    (s3, client)
}

impl Client {
    pub(crate) fn new(endpoint: &str) -> Self {
        // Another crate of the same build may have switched reqwest's TLS on.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            http: reqwest::Client::new(),
            endpoint: endpoint.to_owned(),
            access_key_id: identity().access_key_id.clone(),
            secret_access_key: identity().secret_access_key.clone(),
        }
    }

    /// A request that is not yet signed; `path` is what follows the bucket, encoded.
    pub(crate) fn request(&self, method: &str, path: &str, body: &[u8]) -> reqwest::Request {
        let url = format!("{}/{BUCKET}{path}", self.endpoint);
        let method = method.parse().unwrap();
        self.http.request(method, url).body(body.to_vec()).build().unwrap()
    }

    /// Tries to set the faults that are in force; gives the answer's status and body.
    pub(crate) async fn set_faults(&self, secret: Option<&str>, body: &str) -> (u16, String) {
        let mut request = self.http.post(format!("{}/_rowgate/faults", self.endpoint));
        if let Some(secret) = secret {
            request = request.header(CONTROL_HEADER, secret);
        }
        let response = request.body(body.to_owned()).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) fn sign(&self, request: &mut reqwest::Request) {
        let credentials =
            Credentials::new(&self.access_key_id, &self.secret_access_key, None, None, "test");
        let identity = credentials.into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(REGION)
            .name("s3")
            .time(SystemTime::now())
            .settings(settings)
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
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
    }

    /// Signs and sends; an error is a connection that broke before or after the answer's headers.
    pub(crate) async fn try_send(
        &self,
        mut request: reqwest::Request,
    ) -> Result<Answer, (Option<HeaderMap>, reqwest::Error)> {
        self.sign(&mut request);
        let response = self.http.execute(request).await.map_err(|error| (None, error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        match response.bytes().await {
            Ok(body) => Ok(Answer { status, headers, body: body.to_vec() }),
            Err(error) => Err((Some(headers), error)),
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.send_with(method, path, &[], body).await
    }

    pub(crate) async fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = self.request(method, path, body);
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        self.try_send(request).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, b"").await
    }

    /// Stores an object, which must succeed, and gives its ETag.
    pub(crate) async fn put(&self, path: &str, body: &[u8]) -> String {
        self.send("PUT", path, body).await.ok().header("etag")
    }
}

impl Answer {
    /// Passes a success on, and fails the test with the answer otherwise.
    pub(crate) fn ok(self) -> Self {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text());
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let value = self.headers.get(name);
        value.map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    /// What is in every element of the name, still with XML's escapes.
    pub(crate) fn elements(&self, name: &str) -> Vec<String> {
        let text = self.text();
        let (start, end) = (format!("<{name}>"), format!("</{name}>"));
        let parts = text.split(&start).skip(1);
        parts.map(|part| part.split(&end).next().unwrap().to_owned()).collect()
    }

    /// Checks an error's status and code.
    pub(crate) fn expect(&self, status: u16, code: &str) {
        let found = (self.status, self.elements("Code").join(","));
        assert_eq!(found, (status, code.to_owned()), "{}", self.text());
        assert!(!self.header("x-amz-request-id").is_empty());
    }
}
