//! What the calls of all services have in common: a request, an answer, and an error's retry class.

use core::fmt;

use crate::aws::http::{Request, Response};

/// A service of AWS that rowgate talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// AWS CloudFormation.
    CloudFormation,
    /// AWS Identity and Access Management, which is one for all regions.
    Iam,
    /// AWS Lambda, of which functions are asked about and none is called.
    Lambda,
    /// Amazon RDS itself, not the Data API.
    Rds,
    /// The RDS Data API.
    RdsData,
    /// Amazon S3.
    S3,
    /// AWS Secrets Manager.
    SecretsManager,
    /// AWS Step Functions.
    StepFunctions,
    /// AWS Security Token Service.
    Sts,
}

impl Service {
    /// The name that goes into a signature's scope.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::CloudFormation => "cloudformation",
            Self::Iam => "iam",
            Self::Lambda => "lambda",
            Self::Rds => "rds",
            Self::RdsData => "rds-data",
            Self::S3 => "s3",
            Self::SecretsManager => "secretsmanager",
            Self::StepFunctions => "states",
            Self::Sts => "sts",
        }
    }

    /// The settings that say where it is, the first that is set.
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::RdsData => "DATA_API_ENDPOINT or AWS_REGION",
            Self::S3 => "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or AWS_REGION",
            Self::StepFunctions => "AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL or AWS_REGION",
            _ => "AWS_ENDPOINT_URL or AWS_REGION",
        }
    }
}

/// One call of a service.
pub trait Operation {
    /// Whose call it is.
    const SERVICE: Service;

    /// Where the service is to be found.
    type Target;

    /// What the call answers.
    type Output;

    /// What the service says when it fails.
    type Error: ServiceError;

    /// The unsigned request.
    fn to_request(&self, target: &Self::Target) -> Request;

    /// Reads the answer.
    fn parse(response: Response) -> Result<Self::Output, Self::Error>;
}

/// An error that a service answered.
pub trait ServiceError: fmt::Display {
    /// What it says about the call, and so whether it may be sent again.
    fn retry(&self) -> Retry;
}

/// What an error says about the call, and so whether it may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It was not run: anything may be sent again.
    NotRun,
    /// It may or may not have run: only what can be repeated without harm may be sent again.
    OutcomeUnknown,
    /// The database gave way to another transaction, or the transaction is gone: nothing of it
    /// lasts, and the whole of it may be repeated.
    Transaction,
    /// The same request would get the same answer.
    Never,
}
