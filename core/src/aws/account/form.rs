//! Calls that are sent as a form and answered in XML, which AWS calls its query protocol.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use super::answer::FormAnswer;
use super::endpoint::AccountEndpoint;
use super::error::Error;
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Service};

/// A service that takes forms.
pub trait FormService {
    /// Which service.
    const SERVICE: Service;
    /// The version of its calls, as AWS writes it.
    const VERSION: &'static str;
}

/// AWS CloudFormation.
#[derive(Debug, Clone, Copy)]
pub struct CloudFormation;

/// AWS Identity and Access Management.
#[derive(Debug, Clone, Copy)]
pub struct Iam;

/// Amazon RDS.
#[derive(Debug, Clone, Copy)]
pub struct Rds;

/// AWS Security Token Service.
#[derive(Debug, Clone, Copy)]
pub struct Sts;

impl FormService for CloudFormation {
    const SERVICE: Service = Service::CloudFormation;
    const VERSION: &'static str = "2010-05-15";
}

impl FormService for Iam {
    const SERVICE: Service = Service::Iam;
    const VERSION: &'static str = "2010-05-08";
}

impl FormService for Rds {
    const SERVICE: Service = Service::Rds;
    const VERSION: &'static str = "2014-10-31";
}

impl FormService for Sts {
    const SERVICE: Service = Service::Sts;
    const VERSION: &'static str = "2011-06-15";
}

/// One call: an action with its parameters.
#[derive(Clone)]
pub struct FormCall<S> {
    action: &'static str,
    parameters: Vec<(String, String)>,
    service: PhantomData<S>,
}

impl<S: FormService> FormCall<S> {
    /// An action without parameters.
    pub fn new(action: &'static str) -> Self {
        Self { action, parameters: Vec::new(), service: PhantomData }
    }

    /// The same with one more parameter. A list's are called `NAME.member.1` and so on.
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }
}

/// Shows the action alone.
impl<S> fmt::Debug for FormCall<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormCall").field("action", &self.action).finish_non_exhaustive()
    }
}

impl<S: FormService> Operation for FormCall<S> {
    const SERVICE: Service = S::SERVICE;
    type Target = AccountEndpoint;
    type Output = FormAnswer;
    type Error = Error;

    fn to_request(&self, endpoint: &AccountEndpoint) -> Request {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", self.action).append_pair("Version", S::VERSION);
        form.extend_pairs(&self.parameters);
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        Request {
            method: "POST",
            url: endpoint.url("/"),
            headers: Vec::from([("content-type".to_owned(), content_type.to_owned())]),
            body: form.finish().into(),
        }
    }

    fn parse(response: Response) -> Result<FormAnswer, Error> {
        if response.status != 200 {
            return Err(Error::of_xml(response));
        }
        let answer = FormAnswer::new(response.body);
        if answer.is_readable() { Ok(answer) } else { Err(Error::unreadable(200)) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::tests::endpoint;
    use super::*;
    use crate::aws::operation::{Retry, ServiceError};
    use alloc::format;
    use alloc::string::ToString;

    fn answer(status: u16, body: &str) -> Result<FormAnswer, Error> {
        FormCall::<CloudFormation>::parse(Response {
            status,
            headers: Vec::new(),
            body: body.into(),
        })
    }

    #[test]
    fn a_call_is_a_form_with_action_and_version() {
        let call = FormCall::<CloudFormation>::new("DescribeStacks").with("StackName", "a b&c=d");
        let request = call.to_request(&endpoint(Service::CloudFormation, "eu-west-1", None));
        assert_eq!(request.url, "https://cloudformation.eu-west-1.amazonaws.com/");
        let form = "Action=DescribeStacks&Version=2010-05-15&StackName=a+b%26c%3Dd";
        assert_eq!(request.body, form.as_bytes());
        assert_eq!(format!("{call:?}"), "FormCall { action: \"DescribeStacks\", .. }");
    }

    #[test]
    fn texts_are_taken_by_the_names_of_their_elements() {
        let long = "&quot;".repeat(20_000);
        let answer = answer(200, &format!(
            "<DescribeStacksResponse xmlns='http://cloudformation.amazonaws.com/doc/2010-05-15/'>\
             <Stacks><member><StackStatus>CREATE_COMPLETE</StackStatus><Properties>{long}</Properties>\
             <Outputs><member><OutputKey>Bucket</OutputKey><OutputValue>b</OutputValue></member>\
             <member><OutputKey>Empty</OutputKey></member></Outputs></member></Stacks>\
             </DescribeStacksResponse>"
        ))
        .unwrap();
        assert_eq!(answer.text("StackStatus").as_deref(), Some("CREATE_COMPLETE"));
        assert_eq!(answer.text("StackId"), None);
        let rows = answer.rows("Outputs", ["OutputKey", "OutputValue"]);
        let expected = [["Bucket", "b"], ["Empty", ""]].map(|row| row.map(ToString::to_string));
        assert_eq!(rows, expected);
        assert!(answer.rows("Nothing", ["OutputKey"]).is_empty());
        assert!(!format!("{answer:?}").contains("Bucket"));
    }

    #[test]
    fn an_error_has_a_code_and_what_the_service_says() {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>\
                    <Message>Stack with id rowgate does not exist</Message></Error></ErrorResponse>";
        let error = answer(400, body).unwrap_err();
        let said = "ValidationError (HTTP 400): Stack with id rowgate does not exist";
        assert_eq!((error.to_string().as_str(), error.retry()), (said, Retry::Never));
        let throttled = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>";
        assert_eq!(answer(400, throttled).unwrap_err().retry(), Retry::NotRun);
        assert_eq!(answer(500, "oops").unwrap_err().retry(), Retry::OutcomeUnknown);
        let unreadable = answer(200, "oops").unwrap_err();
        assert_eq!(unreadable.to_string(), "UnreadableAnswer (HTTP 200)");
    }
}
