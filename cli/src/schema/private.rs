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
    let identity = Identity::new()?;
    let options = DataApiOptions::new(database.url(), identity.clone());
    let data_api = DataApi::start(options).await?;
    let described = described(file, &data_api, &identity, database.url()).await;
    data_api.stop().await;
    database.stop().await?;
    described
}

async fn described(
    file: &Path,
    data_api: &DataApi,
    identity: &Identity,
    url: &str,
) -> Result<Description> {
    let credentials = Credentials::read(&|name| match name {
        "AWS_ACCESS_KEY_ID" => Some(identity.access_key_id.clone()),
        "AWS_SECRET_ACCESS_KEY" => Some(identity.secret_access_key.clone()),
        _ => None,
    })?;
    let host = NativeHost::new(credentials, rowgate_local::REGION);
    let target = Target {
        endpoint: data_api.endpoint().into(),
        resource_arn: identity.cluster_arn.clone(),
        secret_arn: identity.secret_arn.clone(),
        database: crate::dev::database_name(url)?,
    };
    make_tables(&host, &target, file).await
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
