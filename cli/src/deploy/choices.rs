//! What can be chosen without a checkout, as parameters of the template.

use std::str::FromStr;

use anyhow::{Result, bail, ensure};

use super::stack::{Parameters, Stack};

/// Which deployment: each has a stack and a Worker of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stage(String);

impl Stage {
    /// The stack's name.
    pub(super) fn stack(&self) -> String {
        match self.0.as_str() {
            "production" => "rowgate".to_owned(),
            other => format!("rowgate-{other}"),
        }
    }

    /// The environment in `wrangler.toml`; production has none.
    pub(super) fn worker(&self) -> &str {
        if self.0 == "production" { "" } else { &self.0 }
    }
}

impl FromStr for Stage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // wrangler.toml has these two, with counters of their own.
        match text {
            "production" | "dev" => Ok(Self(text.to_owned())),
            _ => Err("the stages are production and dev; others need a checkout".to_owned()),
        }
    }
}

/// Which database a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A cluster that is there.
    Given,
    /// A cluster of the stack's own.
    New,
}

impl Kind {
    /// The template's name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::New => "new",
        }
    }
}

/// The choices; what is not given stays as it is in a stack that is there.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Choices {
    /// Make a cluster: Aurora MySQL, Serverless v2
    #[arg(long, conflicts_with_all = ["cluster_arn", "writer_secret_arn", "admin_secret_arn"])]
    create_database: bool,

    /// The Aurora MySQL cluster, with the Data API enabled
    #[arg(long, value_name = "ARN")]
    pub(super) cluster_arn: Option<String>,

    /// The secret of the database user that stores rows (rowgate migrate --users makes both users)
    #[arg(long, value_name = "ARN")]
    pub(super) writer_secret_arn: Option<String>,

    /// The secret of the database user that backs up and restores
    #[arg(long, value_name = "ARN")]
    pub(super) admin_secret_arn: Option<String>,

    /// The database on the cluster [default at first: rowgate]
    #[arg(long, value_name = "NAME")]
    database_name: Option<String>,

    /// The least capacity of a new cluster, in units of 2 GiB; at 0 it pauses [default at first: 0]
    #[arg(long, value_name = "UNITS")]
    min_capacity: Option<f64>,

    /// The most capacity of a new cluster [default at first: 4]
    #[arg(long, value_name = "UNITS")]
    max_capacity: Option<f64>,

    /// The address for alarms, or "" for none [default at first: none]
    #[arg(long, value_name = "ADDRESS")]
    alarm_email: Option<String>,

    /// Whether the functions reserve concurrency, 38 in all; a new account may have none to reserve
    /// [default at first: true]
    #[arg(long, value_name = "BOOL")]
    pub(super) reserve_concurrency: Option<bool>,
}

impl Choices {
    /// Which database: that of the stack, which is never exchanged, or what is chosen.
    pub(super) fn kind(&self, stack: &Stack) -> Result<Kind> {
        let names_cluster = self.cluster_arn.is_some();
        if stack.is_new() {
            return match (self.create_database, names_cluster) {
                (true, _) => Ok(Kind::New),
                (false, true) => Ok(Kind::Given),
                (false, false) => bail!(
                    "which database? --create-database makes a cluster; --cluster-arn, --writer-secret-arn \
                     and --admin-secret-arn name one that is there"
                ),
            };
        }
        let name = &stack.name;
        ensure!(
            stack.has("ProgramKey"),
            "the stack {name} was deployed from a checkout, whose choices are not known here: go on with \
             make deploy"
        );
        let kind = if stack.has("Protected") { Kind::New } else { Kind::Given };
        ensure!(
            kind == Kind::Given || !names_cluster,
            "the stack {name} has a cluster of its own, with rows: deploy another --stage for another cluster"
        );
        ensure!(
            kind == Kind::New || !self.create_database,
            "the stack {name} uses a cluster that is not its own: deploy another --stage for a new one"
        );
        Ok(kind)
    }

    /// The template's parameters; none of a value means the one that the stack has.
    pub(super) fn parameters(&self, stack: &Stack, kind: Kind) -> Result<Parameters> {
        let number = |number: Option<f64>| number.map(|number| number.to_string());
        let mut all = vec![
            ("ChosenDatabaseName", self.database_name.clone(), Some("rowgate")),
            ("AlarmEmail", self.alarm_email.clone(), Some("")),
            ("ReserveConcurrency", self.reserve_concurrency.map(|it| it.to_string()), Some("true")),
        ];
        match kind {
            Kind::Given => {
                ensure!(
                    self.min_capacity.is_none() && self.max_capacity.is_none(),
                    "--min-capacity and --max-capacity are of a new cluster"
                );
                all.extend([
                    ("GivenClusterArn", self.cluster_arn.clone(), None),
                    ("GivenWriterArn", self.writer_secret_arn.clone(), None),
                    ("GivenAdminArn", self.admin_secret_arn.clone(), None),
                ]);
            }
            Kind::New => all.extend([
                ("MinCapacity", number(self.min_capacity), Some("0")),
                ("MaxCapacity", number(self.max_capacity), Some("4")),
                // Also where a first deployment was broken off before it was protected.
                ("Protected", Some("true".to_owned()), None),
            ]),
        }
        if let Some(name) = self.database_name.as_deref().filter(|_| !stack.is_new()) {
            let has = stack.outputs.get("DatabaseName").map_or("", String::as_str);
            ensure!(
                has == name,
                "the stack uses the database {has}: deploy another --stage for {name}"
            );
        }
        all.into_iter().map(|(name, value, first)| parameter(stack, name, value, first)).collect()
    }
}

