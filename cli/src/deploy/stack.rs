//! The stack at CloudFormation: looked at, deployed by change sets, deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Result, bail};
use rowgate_core::account::{CloudFormation, Error, FormAnswer, FormCall};
use rowgate_core::{CallError, Host};

use super::account::Account;
use crate::terminal;

/// How often CloudFormation is asked what has become of a change.
const PAUSE: Duration = Duration::from_secs(2);

/// The template's parameters; none of a value means the one that the stack has.
pub(super) type Parameters = BTreeMap<String, Option<String>>;

/// What a deployment has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Deployed,
    /// There was nothing to change.
    Unchanged,
}

/// A stack as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stack {
    pub(super) name: String,
    /// CloudFormation's name of it; none of a stack that is not there.
    pub(super) status: Option<String>,
    /// The names of its parameters.
    pub(super) parameters: BTreeSet<String>,
    /// What it tells, by its names.
    pub(super) outputs: BTreeMap<String, String>,
}

impl Stack {
    /// Looks at the stack of this name, or at one that is gone by its id.
    pub(super) async fn look(account: &Account, name: impl Into<String>) -> Result<Self> {
        let name = name.into();
        let answer = match account.ask(of("DescribeStacks", &name)).await {
            Ok(answer) => answer,
            Err(CallError::Api(error)) if is_not_there(&error) => {
                let (parameters, outputs) = Default::default();
                return Ok(Self { name, status: None, parameters, outputs });
            }
            Err(error) => return Err(error.into()),
        };
        let parameters = answer.rows("Parameters", ["ParameterKey"]);
        let outputs = answer.rows("Outputs", ["OutputKey", "OutputValue"]);
        Ok(Self {
            name,
            status: answer.text("StackStatus"),
            parameters: parameters.into_iter().map(|[name]| name).collect(),
            outputs: outputs.into_iter().map(|[name, value]| (name, value)).collect(),
        })
    }

    /// Whether nothing of it is there: the first creation was not begun, or is undone.
    pub(super) fn is_new(&self) -> bool {
        match self.status.as_deref() {
            None => true,
            Some(status) => {
                matches!(status, "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE" | "DELETE_COMPLETE")
            }
        }
    }

    /// Whether it was deployed with this parameter.
    pub(super) fn has(&self, parameter: &str) -> bool {
        !self.is_new() && self.parameters.contains(parameter)
    }

    /// What it tells by this name.
    pub(super) fn output(&self, name: &str) -> Result<&str> {
        match self.outputs.get(name) {
            Some(value) => Ok(value),
            None => bail!("the stack {} tells no {name}: was it deployed to its end?", self.name),
        }
    }

    /// Brings it to a template with these parameters, and waits for that.
    pub(super) async fn deploy(
        &self,
        account: &Account,
        template_url: &str,
        parameters: &Parameters,
    ) -> Result<Outcome> {
        if self.status.as_deref() == Some("ROLLBACK_COMPLETE") {
            terminal::advise(&format!("deleting what a failed creation of {} has left", self.name));
            self.delete(account).await?;
        }
        let change = format!("rowgate-{}", account.host().now().as_millis());
        self.propose(account, &change, template_url, parameters).await?;
        if !self.is_proposed(account, &change).await? {
            account.ask(self.of_change("DeleteChangeSet", &change)).await?;
            return Ok(Outcome::Unchanged);
        }
        let seen = Events::before(account, &self.name).await;
        account.ask(self.of_change("ExecuteChangeSet", &change)).await?;
        self.follow(account, &self.name, seen).await?;
        Ok(Outcome::Deployed)
    }

    async fn propose(
        &self,
        account: &Account,
        change: &str,
        template_url: &str,
        parameters: &Parameters,
    ) -> Result<()> {
        let kind = if self.is_new() { "CREATE" } else { "UPDATE" };
        let mut call = self
            .of_change("CreateChangeSet", change)
            .with("ChangeSetType", kind)
            .with("TemplateURL", template_url)
            .with("Capabilities.member.1", "CAPABILITY_IAM");
        for (place, (name, value)) in parameters.iter().enumerate() {
            let member = format!("Parameters.member.{}", place + 1);
            call = call.with(format!("{member}.ParameterKey"), name);
            call = match value {
                Some(value) => call.with(format!("{member}.ParameterValue"), value),
                None => call.with(format!("{member}.UsePreviousValue"), "true"),
            };
        }
        account.do_once(call).await?;
        Ok(())
    }

