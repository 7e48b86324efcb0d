//! What a deployment needs, looked at before anything is made.

use anyhow::{Context, Result, bail};
use reqwest::StatusCode;
use rowgate_core::account::{Error, FormCall, Rds, Sts};
use rowgate_core::{CallError, Host, Request, counted};
use serde_json::Value;
use tokio::process::Command;

use super::account::Account;
use super::choices::Choices;
use super::stack::Stack;
use crate::home::Home;
use crate::terminal::{self, Line, Look};

/// Lambda wants so many to stay for functions without a reservation.
const UNRESERVED: u64 = 100;

/// Cloudflare's number for an account without a name under workers.dev.
const NO_SUBDOMAIN: u64 = 10007;

/// What a look has found; a problem says what to do.
enum Finding {
    Good(String),
    Problem(String),
    /// What this user may not ask, or what has another form than expected.
    Unknown(String),
}

/// What is looked at.
pub(super) struct Preflight<'p> {
    pub(super) account: &'p Account,
    pub(super) stack: &'p Stack,
    pub(super) template: &'p Value,
    pub(super) home: &'p Home,
}

impl Preflight<'_> {
    /// Looks at everything, says what it has found, and fails if there is a problem. Answers the account's
    /// number.
    pub(super) async fn look(&self, choices: &Choices) -> Result<String> {
        let identity = self.identity().await?;
        let mut findings = vec![Finding::Good(format!("the account is {identity}"))];
        findings.push(self.region(choices));
        findings.push(self.deployable());
        findings.push(self.concurrency(choices).await);
        if let Some(version) = self.property("AWS::RDS::DBCluster", "EngineVersion") {
            findings.push(self.engine(version).await);
            findings.push(self.parameters().await);
        }
        findings.extend(self.cloudflare().await);
        say(&findings)?;
        Ok(identity)
    }

    async fn identity(&self) -> Result<String> {
        let answer = self.account.ask(FormCall::<Sts>::new("GetCallerIdentity")).await;
        answer?.text("Account").context("AWS does not say which account this is")
    }

    fn region(&self, choices: &Choices) -> Finding {
        let region = self.account.region();
        let arns = [&choices.cluster_arn, &choices.writer_secret_arn, &choices.admin_secret_arn];
        let elsewhere =
            arns.into_iter().flatten().find(|arn| arn.split(':').nth(3) != Some(region));
        match elsewhere {
            None => Finding::Good(format!("the region is {region}")),
            Some(arn) => Finding::Problem(format!(
                "{arn} is not in the region {region}: cluster, secrets and stack are in one; set AWS_REGION"
            )),
        }
    }

    fn deployable(&self) -> Finding {
        let name = &self.stack.name;
        let Some(status) = self.stack.status.as_deref() else {
            return Finding::Good(format!("the stack {name} is not there yet"));
        };
        let what = format!("the stack {name} is {status}");
        match status {
            "REVIEW_IN_PROGRESS" | "ROLLBACK_COMPLETE" => Finding::Good(what),
            "UPDATE_ROLLBACK_FAILED" => Finding::Problem(format!(
                "{what}: aws cloudformation continue-update-rollback --stack-name {name}"
            )),
            "ROLLBACK_FAILED" | "CREATE_FAILED" | "DELETE_FAILED" => Finding::Problem(format!(
                "{what}: delete what is left of it: aws cloudformation delete-stack --stack-name {name}"
            )),
            _ if status.ends_with("_IN_PROGRESS") => {
                Finding::Problem(format!("{what}: wait until that is over"))
            }
            _ => Finding::Good(what),
        }
    }

    /// Whether the account's quota has what the functions reserve.
    async fn concurrency(&self, choices: &Choices) -> Finding {
        let what = "the quota of concurrency";
        let wanted: u64 = reserved(self.template);
        if choices.reserve_concurrency == Some(false) {
            return Finding::Good("no concurrency is reserved".to_owned());
        }
        if !self.stack.is_new() {
            return Finding::Good("the functions have their concurrency".to_owned());
        }
        let answer = match self.account.lambda("/2016-08-19/account-settings".to_owned()).await {
            Ok(answer) => answer,
            Err(error) => return unanswered(what, &error),
        };
        let limit = &answer["AccountLimit"];
        let free = limit["UnreservedConcurrentExecutions"].as_u64();
        let (Some(free), Some(all)) = (free, limit["ConcurrentExecutions"].as_u64()) else {
            return unreadable(what);
        };
        match free >= wanted + UNRESERVED {
            true => Finding::Good(format!("{wanted} of {all} concurrent executions are reserved")),
            false => Finding::Problem(format!(
                "the functions reserve {wanted} concurrent executions, and {free} of the account's {all} are not \
                 reserved, of which {UNRESERVED} have to stay so: give --reserve-concurrency false, or ask for a \
                 quota of {} (Service Quotas, AWS Lambda, Concurrent executions)",
                all + wanted + UNRESERVED - free
            )),
        }
    }

    /// Whether the region offers the version of a new cluster.
    async fn engine(&self, version: &str) -> Finding {
        let what = format!("Aurora MySQL {version}");
        let call = FormCall::<Rds>::new("DescribeDBEngineVersions")
            .with("Engine", "aurora-mysql")
            .with("EngineVersion", version);
        match self.account.ask(call).await {
            Err(error) => unanswered(&what, &error),
            Ok(answer) if answer.text("EngineVersion").as_deref() == Some(version) => {
                Finding::Good(format!("{what} is offered"))
            }
            Ok(_) => Finding::Problem(format!(
                "{what} is not offered in this region: choose another region, or another version from a \
                 checkout (docs/deploy.md)"
            )),
        }
    }

    /// Whether the parameters of a new cluster may be set.
    async fn parameters(&self) -> Finding {
        let kind = "AWS::RDS::DBClusterParameterGroup";
        let family = self.property(kind, "Family").unwrap_or_default();
        let what = format!("the parameters of {family}");
        let group = resource(self.template, kind).map(|group| &group["Properties"]["Parameters"]);
        let wanted = group.and_then(Value::as_object).into_iter().flat_map(|all| all.keys());
        let mut wanted: Vec<_> = wanted.collect();
        let mut marker = String::new();
        loop {
            let mut call = FormCall::<Rds>::new("DescribeEngineDefaultClusterParameters")
                .with("DBParameterGroupFamily", family);
            if !marker.is_empty() {
                call = call.with("Marker", &marker);
            }
            let answer = match self.account.ask(call).await {
                Ok(answer) => answer,
                Err(error) => return unanswered(&what, &error),
            };
            let known = answer.rows("Parameters", ["ParameterName", "IsModifiable"]);
            if known.is_empty() {
                return unreadable(&what);
            }
            let settable = |name: &str| known.iter().any(|[it, may]| it == name && may == "true");
            wanted.retain(|name| !settable(name));
            marker = answer.text("Marker").unwrap_or_default();
            if wanted.is_empty() {
                return Finding::Good(format!("{what} may be set"));
            }
            if marker.is_empty() {
                let names: Vec<_> = wanted.iter().map(|name| name.as_str()).collect();
                return Finding::Problem(format!(
                    "{what} do not let {} be set: deploy from a checkout with leaveParameters (docs/deploy.md)",
                    names.join(", ")
                ));
            }
        }
    }

    /// A login, and a name under workers.dev, where the Worker gets its address.
    async fn cloudflare(&self) -> Vec<Finding> {
        let what = "the login at Cloudflare";
        let Some(answer) = self.wrangler(&["whoami", "--json"]).await else {
            return vec![unreadable(what)];
        };
        if answer["loggedIn"] == false {
            return vec![Finding::Problem(
                "wrangler is not logged in: run npx wrangler login, or set CLOUDFLARE_API_TOKEN"
                    .to_owned(),
            )];
        }
        let accounts = answer["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let ids: Vec<_> = accounts.iter().filter_map(|account| account["id"].as_str()).collect();
        let good = Finding::Good("wrangler is logged in".to_owned());
        let named = std::env::var("CLOUDFLARE_ACCOUNT_ID").ok().filter(|id| !id.is_empty());
        match (named, ids.as_slice()) {
            (_, []) => vec![unreadable(what)],
            (Some(id), _) => vec![good, self.workers_dev(&id).await],
            (None, [id]) => vec![good, self.workers_dev(id).await],
            (None, ids) => {
                let count = ids.len();
                vec![Finding::Problem(format!(
                    "there are {count} accounts at Cloudflare: set CLOUDFLARE_ACCOUNT_ID to one of {}",
                    ids.join(", ")
                ))]
            }
        }
    }

    async fn workers_dev(&self, account: &str) -> Finding {
        let what = "the name under workers.dev";
        let Some(token) = self.wrangler(&["auth", "token", "--json"]).await else {
            return unreadable(what);
        };
        let header = match (&token["token"], &token["key"], &token["email"]) {
            (Value::String(token), ..) => vec![("authorization", format!("Bearer {token}"))],
            (_, Value::String(key), Value::String(email)) => {
                vec![("x-auth-key", key.clone()), ("x-auth-email", email.clone())]
            }
            _ => return unreadable(what),
        };
        let base = std::env::var("CLOUDFLARE_API_BASE_URL").ok();
        let base = base.as_deref().unwrap_or("https://api.cloudflare.com/client/v4");
        let url = format!("{base}/accounts/{account}/workers/subdomain");
        let headers = header.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let request = Request { method: "GET", url, headers, body: Default::default() };
        let Ok(answer) = self.account.host().send(request).await else {
            return Finding::Unknown(format!("{what}: Cloudflare could not be reached"));
        };
        let is_good = answer.status == StatusCode::OK.as_u16();
        let answer: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if let Some(name) = answer["result"]["subdomain"].as_str().filter(|_| is_good) {
            return Finding::Good(format!("the Worker will be under {name}.workers.dev"));
        }
        let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        match errors.iter().any(|error| error["code"] == NO_SUBDOMAIN) {
            true => Finding::Problem(format!(
                "the Cloudflare account has no name under workers.dev: choose one at \
                 https://dash.cloudflare.com/{account}/workers/onboarding"
            )),
            false => unreadable(what),
        }
    }

    /// What wrangler says in JSON.
    async fn wrangler(&self, words: &[&str]) -> Option<Value> {
        let mut command = Command::new("node");
        command.arg(self.home.wrangler().ok()?).args(words).env("WRANGLER_SEND_METRICS", "false");
        let output = command.stdin(std::process::Stdio::null()).output().await.ok()?;
        serde_json::from_slice(&output.stdout).ok()
    }

    fn property(&self, kind: &str, name: &str) -> Option<&str> {
        resource(self.template, kind)?["Properties"][name].as_str()
    }
}

