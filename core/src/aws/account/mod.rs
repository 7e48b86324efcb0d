//! The calls by which an account is asked and a stack is deployed; only a command makes them.

mod answer;
mod endpoint;
mod error;
mod form;
mod lambda;
mod secret;

pub use answer::FormAnswer;
pub use endpoint::AccountEndpoint;
pub use error::Error;
pub use form::{CloudFormation, FormCall, FormService, Iam, Rds, Sts};
pub use lambda::GetLambda;
pub use secret::GetSecretValue;