fn parameter(
    stack: &Stack,
    name: &str,
    chosen: Option<String>,
    first: Option<&str>,
) -> Result<(String, Option<String>)> {
    if chosen.is_none() && stack.has(name) {
        return Ok((name.to_owned(), None));
    }
    match chosen.or_else(|| first.map(ToOwned::to_owned)) {
        Some(value) => Ok((name.to_owned(), Some(value))),
        None => bail!(
            "a cluster that is there needs three names: --cluster-arn, --writer-secret-arn, --admin-secret-arn"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGED: [&str; 2] = ["ProgramKey", "ChosenDatabaseName"];

    fn stack(parameters: &[&str]) -> Stack {
        let names = parameters.iter().map(|name| (*name).to_owned()).collect();
        let outputs = [("DatabaseName".to_owned(), "hr".to_owned())].into();
        let status = Some("UPDATE_COMPLETE".to_owned());
        Stack { name: "rowgate".to_owned(), status, parameters: names, outputs }
    }

    fn nothing() -> Stack {
        Stack { status: None, ..stack(&[]) }
    }

    fn given() -> Choices {
        let arn = |text: &str| Some(text.to_owned());
        Choices {
            cluster_arn: arn("c"),
            writer_secret_arn: arn("w"),
            admin_secret_arn: arn("a"),
            ..Choices::default()
        }
    }

    fn said<T>(result: Result<T>) -> String {
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_first_deployment_says_which_database() -> Result<()> {
        assert!(said(Choices::default().kind(&nothing())).starts_with("which database?"));
        let create = Choices { create_database: true, ..Choices::default() };
        assert_eq!((create.kind(&nothing())?, given().kind(&nothing())?), (Kind::New, Kind::Given));
        let some = Choices { admin_secret_arn: None, ..given() };
        assert!(said(some.parameters(&nothing(), Kind::Given)).contains("needs three names"));
        Ok(())
    }

    #[test]
    fn what_is_not_given_stays_as_it_is() -> Result<()> {
        let stack = stack(&["ProgramKey", "ChosenDatabaseName", "GivenClusterArn", "AlarmEmail"]);
        let choices = Choices { alarm_email: Some(String::new()), ..given() };
        let parameters = choices.parameters(&stack, Kind::Given)?;
        assert_eq!(parameters["ChosenDatabaseName"], None);
        assert_eq!(parameters["AlarmEmail"].as_deref(), Some(""));
        // A parameter that an earlier version did not have.
        assert_eq!(parameters["ReserveConcurrency"].as_deref(), Some("true"));
        Ok(())
    }

    #[test]
    fn the_database_of_a_stack_is_never_exchanged() -> Result<()> {
        let of_its_own = stack(&["ProgramKey", "Protected"]);
        let create = Choices { create_database: true, ..Choices::default() };
        assert_eq!(Choices::default().kind(&of_its_own)?, Kind::New);
        assert_eq!(create.kind(&of_its_own)?, Kind::New);
        assert!(said(given().kind(&of_its_own)).contains("has a cluster of its own"));
        assert!(said(create.kind(&stack(&PACKAGED))).contains("a cluster that is not its own"));
        let renamed = Choices { database_name: Some("shop".to_owned()), ..Choices::default() };
        assert!(said(renamed.parameters(&of_its_own, Kind::New)).contains("uses the database hr"));
        Ok(())
    }

    #[test]
    fn a_stack_of_a_checkout_stays_with_it() {
        assert!(said(given().kind(&stack(&["BootstrapVersion"]))).contains("make deploy"));
    }

    #[test]
    fn a_stage_is_one_of_the_workers() {
        let stage = |text: &str| text.parse::<Stage>();
        let names = |text| stage(text).map(|stage| (stage.stack(), stage.worker().to_owned()));
        assert_eq!(names("production"), Ok(("rowgate".to_owned(), String::new())));
        assert_eq!(names("dev"), Ok(("rowgate-dev".to_owned(), "dev".to_owned())));
        assert!(stage("qa").is_err());
    }
}
