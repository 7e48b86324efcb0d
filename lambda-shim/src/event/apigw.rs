//! API Gateway's REST events (payload 1.0).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rowgate_core::{BodyError, Head};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::error::EventError;
use super::members::parse;

/// What marks such an event. A load balancer's is much the same, but its requests have passed no
/// key; it has no `resource`.
pub(super) const MARKS: [&str; 3] = ["httpMethod", "requestContext", "resource"];

/// A request whose key API Gateway has checked; the key itself is not in here.
pub(crate) struct HttpRequest {
    pub(crate) head: Head,
    /// The id that API Gateway gave the key; empty where a route asks for none.
    pub(crate) api_key_id: String,
    pub(crate) body: Result<Vec<u8>, BodyError>,
}

/// Shows neither headers nor body.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.head.method)
            .field("path", &self.head.path)
            .field("api_key_id", &self.api_key_id)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

pub(super) fn read(text: &str) -> Result<HttpRequest, EventError> {
    let request: ProxyRequest = parse(text, "the request")?;
    let headers = request.multi_value_headers.or(request.headers).unwrap_or_default();
    let query = request.multi_value_query_string_parameters.or(request.query_string_parameters);
    let identity = request.request_context.identity.unwrap_or_default();
    Ok(HttpRequest {
        head: Head {
            method: request.http_method,
            path: request.path,
            query: encode_query(&query.unwrap_or_default()),
            headers: headers.0.into_iter().map(lower_case).collect(),
        },
        api_key_id: identity.api_key_id.unwrap_or_default(),
        body: decode_body(request.body.unwrap_or_default(), request.is_base64_encoded),
    })
}

/// `multiValue…` says all that its namesake says, or is null.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProxyRequest {
    http_method: String,
    path: String,
    headers: Option<Pairs>,
    multi_value_headers: Option<Pairs>,
    query_string_parameters: Option<Pairs>,
    multi_value_query_string_parameters: Option<Pairs>,
    request_context: RequestContext,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct RequestContext {
    identity: Option<Identity>,
}

/// The key is beside the id, and is passed over.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Identity {
    api_key_id: Option<String>,
}

/// Names and values in their order, those of `x-api-key` passed over.
#[derive(Default)]
struct Pairs(Vec<(String, String)>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name.eq_ignore_ascii_case("x-api-key") {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            match map.next_value()? {
                Values::One(value) => pairs.push((name, value)),
                Values::Many(values) => {
                    pairs.extend(values.into_iter().map(|value| (name.clone(), value)));
                }
            }
        }
        Ok(Pairs(pairs))
    }
}

fn lower_case((name, value): (String, String)) -> (String, String) {
    (name.to_ascii_lowercase(), value)
}

