//! What Lambda says of an account and its functions.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Value;

use super::endpoint::AccountEndpoint;
use super::error::Error;
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};

/// Reads something of Lambda by its path, such as `/2016-08-19/account-settings`.
#[derive(Debug, Clone)]
pub struct GetLambda {
    /// It begins with a slash, and is encoded.
    pub path: String,
}

impl Operation for GetLambda {
    const SERVICE: Service = Service::Lambda;
    type Target = AccountEndpoint;
    type Output = Value;
    type Error = Error;

    fn to_request(&self, endpoint: &AccountEndpoint) -> Request {
        let url = endpoint.url(&self.path);
        Request { method: "GET", url, headers: Vec::new(), body: Default::default() }
    }

    fn parse(response: Response) -> Result<Value, Error> {
        if response.status != 200 {
            return Err(Error::of_json(&response));
        }
        // A function without a reservation is an empty answer.
        if response.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&response.body).map_err(|_| Error::unreadable(200))
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::tests::endpoint;
    use super::*;
    use alloc::borrow::ToOwned;
    use alloc::string::ToString;

    #[test]
    fn it_is_read_by_its_path() {
        let call = GetLambda { path: "/2016-08-19/account-settings".to_owned() };
        let request = call.to_request(&endpoint(Service::Lambda, "eu-west-1", None));
        let url = "https://lambda.eu-west-1.amazonaws.com/2016-08-19/account-settings";
        assert_eq!((request.method, request.url.as_str()), ("GET", url));
        let answer = |status, body: &str| {
            let name = ("x-amzn-errortype".to_owned(), "AccessDeniedException:http://x".to_owned());
            GetLambda::parse(Response { status, headers: Vec::from([name]), body: body.into() })
        };
        assert_eq!(answer(200, "{\"a\": 1}").unwrap()["a"], 1);
        assert_eq!(answer(200, "").unwrap(), Value::Null);
        let error = answer(403, "{\"Message\": \"no\"}").unwrap_err();
        assert!(error.is_denied());
        assert_eq!(error.to_string(), "AccessDeniedException (HTTP 403): no");
    }
}
