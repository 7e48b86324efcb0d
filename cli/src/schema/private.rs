//! SQL text, read by a database: whatever rowgate would make of it, the database decides.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use rowgate_core::data_api::{ExecuteStatement, Target};
use rowgate_core::schema::Description;
use rowgate_core::{Client, Credentials, Host, Repeat, introspect, sql_statements};
use rowgate_local::{DataApi, DataApiOptions, Database, DatabaseOptions, Engine, Identity};
use rowgate_native::NativeHost;

/// How long one statement may take.
const TIME: Duration = Duration::from_secs(120);

/// What the statements of a file make in a database of its own, which goes again.
pub(super) async fn read(file: &Path, engine: Engine) -> Result<Description> {
    let database = Database::start(DatabaseOptions { engine, ..Default::default() }).await?;
    let gate = Gate::before(database.url()).await?;
    let described = make_tables(&gate.host, &gate.target, file).await;
    gate.data_api.stop().await;
    database.stop().await?;
    described
}

/// What tables a database has that this machine reaches.
pub(crate) async fn of_url(url: &str) -> Result<Description> {
    let gate = Gate::before(url).await?;
    let described = introspect(&Client::new(&gate.host, &gate.target, TIME), &[]).await;
    gate.data_api.stop().await;
    Ok(described?)
}

/// A Data API of our own before a database, and what calls it.
struct Gate {
    data_api: DataApi,
    host: NativeHost,
    target: Target,
}

impl Gate {
    async fn before(url: &str) -> Result<Self> {
        let identity = Identity::new()?;
        let data_api = DataApi::start(DataApiOptions::new(url, identity.clone())).await?;
        let credentials = Credentials::read(&|name| match name {
            "AWS_ACCESS_KEY_ID" => Some(identity.access_key_id.clone()),
            "AWS_SECRET_ACCESS_KEY" => Some(identity.secret_access_key.clone()),
            _ => None,
        })?;
        let target = Target {
            endpoint: data_api.endpoint().into(),
            resource_arn: identity.cluster_arn.clone(),
            secret_arn: identity.secret_arn.clone(),
            database: crate::dev::database_name(url)?,
        };
        Ok(Self { data_api, host: NativeHost::new(credentials, rowgate_local::REGION), target })
    }
}

/// Runs the statements of a file, and reads what tables there are then.
pub(crate) async fn make_tables(
    host: &impl Host,
    target: &Target,
    file: &Path,
) -> Result<Description> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| name.to_string())?;
    let client = Client::new(host, target, TIME);
    for statement in sql_statements(&text).with_context(|| name.to_string())? {
        let call = ExecuteStatement { sql: statement.text, ..ExecuteStatement::default() };
        let done = client.call(&call, Repeat::Never).await;
        done.with_context(|| format!("{name}:{}: the database refuses it", statement.line))?;
    }
    Ok(introspect(&client, &[]).await?)
}
