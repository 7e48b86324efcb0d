//! Secrets of AWS Secrets Manager.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::endpoint::AccountEndpoint;
use super::error::Error;
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};

/// Reads a secret's text.
#[derive(Debug, Clone)]
pub struct GetSecretValue<'a> {
    /// The secret.
    pub secret_arn: &'a str,
}

impl Operation for GetSecretValue<'_> {
    const SERVICE: Service = Service::SecretsManager;
    type Target = AccountEndpoint;
    type Output = String;
    type Error = Error;

    fn to_request(&self, endpoint: &AccountEndpoint) -> Request {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Request {
            method: "POST",
            url: endpoint.url("/"),
            headers: Vec::from([
                header("content-type", "application/x-amz-json-1.1"),
                header("x-amz-target", "secretsmanager.GetSecretValue"),
            ]),
            body: json!({ "SecretId": self.secret_arn }).to_string().into(),
        }
    }

    fn parse(response: Response) -> Result<String, Error> {
        if response.status != 200 {
            return Err(Error::of_json(&response));
        }
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let text = body["SecretString"].as_str().map(ToOwned::to_owned);
        text.ok_or_else(|| Error::unreadable(200))
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::tests::endpoint;
    use super::*;

    #[test]
    fn a_secret_is_its_text() {
        let call = GetSecretValue { secret_arn: "arn:s" };
        let request = call.to_request(&endpoint(Service::SecretsManager, "eu-west-1", None));
        assert_eq!(request.url, "https://secretsmanager.eu-west-1.amazonaws.com/");
        assert_eq!(request.body, "{\"SecretId\":\"arn:s\"}".as_bytes());
        let answer = |status, body: &str| {
            GetSecretValue::parse(Response { status, headers: Vec::new(), body: body.into() })
        };
        assert_eq!(answer(200, "{\"SecretString\": \"{}\"}").as_deref(), Ok("{}"));
        assert!(answer(200, "{\"SecretBinary\": \"\"}").is_err());
        let body = "{\"__type\": \"ResourceNotFoundException\", \"message\": \"no such secret\"}";
        let said = "ResourceNotFoundException (HTTP 400): no such secret";
        assert_eq!(answer(400, body).unwrap_err().to_string(), said);
    }
}
