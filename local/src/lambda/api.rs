//! Lambda's own API over HTTP, as far as invoking goes.
//!
//! Source: "Invoke" in the Lambda API Reference.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::BodyExt;
use serde::de::IgnoredAny;
use serde_json::json;
use time::OffsetDateTime;

use super::limits;
use super::service::Service;
use crate::identifiers::new_uuid;
use crate::signature::{Refusal, SignedRequest, Verifier};

/// Everything a request needs.
pub(super) struct Api {
    pub(super) service: Arc<Service>,
    pub(super) verifier: Verifier,
    pub(super) name: String,
    pub(super) arn: String,
}

impl Api {
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .fallback(unknown_operation)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::new(self))
    }
}

/// A refused request: status, type, text.
struct Refused(StatusCode, &'static str, String);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(StatusCode::FORBIDDEN, refusal.kind.name(), refusal.message)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(status, error_type, message) = self;
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_static(error_type)),
        ];
        let body = json!({"Type": "User", "Message": message});
        (status, headers, body.to_string()).into_response()
    }
}

async fn invoke(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return StatusCode::BAD_REQUEST.into_response() };
    let answer = api.answer(&name, &head, body.to_bytes()).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    if let Ok(id) = HeaderValue::from_str(&new_uuid()) {
        response.headers_mut().entry("x-amzn-requestid").or_insert(id);
    }
    response
}

async fn unknown_operation() -> Response {
    let message = "Of Lambda's operations there is Invoke alone".to_owned();
    Refused(StatusCode::NOT_FOUND, "UnknownOperationException", message).into_response()
}

impl Api {
    async fn answer(&self, name: &str, head: &Parts, body: Bytes) -> Result<Response, Refused> {
        let request = SignedRequest {
            method: head.method.as_str(),
            path_and_query: head.uri.path_and_query().map_or("/", |it| it.as_str()),
            headers: &head.headers,
            body: &body,
        };
        self.verifier.verify(request, OffsetDateTime::now_utc())?;
        self.check_name(name)?;

        let header = head.headers.get("x-amz-invocation-type").map(HeaderValue::as_bytes);
        match header {
            None | Some(b"RequestResponse") => self.wait(payload(body, limits::REQUEST)?).await,
            Some(b"Event") => self.queue(payload(body, limits::EVENT)?),
            Some(b"DryRun") => Ok(StatusCode::NO_CONTENT.into_response()),
            Some(_) => {
                let message = "InvocationType is RequestResponse, Event or DryRun".to_owned();
                Err(Refused(StatusCode::BAD_REQUEST, "InvalidParameterValueException", message))
            }
        }
    }

    /// A name, its end of an ARN, or the ARN; any of them with the one version there is.
    fn check_name(&self, name: &str) -> Result<(), Refused> {
        let without_version = name.strip_suffix(":$LATEST").unwrap_or(name);
        if without_version == self.name || without_version == self.arn {
            return Ok(());
        }
        let message = format!("Function not found: {name}");
        Err(Refused(StatusCode::NOT_FOUND, "ResourceNotFoundException", message))
    }

    async fn wait(&self, payload: Bytes) -> Result<Response, Refused> {
        let invocation =
            self.service.invoke(payload).await.map_err(|error| service_error(&error))?;
        let (body, is_error) = match invocation.result {
            Ok(body) => (body, false),
            Err(error) => (error.body, true),
        };
        let mut response = (
            [("content-type", "application/json"), ("x-amz-executed-version", "$LATEST")],
            [("x-amzn-requestid", invocation.request_id)],
            body,
        )
            .into_response();
        if is_error {
            let value = HeaderValue::from_static("Unhandled");
            response.headers_mut().insert("x-amz-function-error", value);
        }
        Ok(response)
    }

    fn queue(&self, payload: Bytes) -> Result<Response, Refused> {
        let id = self.service.invoke_async(payload).map_err(|error| service_error(&error))?;
        Ok((StatusCode::ACCEPTED, [("x-amzn-requestid", id)]).into_response())
    }
}

/// Takes a body that is JSON and fits; none at all is an empty object.
fn payload(body: Bytes, limit: usize) -> Result<Bytes, Refused> {
    if body.is_empty() {
        return Ok(Bytes::from_static(b"{}"));
    }
    if body.len() > limit {
        let message = format!("{} byte payload is too large (limit {limit} bytes)", body.len());
        return Err(Refused(StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException", message));
    }
    serde_json::from_slice::<IgnoredAny>(&body).map_err(|error| {
        let message = format!("Could not parse request body into json: {error}");
        Refused(StatusCode::BAD_REQUEST, "InvalidRequestContentException", message)
    })?;
    Ok(body)
}

fn service_error(error: &anyhow::Error) -> Refused {
    Refused(StatusCode::INTERNAL_SERVER_ERROR, "ServiceException", format!("{error:#}"))
}
