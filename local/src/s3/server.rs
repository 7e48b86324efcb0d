//! The HTTP side: one request in, one answer out, one line in the call log.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use s3s::service::S3Service;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::bodies::{SharedBody, cut};
use super::call::{Call, CallLine, Target};
use super::faults::S3FaultKind;
use super::operation::S3Operation;
use crate::faults::{Faults, interrupt};
use crate::identity::{CONTROL_HEADER, Identity};
use crate::line_file::LineFile;
use crate::peer::Peer;

/// Everything a request needs.
pub(super) struct Server {
    pub(super) service: S3Service,
    pub(super) identity: Identity,
    pub(super) faults: Arc<Faults<S3Operation, S3FaultKind>>,
    pub(super) call_log: Option<LineFile>,
}

/// Answers one request.
pub(super) async fn serve(
    State(server): State<Arc<Server>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    // A task of its own runs to its end when the client hangs up, and leaves everything in order.
    let answer = tokio::spawn(async move { server.answer(request).await });
    let answer = answer.await.unwrap_or_else(|_| Some(internal_error()));
    answer.unwrap_or_else(|| {
        peer.hang_up();
        Response::default()
    })
}

impl Server {
    /// Gives no answer where the caller is to be hung up on.
    async fn answer(&self, request: Request) -> Option<Response> {
        let started = Instant::now();
        let call = Arc::new(Call::new());
        let mut line = line_of(&request);
        let (mut head, body) = request.into_parts();
        head.extensions.insert(Arc::clone(&call));

        let mut response = self.call(head, body).await;
        insert(response.headers_mut(), "x-amz-request-id", &call.request_id);
        insert(response.headers_mut(), "x-amz-id-2", &call.host_id);

        let target = call.target().clone();
        match target.fault.as_ref().map(|fault| fault.kind) {
            Some(S3FaultKind::Late(time)) => tokio::time::sleep(time).await,
            Some(S3FaultKind::InterruptAfter(pid)) => interrupt(pid).await,
            _ => {}
        }
        line.response_bytes = length(&response);
        let answer = if is_cut(&target) { cut_in_half(response) } else { Some(response) };
        line.status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        line.micros = started.elapsed().as_micros();
        line.operation = target.operation;
        line.key = target.key;
        line.fault = target.fault.map(|fault| fault.to_string());
        match self.call_log.as_ref().map(|log| log.append_json(&line)) {
            Some(Err(_)) => Some(internal_error()),
            _ => answer,
        }
    }

    async fn call(&self, head: Parts, body: Body) -> Response {
        let expects_continue = head.headers.contains_key(header::EXPECT);
        let is_empty = body.is_end_stream();
        let body = SharedBody::new(body);
        let request = Request::from_parts(head, body.to_body().await);
        let Ok(response) = self.service.call(request).await else { return internal_error() };
        let mut response = response.map(Body::new);
        if !response.status().is_success() {
            body.drain().await;
        }
        // botocore misreads its next answer on a connection where none was a `100 Continue`.
        if expects_continue && (is_empty || !response.status().is_success()) {
            insert(response.headers_mut(), "connection", "close");
        }
        response
    }
}

/// Takes the faults that are in force from now on: a JSON array of their texts, unsigned.
///
/// AWS has nothing like it. It wants the stack's secret; the answer is the list as it was understood.
/// No bucket can have the name in this path.
pub(super) async fn set_faults(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !server.identity.is_control(&headers) {
        let message = format!("The header {CONTROL_HEADER} must have the stack's control_secret");
        return (StatusCode::FORBIDDEN, message).into_response();
    }
    match server.faults.replace_with_json(&body) {
        Ok(list) => ([(header::CONTENT_TYPE, "application/json")], list).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

fn line_of(request: &Request) -> CallLine {
    let header = |name| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    CallLine {
        time: OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default(),
        operation: None,
        method: request.method().to_string(),
        path: request.uri().to_string(),
        key: None,
        range: header(header::RANGE),
        status: 0,
        request_bytes: header(header::CONTENT_LENGTH).and_then(|text| text.parse().ok()),
        response_bytes: None,
        micros: 0,
        fault: None,
    }
}

fn is_cut(target: &Target) -> bool {
    target.fault.as_ref().is_some_and(|fault| fault.kind == S3FaultKind::Cut)
}

/// Keeps headers and half of the body, or nothing where no body of a known length is.
fn cut_in_half(response: Response) -> Option<Response> {
    let length = length(&response).filter(|length| *length > 0)?;
    let (mut head, body) = response.into_parts();
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Some(Response::from_parts(head, cut(body, length / 2)))
}

fn length(response: &Response) -> Option<u64> {
    response
        .body()
        .size_hint()
        .exact()
        .or_else(|| response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok())
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn internal_error() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