/// Says everything; a problem is an error.
fn say(findings: &[Finding]) -> Result<()> {
    for finding in findings {
        let (look, mark, text) = match finding {
            Finding::Good(text) => (Look::Good, "ok", text),
            Finding::Problem(text) => (Look::Bad, "PROBLEM", text),
            Finding::Unknown(text) => (Look::Warning, "unknown", text),
        };
        if matches!(finding, Finding::Problem(_)) || !terminal::is_quiet() {
            terminal::errors().line(&Line::of(look, mark).plainly(": ").plainly(text))?;
        }
    }
    let problems = findings.iter().filter(|it| matches!(it, Finding::Problem(_))).count();
    match problems {
        0 => Ok(()),
        count => bail!("{}; nothing is made", counted(count, "problem")),
    }
}

fn unanswered(what: &str, error: &CallError<Error>) -> Finding {
    let why = match error {
        CallError::Api(error) if error.is_denied() => "this user may not ask",
        _ => "no answer",
    };
    Finding::Unknown(format!("{what}: {why} ({error}); the deployment may show it"))
}

fn unreadable(what: &str) -> Finding {
    Finding::Unknown(format!("{what}: the answer has an unknown form; the deployment may show it"))
}

/// The only resource of a type in a template.
fn resource<'t>(template: &'t Value, kind: &str) -> Option<&'t Value> {
    template["Resources"].as_object()?.values().find(|resource| resource["Type"] == kind)
}

/// How many concurrent executions all functions of a template reserve.
fn reserved(template: &Value) -> u64 {
    let resources = template["Resources"].as_object().into_iter().flat_map(|all| all.values());
    let of = |resource: &Value| {
        resource["Properties"]["ReservedConcurrentExecutions"]["Fn::If"][1].as_u64()
    };
    resources.filter_map(of).sum()
}
