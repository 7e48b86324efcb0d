//! The HTTP side: one request in, one answer out, one line in the call log.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::call_log::{Call, signed_headers};
use super::error_form::ErrorForm;
use super::errors::{ApiError, ErrorKind};
use super::faults::{DEADLOCK, Fault, FaultKind};
use super::limits;
use super::operation::Operation;
use super::operations::Service;
use crate::faults::{Faults, interrupt};
use crate::identifiers::{hex, new_uuid};
use crate::identity::{CONTROL_HEADER, Identity};
use crate::line_file::LineFile;
use crate::peer::Peer;
use crate::signature::{SignedRequest, Verifier};

/// Everything a request needs.
pub(super) struct Server {
    pub(super) verifier: Verifier,
    pub(super) service: Service,
    pub(super) identity: Identity,
    pub(super) error_form: ErrorForm,
    pub(super) faults: Arc<Faults<Operation, FaultKind>>,
    pub(super) call_log: Option<LineFile>,
}

/// Answers one request.
pub(super) async fn serve(
    State(server): State<Arc<Server>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let body = read_body(&head, body).await;
    // A task of its own runs to its end when the client hangs up, and leaves everything in order.
    let answer = tokio::spawn(async move { server.answer(&head, body).await });
    let answer = answer.await.unwrap_or_else(|error| ApiError::internal(error.to_string()).into());
    if answer.is_withheld {
        peer.hang_up();
    }
    answer.into_response()
}

/// What a call has come to: the body of an answer, or `None` for no answer at all.
type Outcome = Result<Option<Vec<u8>>, ApiError>;

/// An answer before it becomes HTTP.
struct Answer {
    status: StatusCode,
    error_type: Option<&'static str>,
    body: Vec<u8>,
    /// Whether the caller is hung up on instead.
    is_withheld: bool,
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(body) => Self {
                status: StatusCode::OK,
                error_type: None,
                is_withheld: body.is_none(),
                body: body.unwrap_or_default(),
            },
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
            is_withheld: false,
        }
    }
}

impl Answer {
    fn describe(&self, call: &mut Call) {
        call.status = if self.is_withheld { 0 } else { self.status.as_u16() };
        call.error_type = self.error_type;
        call.response_bytes = self.body.len();
    }

    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(id) = HeaderValue::from_str(&new_uuid()) {
            headers.insert("x-amzn-requestid", id);
        }
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
        let answer = Answer::from(result.map_err(|error| self.error_form.write(error)));
        answer.describe(&mut call);
        call.micros = started.elapsed().as_micros();
        match self.call_log.as_ref().map(|log| log.append_json(&call)) {
            Some(Err(error)) => Answer::from(ApiError::internal(format!("call log: {error}"))),
            _ => answer,
        }
    }

    async fn handle(&self, head: &Parts, body: &[u8], call: &mut Call) -> Outcome {
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
        let Some(fault) = self.faults.strike(Some(&operation)) else {
            return self.service.run(operation, body, call).await.map(Some);
        };
        call.fault = Some(fault.to_string());
        self.run_with(&fault, operation, body, call).await
    }

    async fn run_with(
        &self,
        fault: &Fault,
        operation: Operation,
        body: &[u8],
        call: &mut Call,
    ) -> Outcome {
        if let Some(error) = fault.kind.error(operation) {
            if fault.kind == FaultKind::DatabaseError(DEADLOCK) {
                self.service.roll_back_victim(body).await?;
            }
            return Err(error);
        }
        match fault.kind {
            FaultKind::CutBefore => return Ok(None),
            FaultKind::Latency(time) => tokio::time::sleep(time).await,
            FaultKind::Interrupt(pid) => interrupt(pid).await,
            _ => {}
        }
        let result = self.service.run(operation, body, call).await;
        match fault.kind {
            FaultKind::Late(time) => tokio::time::sleep(time).await,
            FaultKind::InterruptAfter(pid) => interrupt(pid).await,
            _ => {}
        }
        if fault.kind == FaultKind::CutAfter { Ok(None) } else { result.map(Some) }
    }
}

/// Takes the faults that are in force from now on: a JSON array of their texts, unsigned.
///
/// AWS has nothing like it. It wants the stack's secret; the answer is the list as it was understood.
pub(super) async fn set_faults(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = if server.identity.is_control(&headers) {
        let set = server.faults.replace_with_json(&body);
        set.map(Some).map_err(|error| ApiError::validation(error.to_string()))
    } else {
        let message = format!("The header {CONTROL_HEADER} must have the stack's control_secret");
        Err(ApiError::new(ErrorKind::AccessDenied, message))
    };
    Answer::from(answer).into_response()
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