    /// Waits for a change set; `false` if it has no change.
    async fn is_proposed(&self, account: &Account, change: &str) -> Result<bool> {
        loop {
            let answer = account.ask(self.of_change("DescribeChangeSet", change)).await?;
            let reason = answer.text("StatusReason").unwrap_or_default();
            match answer.text("Status").as_deref() {
                Some("CREATE_COMPLETE") => return Ok(true),
                Some("FAILED") if is_unchanged(&reason) => return Ok(false),
                Some("FAILED") => {
                    bail!("CloudFormation refuses the change of {}: {reason}", self.name)
                }
                _ => account.host().sleep(PAUSE).await,
            }
        }
    }

    /// Deletes it, and waits for that.
    pub(super) async fn delete(&self, account: &Account) -> Result<()> {
        let id = account.ask(of("DescribeStacks", &self.name)).await?.text("StackId");
        // Once it is gone it has no name.
        let id = id.unwrap_or_else(|| self.name.clone());
        let seen = Events::before(account, &id).await;
        account.ask(of("DeleteStack", &self.name)).await?;
        self.follow(account, &id, seen).await
    }

    /// Says what happens until nothing is in progress any more.
    async fn follow(&self, account: &Account, id: &str, mut events: Events) -> Result<()> {
        loop {
            account.host().sleep(PAUSE).await;
            let status = Self::look(account, id).await?.status;
            events.tell(&account.ask(of("DescribeStackEvents", id)).await);
            match status.as_deref().unwrap_or("DELETE_COMPLETE") {
                "CREATE_COMPLETE" | "UPDATE_COMPLETE" | "DELETE_COMPLETE" => return Ok(()),
                status if status.ends_with("_IN_PROGRESS") => {}
                status => bail!("the stack {} is {status}: {}", self.name, events.why()),
            }
        }
    }

    fn of_change(&self, action: &'static str, change: &str) -> FormCall<CloudFormation> {
        of(action, &self.name).with("ChangeSetName", change)
    }
}

/// What has happened to a stack's resources, told once each.
struct Events {
    seen: BTreeSet<String>,
    /// The first resource that has failed, and why.
    failed: Option<String>,
}

impl Events {
    /// Those that have happened before are not told.
    async fn before(account: &Account, id: &str) -> Self {
        let mut events = Self { seen: BTreeSet::new(), failed: None };
        // A stack that is not there has none.
        if let Ok(answer) = account.ask(of("DescribeStackEvents", id)).await {
            events.seen.extend(rows(&answer).into_iter().map(|[id, ..]| id));
        }
        events
    }

    fn tell(&mut self, answer: &Result<FormAnswer, CallError<Error>>) {
        let Ok(answer) = answer else { return };
        // The newest comes first.
        for [id, resource, kind, status, reason] in rows(answer).into_iter().rev() {
            if !self.seen.insert(id) || status.ends_with("_IN_PROGRESS") {
                continue;
            }
            let reason = if reason.is_empty() { reason } else { format!(": {reason}") };
            if !terminal::is_quiet() {
                terminal::note(&format!("  {status} {kind} {resource}{reason}"));
            }
            if status.ends_with("_FAILED") && self.failed.is_none() {
                self.failed = Some(format!("{resource} ({kind}){reason}"));
            }
        }
    }

    fn why(&self) -> &str {
        self.failed.as_deref().unwrap_or("CloudFormation gives no reason")
    }
}

fn rows(answer: &FormAnswer) -> Vec<[String; 5]> {
    let names =
        ["EventId", "LogicalResourceId", "ResourceType", "ResourceStatus", "ResourceStatusReason"];
    answer.rows("StackEvents", names)
}

fn of(action: &'static str, stack: &str) -> FormCall<CloudFormation> {
    FormCall::new(action).with("StackName", stack)
}

fn is_not_there(error: &Error) -> bool {
    error.code == "ValidationError" && error.message.contains("does not exist")
}

/// CloudFormation has no code for this, but two sentences.
fn is_unchanged(reason: &str) -> bool {
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}
