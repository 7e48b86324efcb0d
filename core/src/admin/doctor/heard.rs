//! What the service said to a call that the doctor made to see it refused.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::anonymous::anonymous;
use super::check::Heard;
use super::finding::{Account, Finding};
use crate::aws::data_api::{self, ExecuteStatement, ExecuteStatementOutput, Target, error_text};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::aws::http::{Request, Response};
use crate::aws::operation::{Operation, Retry, Service, ServiceError};

/// What came of such a call.
pub(super) struct Reaction {
    /// The rows of a call that ran, or why it did not.
    pub(super) result: Result<ExecuteStatementOutput, CallError>,
    /// The refusal.
    pub(super) heard: Option<Heard>,
    pub(super) milliseconds: u64,
}

impl Reaction {
    /// MySQL's number in a refusal.
    pub(super) fn number(&self) -> Option<u16> {
        match &self.result {
            Err(CallError::Api(error)) => error.database_code,
            _ => None,
        }
    }
}

/// Makes a call once; only one that was not run is repeated.
pub(super) async fn provoke<H: Host>(
    client: &Client<'_, H>,
    to: impl Into<String>,
    call: ExecuteStatement<'_>,
) -> Reaction {
    let (to, host) = (to.into(), client.host());
    let begun = host.now();
    let told = client.call(&Raw(call), Repeat::Never).await;
    let milliseconds = host.now().saturating_sub(begun).as_millis() as u64;
    let heard = |status, error_type: &str, text: &str| Heard {
        to,
        status,
        error_type: error_type.to_owned(),
        text: anonymous(text, client.target()),
        milliseconds,
    };
    let (result, heard) = match told {
        Ok((Ok(output), _)) => (Ok(output), None),
        Ok((Err(error), text)) => {
            let heard = heard(error.status, &error.error_type, &text);
            (Err(CallError::Api(error)), Some(heard))
        }
        Err(error) => {
            let heard = heard(0, "", &format!("{error}"));
            (Err(error), Some(heard))
        }
    };
    Reaction { result, heard, milliseconds }
}

/// A call whose errors are answers, with their texts, unless it was not run.
struct Raw<'r>(ExecuteStatement<'r>);

impl Operation for Raw<'_> {
    const SERVICE: Service = Service::RdsData;
    type Target = Target;
    type Error = data_api::Error;
    type Output = (Result<ExecuteStatementOutput, data_api::Error>, String);

    fn to_request(&self, target: &Target) -> Request {
        self.0.to_request(target)
    }

    fn parse(response: Response) -> Result<Self::Output, data_api::Error> {
        let text = error_text(&response);
        match ExecuteStatement::parse(response) {
            Err(error) if error.retry() == Retry::NotRun => Err(error),
            result => Ok((result, text)),
        }
    }
}

/// The refusals of several calls.
pub(super) fn refusals(reactions: Vec<Reaction>) -> Vec<Heard> {
    reactions.into_iter().filter_map(|reaction| reaction.heard).collect()
}

/// Good if the call was refused with this number.
pub(super) fn account(reaction: Reaction, expected: u16) -> Account {
    let number = reaction.number();
    let finding = match &reaction.result {
        Ok(_) => Finding::Bad("not refused".into()),
        Err(CallError::Api(error)) if number == Some(expected) => {
            Finding::Good(format!("{expected} with {} (HTTP {})", error.error_type, error.status))
        }
        Err(error) => Finding::Bad(format!("no {expected}: {error}")),
    };
    let number = number.map_or("none".to_string(), |number| number.to_string());
    Account::of(finding).with("number", number).hearing(reaction.heard)
}