/// API Gateway has decoded the query, and the gate reads it as it was sent. A name without a value
/// gets no `=`: `?deep` is to stay `?deep`.
fn encode_query(pairs: &Pairs) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = |(name, value): &(String, String)| match value.as_str() {
        "" => encode(name),
        value => format!("{}={}", encode(name), encode(value)),
    };
    pairs.0.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn decode_body(body: String, is_base64: bool) -> Result<Vec<u8>, BodyError> {
    if is_base64 {
        STANDARD.decode(body).map_err(|_| BodyError::Broken)
    } else {
        Ok(body.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::apigw::ApiGatewayProxyRequest;
    use serde_json::{Value, json};

    use super::super::Event;
    use super::super::tests::event;
    use super::*;

    const EVENT: &str = include_str!("../../fixtures/apigw-insert-data.json");

    fn request(text: &str) -> HttpRequest {
        match event(text).unwrap() {
            Event::Http(request) => request,
            other => panic!("not a request: {other:?}"),
        }
    }

    fn changed(change: impl FnOnce(&mut Value)) -> HttpRequest {
        let mut event: Value = serde_json::from_str(EVENT).unwrap();
        change(&mut event);
        request(&event.to_string())
    }

    fn header<'r>(request: &'r HttpRequest, name: &str) -> Vec<&'r str> {
        let headers = request.head.headers.iter().filter(|(header, _)| header == name);
        headers.map(|(_, value)| value.as_str()).collect()
    }

    #[test]
    fn a_request_is_read() {
        let request = request(EVENT);
        assert_eq!(request.head.method, "POST");
        assert_eq!(request.head.path, "/insert_data");
        assert_eq!(request.head.query, "dry_run&on_error=skip");
        assert_eq!(header(&request, "content-type"), ["application/json"]);
        assert_eq!(header(&request, "accept"), ["application/json", "*/*"]);
        assert_eq!(request.api_key_id, "abc123def4");
        assert_eq!(request.body, Ok(br#"{"jobs":[{"id":1,"job_name":"Clerk"}]}"#.to_vec()));
    }

    #[test]
    fn aws_s_own_type_reads_the_fixture() {
        let request: ApiGatewayProxyRequest = serde_json::from_str(EVENT).unwrap();
        assert_eq!(request.request_context.identity.api_key_id.as_deref(), Some("abc123def4"));
    }

    #[test]
    fn the_key_is_held_nowhere() {
        let key = "rgs3cret";
        assert_eq!(EVENT.matches(key).count(), 4);
        let mut request = request(EVENT);
        assert_eq!(header(&request, "x-api-key"), [""; 0]);
        let Head { method, path, query, headers } = &request.head;
        assert!(!format!("{method} {path} {query} {headers:?}").contains(key));
        assert!(!format!("{request:?}").contains(key));

        request.body = Ok(key.into());
        request.head.headers.push(("authorization".to_owned(), key.to_owned()));
        assert!(!format!("{:?}", Event::Http(request)).contains(key));
    }

    #[test]
    fn single_values_do_as_well() {
        let request = changed(|event| {
            event["multiValueHeaders"] = Value::Null;
            event.as_object_mut().unwrap().remove("multiValueQueryStringParameters");
        });
        assert_eq!(header(&request, "accept"), ["*/*"]);
        assert_eq!(header(&request, "x-api-key"), [""; 0]);
        assert_eq!(request.head.query, "dry_run&on_error=skip");
    }

    #[test]
    fn what_may_be_missing_may_be_missing() {
        let request = request(
            r#"{"resource":"/health","path":"/health","httpMethod":"GET","headers":null,
                "queryStringParameters":null,"requestContext":{"identity":{"apiKeyId":null}},
                "body":null}"#,
        );
        assert_eq!((request.head.path.as_str(), request.head.query.as_str()), ("/health", ""));
        assert_eq!(request.head.headers, []);
        assert_eq!((request.api_key_id.as_str(), request.body), ("", Ok(Vec::new())));
    }

    #[test]
    fn a_query_is_encoded_again() {
        let pairs = [("a b", "1&2=3"), ("ü", "+"), ("deep", ""), ("a b", "4")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let query = encode_query(&Pairs(pairs.to_vec()));
        assert_eq!(query, "a+b=1%262%3D3&%C3%BC=%2B&deep&a+b=4");
        let decoded: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(decoded, pairs);
    }

    #[test]
    fn a_body_of_bytes_is_decoded() {
        let with_body = |body: &str| {
            changed(|event| {
                event["isBase64Encoded"] = json!(true);
                event["body"] = json!(body);
            })
        };
        assert_eq!(with_body("//4AYQ==").body, Ok(vec![0xFF, 0xFE, 0, b'a']));
        assert_eq!(with_body("{\"jobs\":[]}").body, Err(BodyError::Broken));
    }

    #[test]
    fn a_load_balancer_is_not_a_gateway() {
        let text = r#"{"requestContext":{"elb":{"targetGroupArn":"arn"}},"httpMethod":"POST",
            "path":"/insert_data","queryStringParameters":{},"headers":{},"body":"{}",
            "isBase64Encoded":false}"#;
        let error = event(text).unwrap_err().to_string();
        assert!(
            error.starts_with("unknown event: an object with members body, headers"),
            "{error}"
        );
    }
}
