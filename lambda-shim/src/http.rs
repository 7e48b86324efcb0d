//! A request of API Gateway into the core's HTTP API, and its response back.

use std::collections::BTreeMap;

use rowgate_core::{Host, Response, unconfigured};
use serde::Serialize;
use tracing::{error, info};

use crate::app::App;
use crate::event::HttpRequest;

/// A response as API Gateway's Lambda proxy takes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpAnswer {
    status_code: u16,
    headers: BTreeMap<String, String>,
    /// For names that come more than once; they win over `headers`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    body: String,
    is_base64_encoded: bool,
}

/// Answers a request; without settings for HTTP the status is 500.
pub(crate) async fn respond<H: Host>(app: &App<H>, request: HttpRequest) -> HttpAnswer {
    let HttpRequest { head, api_key_id, body } = request;
    let response = match &app.http {
        Ok(gate) => gate.handle_admitted(&app.host, &head, &api_key_id, body).await,
        Err(error) => {
            error!(%error, "no gateway");
            unconfigured()
        }
    };
    let id = response.header("x-request-id");
    info!(method = head.method, status = response.status, id, "answered");
    response.into()
}

impl From<Response> for HttpAnswer {
    fn from(response: Response) -> Self {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in response.headers {
            all.entry(name).or_default().push(value);
        }
        let (single, multi_value_headers) =
            all.into_iter().partition(|(_, values)| values.len() == 1);
        let single: BTreeMap<_, Vec<_>> = single;
        Self {
            status_code: response.status,
            headers: single.into_iter().map(|(name, values)| (name, values.concat())).collect(),
            multi_value_headers,
            // The core's responses are JSON.
            body: String::from_utf8_lossy(&response.body).into_owned(),
            is_base64_encoded: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::apigw::ApiGatewayProxyResponse;
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn a_response_has_the_form_of_api_gateway() {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let response = |headers| Response { status: 429, headers, body: b"{}".to_vec() };

        let answer = HttpAnswer::from(response(vec![header("retry-after", "10")]));
        assert_eq!(
            to_value(&answer).unwrap(),
            json!({
                "statusCode": 429, "headers": { "retry-after": "10" }, "body": "{}",
                "isBase64Encoded": false,
            })
        );
        let twice = vec![header("a", "1"), header("b", "2"), header("a", "3")];
        let answer = to_value(HttpAnswer::from(response(twice))).unwrap();
        assert_eq!(answer["headers"], json!({ "b": "2" }));
        assert_eq!(answer["multiValueHeaders"], json!({ "a": ["1", "3"] }));
        let read: ApiGatewayProxyResponse = serde_json::from_value(answer).unwrap();
        assert_eq!(read.status_code, 429);
    }
}
