//! The HTTP side: one request in, one answer out, one line in the call log.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::call_log::{Call, CallLog, signed_headers};
use super::errors::{ApiError, ErrorKind};
use super::limits;
use super::operations::{Operation, Service};
use super::signature::{SignedRequest, Verifier};

/// Everything a request needs.
pub(super) struct Server {
    pub(super) verifier: Verifier,
    pub(super) service: Service,
    pub(super) call_log: Option<CallLog>,
}

/// Answers one request.
pub(super) async fn serve(State(server): State<Arc<Server>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = read_body(&head, body).await;
    // A task of its own runs to its end when the client hangs up, and leaves everything in order.
    let answer = tokio::spawn(async move { server.answer(&head, body).await });
    let answer = answer.await.unwrap_or_else(|error| ApiError::internal(error.to_string()).into());
    answer.into_response()
}

/// An answer before it becomes HTTP.
struct Answer {
    status: StatusCode,
    error_type: Option<&'static str>,
    body: Vec<u8>,
}

impl From<Result<Vec<u8>, ApiError>> for Answer {
    fn from(result: Result<Vec<u8>, ApiError>) -> Self {
        match result {
            Ok(body) => Self { status: StatusCode::OK, error_type: None, body },
            Err(error) => error.into(),
        }
    }
}

impl From<ApiError> for Answer {
    fn from(error: ApiError) -> Self {
        Self {
            status: error.kind.status(),
            error_type: Some(error.kind.name()),
            body: error.body().to_string().into_bytes(),
        }
    }
}

impl Answer {
    fn describe(&self, call: &mut Call) {
        call.status = self.status.as_u16();
        call.error_type = self.error_type;
        call.response_bytes = self.body.len();
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("x-amzn-requestid", new_request_id());
        if let Some(error_type) = self.error_type {
            headers.insert("x-amzn-errortype", HeaderValue::from_static(error_type));
        }
        response
    }
}

impl Server {
    async fn answer(&self, head: &Parts, body: Result<Bytes, ApiError>) -> Answer {
        let started = Instant::now();
        let mut call = Call {
            time: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
            operation: Operation::from_path(head.uri.path()).map(Operation::name),
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            headers: signed_headers(&head.headers),
            ..Call::default()
        };
        if let Ok(body) = &body {
            call.request_bytes = body.len();
            call.body_sha256 = hex(&Sha256::digest(body));
        }

        let result = match body {
            Ok(body) => self.handle(head, &body, &mut call).await,
            Err(error) => Err(error),
        };
        let answer = Answer::from(result);
        answer.describe(&mut call);
        call.micros = started.elapsed().as_micros();
        match self.call_log.as_ref().map(|log| log.append(&call)) {
            Some(Err(error)) => Answer::from(ApiError::internal(format!("call log: {error}"))),
            _ => answer,
        }
    }

    async fn handle(
        &self,
        head: &Parts,
        body: &[u8],
        call: &mut Call,
    ) -> Result<Vec<u8>, ApiError> {
        let request = SignedRequest {
            method: head.method.as_str(),
            path_and_query: head.uri.path_and_query().map_or("/", |it| it.as_str()),
            headers: &head.headers,
            body,
        };
        self.verifier.verify(request, OffsetDateTime::now_utc())?;

        let operation = Operation::from_path(head.uri.path())
            .ok_or_else(|| ApiError::new(ErrorKind::UnknownOperation, "Unknown operation"))?;
        if head.method != Method::POST {
            return Err(ApiError::new(ErrorKind::MethodNotAllowed, "The method must be POST"));
        }
        self.service.run(operation, body, call).await
    }
}

/// Reads a body up to the request limit, which counts the headers as well.
///
/// What is over the limit is still read, and dropped: a client that is cut off while it sends would
/// see a broken connection instead of the answer.
async fn read_body(head: &Parts, mut body: Body) -> Result<Bytes, ApiError> {
    let limit = limits::REQUEST.saturating_sub(size_of_head(head));
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| ApiError::bad_request(error.to_string()))?;
        let data = frame.into_data().unwrap_or_default();
        length += data.len();
        if length <= limit {
            bytes.extend_from_slice(&data);
        } else {
            bytes = Vec::new();
        }
    }
    if length > limit {
        let message = "The request exceeds the limit of 4 MiB, headers included";
        return Err(ApiError::new(ErrorKind::RequestEntityTooLarge, message));
    }
    Ok(bytes.into())
}

/// The request line and the headers as HTTP/1.1 sends them.
fn size_of_head(head: &Parts) -> usize {
    let line = head.method.as_str().len() + head.uri.to_string().len() + "  HTTP/1.1\r\n\r\n".len();
    let headers = head.headers.iter();
    line + headers.map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>()
}

/// A random UUID; an empty one if the machine has no randomness, which is not worth a failed call.
fn new_request_id() -> HeaderValue {
    let mut bytes = [0; 16];
    let _ = getrandom::fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    let parts = [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]];
    HeaderValue::from_str(&parts.join("-")).unwrap_or(HeaderValue::from_static("-"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
