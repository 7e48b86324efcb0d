//! `rowgate init`: a folder in which the other commands know a database.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use rowgate_core::introspect;
use rowgate_core::schema::{Description, Schema};
use serde_json::json;

use crate::schema;
use crate::session::Session;
use crate::settings::{self, setting};
use crate::terminal::{self, Line, Look};

/// Where the settings are explained.
const SETTINGS: &str = "https://github.com/rowgate/rowgate/blob/main/docs/settings.md";

/// What a file of settings has, with an example of each.
const EXAMPLES: [(&str, &str); 5] = [
    ("aws_region", "eu-west-1"),
    ("db_cluster_arn", "arn:aws:rds:eu-west-1:123456789012:cluster:shop"),
    ("db_secret_arn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-admin-a1b2c3"),
    ("db_name", "shop"),
    ("data_bucket", "shop-rowgate"),
];

/// Look at a database, and write schema.json and rowgate.toml for the other commands.
///
/// The database is the one of --database-url, a MySQL or MariaDB that this machine reaches; or else the
/// cluster of AWS_REGION, DB_CLUSTER_ARN, DB_SECRET_ARN, DB_NAME and the AWS credentials of the environment,
/// through its Data API. It is only read. Which tables can be filled is said, and why others cannot.
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Look at this database: mysql://user:password@host:port/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Write into this folder
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,

    /// Write over files that are there
    #[arg(long)]
    force: bool,

    #[arg(from_global)]
    json: bool,
}

pub(crate) async fn run(args: &InitArgs) -> Result<()> {
    let [schema_file, config] = [schema::FILE, settings::FILE].map(|name| args.folder.join(name));
    for file in [&schema_file, &config] {
        let name = file.display();
        ensure!(args.force || !file.exists(), "{name} is there already; --force writes over it");
    }
    let found = look(args.database_url.as_deref()).await?;
    let database = args.database_url.as_deref().map_or("DB_NAME", |_| "the database URL");
    ensure!(
        !found.tables.is_empty(),
        "the database has no tables: look at another one ({database})"
    );
    let schema = Schema::of(&found);
    write(&schema_file, &found.to_json(), args.force)?;
    write(&config, &configuration(setting), args.force)?;
    let next = next(args, schema);
    if args.json {
        let mut written = schema::json(schema);
        written["files"] = json!([schema_file, config]);
        written["next"] = json!(next);
        return Ok(terminal::out().json(&written)?);
    }
    schema::show(schema, false)?;
    let mut out = terminal::out();
    writeln!(out)?;
    writeln!(out, "wrote {} and {}; next:", schema_file.display(), config.display())?;
    for (command, what) in next {
        writeln!(out)?;
        out.line(&Line::plain("  ").with(Look::Heading, command))?;
        out.line(&Line::plain("      ").with(Look::Aside, what))?;
    }
    Ok(())
}

async fn look(url: Option<&str>) -> Result<Description> {
    match url {
        Some(url) => schema::of_url(url).await,
        None => {
            let session = Session::from_environment();
            Ok(introspect(&session.database()?, &[]).await?)
        }
    }
}

/// Settings that the environment has, and examples of those that it has not.
fn configuration(known: impl Fn(&str) -> Option<String>) -> String {
    let mut text = format!(
        "# Settings of rowgate's commands that are no secret: {SETTINGS}\n\
         # A variable of the environment, the name in capitals, goes before; credentials are only there.\n\n\
         rowgate_schema = \"{}\"\n",
        schema::FILE
    );
    for (key, example) in EXAMPLES {
        let line = match known(&key.to_ascii_uppercase()).filter(|value| !value.is_empty()) {
            Some(value) => format!("{key} = {}\n", serde_json::Value::String(value)),
            None => format!("# {key} = \"{example}\"\n"),
        };
        text.push_str(&line);
    }
    text
}

/// Three commands and what each does.
fn next(args: &InitArgs, schema: Schema) -> [(String, &'static str); 3] {
    let folder = match args.folder.as_path() {
        folder if folder == Path::new(".") => String::new(),
        folder => format!("cd {} && ", folder.display()),
    };
    let table = schema.names().first().copied().unwrap_or("TABLE");
    let on_cluster = match args.database_url {
        Some(_) => (
            "rowgate dev --database-url …",
            "the same with your own database: adds rowgate's tables, which begin with rowgate_",
        ),
        None => (
            "rowgate migrate --check",
            "what rowgate migrate would have to do on the cluster; changes nothing of it",
        ),
    };
    [
        (
            format!("{folder}rowgate check {table}.csv"),
            "what would become of a file's rows, without a database",
        ),
        (
            format!("{folder}rowgate dev"),
            "a gateway with these tables on this machine, in a private database",
        ),
        (folder + on_cluster.0, on_cluster.1),
    ]
}

fn write(file: &Path, text: &str, force: bool) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!force);
    let name = || file.display().to_string();
    match options.open(file) {
        Ok(mut opened) => opened.write_all(text.as_bytes()).with_context(name),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already; --force writes over it", file.display())
        }
        Err(error) => Err(error).with_context(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_that_are_known_are_written_and_can_be_read() -> Result<()> {
        let known = |name: &str| (name == "DB_NAME").then(|| "a \"shop\"".to_owned());
        let text = configuration(known);
        let table: toml::Table = text.parse()?;
        assert_eq!(table["db_name"].as_str(), Some("a \"shop\""));
        assert_eq!(table.keys().collect::<Vec<_>>(), ["db_name", "rowgate_schema"]);
        assert!(EXAMPLES.iter().all(|(key, _)| settings::KEYS.contains(key)));
        // Each example can be taken as it is.
        let all: toml::Table = text.replace("# aws", "aws").replace("# d", "d").parse()?;
        assert_eq!(all.len(), EXAMPLES.len() + 1);
        Ok(())
    }
}
