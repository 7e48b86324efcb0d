//! Which tables there are, as the settings say where that is described.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use rowgate_core::data_api::Target;
use rowgate_core::s3::{GetObject, HeadObject, S3Endpoint};
use rowgate_core::schema::Schema;
use rowgate_core::{Client, Host, Repeat, introspect};
use rowgate_native::{from_environment, read_schema};

/// How long a function that starts may take to read them: Lambda gives a start 10 seconds.
const TIME: Duration = Duration::from_secs(8);

/// The most bytes of a description.
const MOST_BYTES: u64 = 16 << 20;

pub(crate) type StartError = Box<dyn Error + Send + Sync>;

/// Reads the tables from the object of `DATA_BUCKET` that `SCHEMA` names, from the file that `ROWGATE_SCHEMA`
/// names or the package has, or from the live database, those that `TABLES` names; else the example.
pub(crate) async fn read(host: &impl Host) -> Result<Schema, StartError> {
    if let Some(key) = setting("SCHEMA") {
        return of_bucket(host, &key).await.map_err(|error| named("SCHEMA", &error));
    }
    if let Some(file) = file() {
        return Ok(read_schema(Some(&file))?);
    }
    match setting("TABLES") {
        Some(tables) => of_database(host, &tables).await.map_err(|error| named("TABLES", &error)),
        None => Ok(Schema::example()),
    }
}

/// A path beside the program, where Lambda unpacks a function's archive.
pub(crate) fn in_package(name: &str) -> PathBuf {
    PathBuf::from(from_environment("LAMBDA_TASK_ROOT").unwrap_or_default()).join(name)
}

fn setting(name: &str) -> Option<String> {
    from_environment(name).filter(|text| !text.is_empty())
}

fn named(name: &str, error: &StartError) -> StartError {
    format!("setting {name}: {error}").into()
}

fn file() -> Option<PathBuf> {
    let named = setting("ROWGATE_SCHEMA").map(PathBuf::from);
    named.or_else(|| Some(in_package("schema.json")).filter(|it| it.is_file()))
}

async fn of_bucket(host: &impl Host, key: &str) -> Result<Schema, StartError> {
    let bucket = setting("DATA_BUCKET").ok_or("settings missing: DATA_BUCKET")?;
    let endpoint = S3Endpoint::read(&from_environment)?;
    let s3 = Client::new(host, &endpoint, TIME);
    let head = HeadObject { bucket: &bucket, key, version_id: None, if_match: None };
    let head = s3.call(&head, Repeat::Harmless).await?;
    if !(1..=MOST_BYTES).contains(&head.content_length) {
        return Err(
            format!("{key} has {} bytes, not 1 to {MOST_BYTES}", head.content_length).into()
        );
    }
    let get = GetObject {
        bucket: &bucket,
        key,
        version_id: None,
        range: 0..head.content_length,
        if_match: Some(&head.e_tag),
    };
    let json = String::from_utf8(s3.call(&get, Repeat::Harmless).await?.body)?;
    Ok(Schema::from_json(&json)?)
}

async fn of_database(host: &impl Host, tables: &str) -> Result<Schema, StartError> {
    let target = Target::read(&from_environment)?;
    let tables: Vec<_> = tables.split(',').map(|name| name.trim().to_owned()).collect();
    Ok(Schema::of(&introspect(&Client::new(host, &target, TIME), &tables).await?))
}
