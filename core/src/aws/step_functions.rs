//! AWS Step Functions: the one call that rowgate makes of it.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde_json::{Value, json};

use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Retry, Service, ServiceError};
use crate::base::lookup::{Lookup, SettingsError, required};

/// Where Step Functions is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFunctionsEndpoint(String);

impl StepFunctionsEndpoint {
    /// Reads `AWS_REGION`, and `AWS_ENDPOINT_URL_SFN` or `AWS_ENDPOINT_URL` to go elsewhere than the
    /// region's own endpoint.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, SettingsError> {
        let [region] = required(lookup, ["AWS_REGION"])?;
        let set = |name| lookup(name).filter(|url| !url.is_empty());
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        Ok(Self(match set("AWS_ENDPOINT_URL_SFN").or_else(|| set("AWS_ENDPOINT_URL")) {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => alloc::format!("https://states.{region}.{suffix}"),
        }))
    }
}

/// Starts an execution of a state machine.
#[derive(Debug, Clone)]
pub struct StartExecution<'a> {
    /// The machine.
    pub state_machine_arn: &'a str,
    /// 1 to 80 letters, digits, `-` and `_`; for 90 days no second execution can have it, unless the
    /// first one runs and has the same input.
    pub name: &'a str,
    /// At most 256 KiB.
    pub input: &'a Value,
}

/// An error that Step Functions answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The HTTP status.
    pub status: u16,
    /// The error's type, such as `ExecutionAlreadyExists`.
    pub code: String,
}

impl Error {
    /// Whether an execution has had this name before.
    pub fn is_already_there(&self) -> bool {
        self.code == "ExecutionAlreadyExists"
    }

    fn of(response: &Response) -> Self {
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let code = body["__type"].as_str().unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or_default().to_string();
        Self { status: response.status, code }
    }
}

impl ServiceError for Error {
    fn retry(&self) -> Retry {
        match self.code.as_str() {
            "ExecutionLimitExceeded" | "ThrottlingException" => Retry::NotRun,
            _ if matches!(self.status, 429 | 503) => Retry::NotRun,
            _ if self.status >= 500 => Retry::OutcomeUnknown,
            _ => Retry::Never,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = if self.code.is_empty() { "Step Functions error" } else { &self.code };
        write!(f, "{code} (HTTP {})", self.status)
    }
}

impl core::error::Error for Error {}

impl Operation for StartExecution<'_> {
    const SERVICE: Service = Service::StepFunctions;
    type Target = StepFunctionsEndpoint;
    type Output = ();
    type Error = Error;

    fn to_request(&self, StepFunctionsEndpoint(base): &StepFunctionsEndpoint) -> Request {
        let body = json!({
            "stateMachineArn": self.state_machine_arn,
            "name": self.name,
            "input": self.input.to_string(),
        });
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Request {
            method: "POST",
            url: alloc::format!("{base}/"),
            headers: Vec::from([
                header("content-type", "application/x-amz-json-1.0"),
                header("x-amz-target", "AWSStepFunctions.StartExecution"),
            ]),
            body: body.to_string().into(),
        }
    }

    fn parse(response: Response) -> Result<(), Error> {
        if response.status == 200 { Ok(()) } else { Err(Error::of(&response)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: Option<&str>) -> StepFunctionsEndpoint {
        let lookup = |name: &str| match name {
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            "AWS_ENDPOINT_URL_SFN" => url.map(ToOwned::to_owned),
            _ => None,
        };
        StepFunctionsEndpoint::read(&lookup).unwrap()
    }

    #[test]
    fn an_execution_has_a_machine_a_name_and_an_input() {
        let input = json!({ "key": "jobs/k.csv" });
        let start = StartExecution { state_machine_arn: "arn:m", name: "n", input: &input };
        let request = start.to_request(&endpoint(None));
        assert_eq!(request.url, "https://states.eu-west-1.amazonaws.com/");
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["stateMachineArn"], "arn:m");
        assert_eq!(body["input"], r#"{"key":"jobs/k.csv"}"#);
        let elsewhere = start.to_request(&endpoint(Some("http://127.0.0.1:1/")));
        assert_eq!(elsewhere.url, "http://127.0.0.1:1/");
    }

    #[test]
    fn an_error_has_the_name_that_aws_gives_it() {
        let answer = |status, body: &str| {
            StartExecution::parse(Response { status, headers: Vec::new(), body: body.into() })
        };
        assert_eq!(answer(200, "{}"), Ok(()));
        let error =
            answer(400, r#"{"__type":"com.amazonaws#ExecutionAlreadyExists"}"#).unwrap_err();
        assert!(error.is_already_there() && error.retry() == Retry::Never);
        assert_eq!(error.to_string(), "ExecutionAlreadyExists (HTTP 400)");
        assert_eq!(answer(500, "oops").unwrap_err().retry(), Retry::OutcomeUnknown);
        let error = answer(400, r#"{"__type":"ThrottlingException"}"#).unwrap_err();
        assert_eq!(error.retry(), Retry::NotRun);
    }
}
