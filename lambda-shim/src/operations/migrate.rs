//! The operation `migrate`: the tables, brought to the schema and compared with it.

use rowgate_core::migrate::{self, MigrateError, MigrationStep};
use rowgate_core::schema::Schema;
use rowgate_core::{Client, Host};
use serde::{Deserialize, Serialize};
use tracing::{error, info};

use super::members::members;
use super::operation::Operation;
use crate::app::App;
use crate::event::EventError;
use crate::failure::Failure;
use crate::invocation::Invocation;

/// What to do with the tables.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Migrate {
    #[serde(rename = "rowgate")]
    _operation: String,
    /// Only to compare them with the schema.
    #[serde(default)]
    check: bool,
}

/// What was done to the tables, and where they still are not those of the schema.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Migrated {
    /// Migrations that were recorded and not run: the tables were made as they would leave them.
    included: Vec<String>,
    /// Migrations that were run; those of the ledger begin with `ledger/`.
    ran: Vec<String>,
    /// Tables that were made.
    made: Vec<&'static str>,
    differences: Vec<String>,
    /// Why not everything was compared, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_compared: Option<String>,
}

impl Operation for Migrate {
    const NAME: &'static str = "migrate";

    type Answer = Migrated;

    fn read(request: &str, _: Schema) -> Result<Self, EventError> {
        members(request, Self::NAME)
    }

    /// Safe to repeat: MySQL commits DDL at once, so what was done before an error stays, and the next
    /// time goes on there.
    async fn run<H: Host>(self, app: &App<H>, invocation: Invocation) -> Result<Migrated, Failure> {
        let settings = app.settings()?;
        let time = invocation.time_left(app.host.now());
        let client = app.client(&settings.target, time);
        let by = "the Lambda's operation migrate";
        match bring_up(&client, app, self.check, by).await {
            Ok(migrated) => {
                let Migrated { included, ran, made, differences, .. } = &migrated;
                info!(?included, ?ran, ?made, differences = differences.len(), "migrated");
                Ok(migrated)
            }
            Err(error) => {
                error!(%error, "migration failed");
                Err(Failure::Migrate(error))
            }
        }
    }
}

async fn bring_up<H: Host>(
    client: &Client<'_, H>,
    app: &App<H>,
    check: bool,
    by: &str,
) -> Result<Migrated, MigrateError> {
    let (schema, migrations) = (app.schema, &app.migrations);
    let mut migrated = Migrated::default();
    let drift = if check {
        migrate::check(client, schema, migrations, by).await?
    } else {
        migrate::migrate(client, schema, migrations, by, |step| migrated.note(step)).await?;
        migrate::compare(client, schema, by).await?
    };
    migrated.differences = drift.differences.iter().map(ToString::to_string).collect();
    migrated.not_compared = drift.less.map(|less| less.to_string());
    Ok(migrated)
}

impl Migrated {
    fn note(&mut self, step: MigrationStep<'_>) {
        match step {
            MigrationStep::Included(migration) => self.included.push(migration.to_string()),
            MigrationStep::Ran(migration) => self.ran.push(migration.to_string()),
            MigrationStep::Made(table) => self.made.push(table),
            MigrationStep::Ledger(migration) => self.ran.push(format!("ledger/{migration}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use rowgate_core::migrate::{LEDGER_MIGRATIONS, Migration};
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn each_step_is_named_where_it_belongs() {
        let migration = Migration { number: 7, name: "wider", text: "" };
        let mut migrated = Migrated::default();
        let of_ledger = MigrationStep::Ledger(&LEDGER_MIGRATIONS[0]);
        for step in [
            MigrationStep::Included(&migration),
            MigrationStep::Ran(&migration),
            MigrationStep::Made("jobs"),
            of_ledger,
        ] {
            migrated.note(step);
        }
        assert_eq!(
            to_value(&migrated).unwrap(),
            json!({
                "included": ["0007_wider"], "ran": ["0007_wider", "ledger/0001_key_id_exact"],
                "made": ["jobs"],
                "differences": [],
            })
        );
    }

    #[test]
    fn it_writes_unless_it_is_only_to_check() {
        let only_checks = |text: &str| Migrate::read(text, Schema::example()).unwrap().check;
        assert!(!only_checks(r#"{"rowgate":"migrate"}"#));
        assert!(only_checks(r#"{"rowgate":"migrate","check":true}"#));
        let error = Migrate::read(r#"{"rowgate":"migrate","users":true}"#, Schema::example())
            .unwrap_err()
            .to_string();
        assert!(error.contains("the operation migrate: unknown field `users`"), "{error}");
    }
}
