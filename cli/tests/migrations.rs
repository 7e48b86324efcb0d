//! Migrations on a real database, through the Data API.

use std::time::Duration;

use rowgate_core::data_api::{ExecuteStatement, Field, Target};
use rowgate_core::migrate::{self, Difference, MigrateError, Migration, MigrationStep};
use rowgate_core::schema::Schema;
use rowgate_core::{Client, Credentials, Repeat};
use rowgate_local::{DataApi, DataApiOptions, Database, DatabaseOptions, Engine, Identity};
use rowgate_native::NativeHost;

/// Both leave the tables as `sql/schema.sql` has them; the second can be run once only.
const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "widen_names",
        text: "-- from 100\n\
            ALTER TABLE jobs MODIFY job_name VARCHAR(255) NOT NULL COMMENT 'aliases=job';\n\
            ALTER TABLE departments MODIFY department_name VARCHAR(255) NOT NULL \
            COMMENT 'aliases=department';\n",
    },
    Migration { number: 2, name: "drop_notes", text: "ALTER TABLE jobs DROP notes;\n" },
];

struct Stack {
    _database: Database,
    api: DataApi,
    identity: Identity,
    host: NativeHost,
}

impl Stack {
    async fn start() -> Self {
        let options = DatabaseOptions { engine: Engine::from_env().unwrap(), ..Default::default() };
        let database = Database::start(options).await.unwrap();
        let identity = Identity::new().unwrap();
        let api =
            DataApi::start(DataApiOptions::new(database.url(), identity.clone())).await.unwrap();
        let credentials = Credentials::read(&|name| match name {
            "AWS_ACCESS_KEY_ID" => Some(identity.access_key_id.clone()),
            "AWS_SECRET_ACCESS_KEY" => Some(identity.secret_access_key.clone()),
            _ => None,
        });
        let host = NativeHost::new(credentials.unwrap(), rowgate_local::REGION);
        Self { _database: database, api, identity, host }
    }

    fn target(&self, database: &str) -> Target {
        Target {
            endpoint: self.api.endpoint().into(),
            resource_arn: self.identity.cluster_arn.clone(),
            secret_arn: self.identity.secret_arn.clone(),
            database: database.into(),
        }
    }

    /// Makes a database and gives where it is.
    async fn create(&self, name: &str) -> Target {
        run(&self.client(&self.target("rowgate")), &format!("CREATE DATABASE {name}")).await;
        self.target(name)
    }

    fn client<'s>(&'s self, target: &'s Target) -> Client<'s, NativeHost> {
        Client::new(&self.host, target, Duration::from_secs(30))
    }
}

type DatabaseClient<'c> = Client<'c, NativeHost>;

async fn run(client: &DatabaseClient<'_>, sql: &str) -> Vec<Vec<Field>> {
    let call = ExecuteStatement { sql, ..ExecuteStatement::default() };
    client.call(&call, Repeat::Never).await.unwrap().records
}

async fn migrate(
    client: &DatabaseClient<'_>,
    migrations: &[Migration],
) -> Result<Vec<String>, MigrateError> {
    let mut steps = Vec::new();
    let result = migrate::migrate(client, Schema::example(), migrations, "a test", |step| {
        steps.push(match step {
            MigrationStep::Included(migration) => format!("included {migration}"),
            MigrationStep::Ran(migration) => format!("ran {migration}"),
            MigrationStep::Made(table) => format!("made {table}"),
            MigrationStep::Ledger(migration) => format!("ran ledger {migration}"),
        });
    });
    result.await.map(|()| steps)
}

async fn differences(client: &DatabaseClient<'_>) -> Vec<String> {
    let found = migrate::check(client, Schema::example(), MIGRATIONS, "a test").await.unwrap();
    assert_eq!(found.less, None);
    found.differences.iter().map(Difference::to_string).collect()
}

#[tokio::test]
async fn migrations_are_run_once_and_recorded() {
    let stack = Stack::start().await;
    a_new_database_includes_them(&stack).await;
    an_old_database_runs_them(&stack).await;
    one_that_fails_is_gone_on_with(&stack).await;
}

async fn a_new_database_includes_them(stack: &Stack) {
    let target = stack.create("brand_new").await;
    let client = stack.client(&target);
    let steps = migrate(&client, MIGRATIONS).await.unwrap();
    let expected = ["made rowgate_locks", "included 0001_widen_names", "included 0002_drop_notes"];
    assert_eq!((&steps[..3], steps.len()), (expected.map(str::to_owned).as_slice(), 11));
    assert_eq!(migrate(&client, MIGRATIONS).await.unwrap(), [""; 0]);
    assert_eq!(differences(&client).await, [""; 0]);

    let recorded = run(&client, "SELECT sha256, recorded_at FROM rowgate_migrations").await;
    assert_eq!(recorded.len(), 2);
    assert_eq!(recorded[0][0], Field::String(MIGRATIONS[0].sha256()));
}

/// The tables as they were before both migrations.
async fn make_old(client: &DatabaseClient<'_>) {
    migrate(client, &[]).await.unwrap();
    let narrow = "ALTER TABLE jobs MODIFY job_name VARCHAR(100) NOT NULL COMMENT 'aliases=job', \
                  ADD notes INT NULL";
    run(client, narrow).await;
}

async fn an_old_database_runs_them(stack: &Stack) {
    let target = stack.create("old").await;
    let client = stack.client(&target);
    make_old(&client).await;
    run(&client, "INSERT INTO jobs (id, job_name) VALUES (1, 'Cook')").await;
    run(&client, "DROP TABLE employees").await;
    assert_eq!(
        differences(&client).await,
        [
            "rowgate_migrations: migration: expected 0001_widen_names, found none",
            "rowgate_migrations: migration: expected 0002_drop_notes, found none",
            "jobs.job_name: type: expected varchar(255), found varchar(100)",
            "jobs.notes: column: expected none, found int",
            "employees: table: expected a table, found none",
        ]
    );
    let steps = ["ran 0001_widen_names", "ran 0002_drop_notes", "made employees"];
    assert_eq!(migrate(&client, MIGRATIONS).await.unwrap(), steps);
    assert_eq!(differences(&client).await, [""; 0]);
    let kept = run(&client, "SELECT job_name FROM jobs").await;
    assert_eq!(kept, [[Field::String("Cook".into())]]);

    let changed = Migration { text: "ALTER TABLE jobs DROP note;\n", ..MIGRATIONS[1] };
    let error = migrate(&client, &[MIGRATIONS[0], changed]).await.unwrap_err();
    assert_eq!(error, MigrateError::Changed("0002_drop_notes".into()));
}

async fn one_that_fails_is_gone_on_with(stack: &Stack) {
    let target = stack.create("failing").await;
    let client = stack.client(&target);
    make_old(&client).await;
    run(&client, "ALTER TABLE departments RENAME TO departments_away").await;
    let error = migrate(&client, MIGRATIONS).await.unwrap_err().to_string();
    let expected = "migration 0001_widen_names is not recorded: its statement 2 of 2 failed: ";
    assert!(error.starts_with(expected) && error.contains("MySQL error 1146"), "{error}");
    run(&client, "ALTER TABLE departments_away RENAME TO departments").await;
    assert_eq!(migrate(&client, &MIGRATIONS[..1]).await.unwrap(), ["ran 0001_widen_names"]);

    // As if the answer of the second had been lost, and its record with it.
    run(&client, "ALTER TABLE jobs DROP notes").await;
    let error = migrate(&client, MIGRATIONS).await.unwrap_err().to_string();
    assert!(error.contains("MySQL error 1091"), "{error}");
    assert!(migrate::record(&client, Schema::example(), MIGRATIONS, 2).await.unwrap());
    assert_eq!(migrate(&client, MIGRATIONS).await.unwrap(), [""; 0]);
    assert_eq!(differences(&client).await, [""; 0]);
}
