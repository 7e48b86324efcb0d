//! `rowgate dev`: the whole gateway on this machine.
//!
//! Any number of stacks run side by side. Each has its own free ports and one
//! private folder, removed at the end, for its settings, logs and state; nothing is written to
//! the checkout. Every child ends with this process, even when that is killed: databases and
//! Workers have supervisors that notice.

mod demo;
mod end;
mod files;
mod kept;
mod report;
mod tables;
mod worker;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use rowgate_core::data_api::Target;
use rowgate_core::schema::Schema;
use rowgate_core::{ApiKey, Credentials, KeyEntry, KeyRing, LoadRules, SettingsError};
use rowgate_local::{
    DataApi, DataApiOptions, Database, DatabaseOptions, Engine, ErrorForm, Fault, Identity, S3Fault,
};
use rowgate_native::NativeHost;
use rustix::fs::Mode;
use rustix::process::umask;
use tempfile::TempDir;

use crate::home::Home;
use crate::terminal;
pub(crate) use demo::DemoArgs;
pub(crate) use demo::run as run_demo;
use end::End;
use files::Files;
use kept::{Beginning, Kept};
use report::{Report, ReportForm};
use tables::{SchemaFrom, Tables};
use worker::{Worker, WorkerOptions};

/// How long a call may take that a stack makes itself.
const TIME: Duration = Duration::from_secs(60);

/// How often the children are looked at.
const WATCH_INTERVAL: Duration = Duration::from_millis(200);

/// Run the gateway on this machine: a private database, the Data API before it, the Worker, and S3
/// with the Lambda behind it.
///
/// An object put under incoming/ by any client of S3 is loaded.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DevArgs {
    /// Print the addresses and keys as one line of JSON, and end with the process that started this
    #[arg(from_global)]
    json: bool,

    /// Print nothing but commands for a shell that export addresses, keys and settings
    #[arg(long, conflicts_with = "json")]
    env: bool,

    /// Port of the gateway on 127.0.0.1 [default: a free one]
    #[arg(long)]
    port: Option<u16>,

    /// Keep data, key and ports in this folder, and have them again with the next `--keep` of it
    #[arg(long, value_name = "FOLDER", conflicts_with = "database_url")]
    keep: Option<PathBuf>,

    /// Run the Worker under `wrangler dev`, whose proxy reads every body to its end
    #[arg(long)]
    wrangler: bool,

    /// Use this MySQL or MariaDB instead of starting one: mysql://user:password@host:port/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,

    /// The database server to start, mariadb or mysql [default: whichever is found, MariaDB first]
    #[arg(long, env = "ROWGATE_ENGINE", default_value = "any", hide_default_value = true)]
    engine: Engine,

    /// Count the rows that an update finds, not those that it changes: what AWS does is not known
    #[arg(long)]
    found_rows: bool,

    /// How the database's errors are written, which AWS documents nowhere: number-last, number-first,
    /// client, state or words
    #[arg(long, env = "ROWGATE_ERROR_FORM", value_name = "FORM", default_value = "number-last")]
    error_form: ErrorForm,

    /// Let a row of an answer have more than 64 KB: what AWS does is not known
    #[arg(long)]
    large_rows: bool,

    /// Refuse a parameter with more bytes, in each form in turn in which AWS might
    #[arg(long, env = "ROWGATE_LARGEST_PARAMETER", value_name = "BYTES")]
    largest_parameter: Option<usize>,

    /// Let in the keys of this file of record as well
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,

    /// Requests that may come in 10 seconds, by address and by key [default: a great many]
    #[arg(long, value_name = "N", default_value_t = 1_000_000, hide_default_value = true)]
    rate_limit: u32,

    /// Let calls of the Data API fail, as in commit:cut-after:times=1, execute:unavailable:skip=2 or
    /// any:latency=200; repeatable
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,

    /// Let calls of S3 fail, as in get:cut:times=1, put:slow-down:skip=2 or any:latency=200;
    /// repeatable
    #[arg(long = "s3-fault", value_name = "FAULT")]
    s3_faults: Vec<S3Fault>,

    /// Let the Worker and the Lambda call the Data API at this address, such as that of a proxy
    #[arg(long, value_name = "URL")]
    data_api_through: Option<String>,

    /// Let the Lambda call S3 at this address
    #[arg(long, value_name = "URL")]
    s3_through: Option<String>,

    /// How long a claim in the ledger lasts, in seconds [default: 120]
    #[arg(long, value_name = "SECONDS")]
    lease: Option<f64>,

    /// How long a look at the live tables is believed, in seconds, or off for none [default: 60]
    #[arg(long, env = "SCHEMA_LOOK_SECONDS", value_name = "SECONDS")]
    schema_look: Option<String>,

    /// Whether the Lambda looks for _options.json in the folders of a file: on or off [default: on]
    #[arg(long, env = "OPTIONS_FILES", value_name = "ON|OFF")]
    options_files: Option<String>,

    /// How long a transaction may lie idle, in seconds [default: AWS's 180]
    #[arg(long, value_name = "SECONDS")]
    transaction_idle: Option<f64>,

    /// How long an invocation of the Lambda may run, in seconds [default: AWS's 900]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<f64>,

    /// How many bytes of rows a file's statement has [default: 2500000]
    #[arg(long, value_name = "BYTES")]
    batch_bytes: Option<usize>,

    /// How many bytes a range has of a file that is loaded in parts [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    range_bytes: Option<u64>,

    /// The Lambda's program to run [default: `bootstrap` beside this program]
    #[arg(long, value_name = "PROGRAM")]
    lambda: Option<PathBuf>,

    /// How files are loaded, by the prefix of their key: {"incoming/jobs/": {"strict": true}}
    #[arg(long, env, value_name = "JSON", value_parser = parse_load_options)]
    load_options: Option<String>,
}

fn parse_load_options(text: &str) -> Result<String, SettingsError> {
    LoadRules::read(text).map(|_| text.to_owned())
}

/// Runs until a signal or the end of a child.
///
/// `schema` is a schema.json, or SQL that makes one's own tables.
pub(crate) async fn run(args: DevArgs, schema: Option<&Path>) -> Result<()> {
    let started = Instant::now();
    // Whatever a part of the stack makes, other users of this machine cannot read it.
    umask(Mode::RWXG | Mode::RWXO);
    // Before any child: a signal must end them all.
    let mut end = End::listen(args.json)?;

    // Giving up the start drops what has started so far, which ends it.
    let mut stack = tokio::select! {
        stack = Stack::start(&args, SchemaFrom::File(schema)) => stack?,
        () = end.wanted() => return Ok(()),
    };
    let form = match (args.json, args.env) {
        (true, _) => ReportForm::Json,
        (_, true) => ReportForm::Exports,
        _ => ReportForm::Text,
    };
    stack.report().print(form)?;
    progress(&format!("ready after {:.1} s", started.elapsed().as_secs_f64()));

    let outcome = tokio::select! {
        failure = stack.failure() => Err(failure),
        () = end.wanted() => Ok(()),
    };
    outcome.and(stack.stop().await)
}

/// Everything that runs; dropping it ends it all, children before the folder with their files.
struct Stack {
    identity: Identity,
    files: Files,
    worker: Worker,
    data_api: DataApi,
    database: Option<Database>,
    database_url: String,
    target: Target,
    variables: Variables,
    api_key: LocalKey,
    call_log: PathBuf,
    schema: Schema,
    schema_file: PathBuf,
    /// The folder that `--keep` names.
    kept: Option<PathBuf>,
    _kept: Option<Kept>,
    _folder: TempDir,
}

impl Stack {
    async fn start(args: &DevArgs, schema: SchemaFrom<'_>) -> Result<Self> {
        let begun = Beginning::of(args)?;
        let identity = begun.identity.clone();
        let folder = private_folder()?;
        // The first time npm fetches the Workers runtime, and the database starts meanwhile.
        let (home, (database, database_url)) = tokio::try_join!(
            find_home(folder.path().to_owned(), args.wrangler),
            start_database(args, begun.kept.as_ref()),
        )?;
        let call_log = folder.path().join("calls.jsonl");
        let mut options = DataApiOptions::new(&database_url, identity.clone());
        options.address = begun.address(|ports| ports.data_api);
        let data_api = DataApi::start(data_api_options(args, options, &call_log)?).await?;

        progress("making the tables, starting the Worker and S3");
        let mut variables = variables(&identity, &data_api, &database_url)?;
        let host = host(&variables)?;
        let target = Target::read(&|name| value_of(&variables, name))?;
        let tables = Tables::find(begun.before, schema, &host, &target).await?;
        let schema = tables.schema()?;
        let api_key = LocalKey::of(&begun.key, args.keys.as_deref(), schema)?;
        variables.push(("API_KEYS", api_key.setting.clone()));
        variables.push(("SCHEMA", tables.variable()));
        variables.extend(chosen(args));
        let of_doors = through(&variables, args.data_api_through.as_deref());
        let options = WorkerOptions {
            config: home.worker_config_with_limit(args.rate_limit)?,
            variables: &of_doors,
            port: args.port.or(begun.ports().map(|ports| ports.gateway)),
            under_wrangler: args.wrangler,
        };
        let (worker, ()) = tokio::try_join!(
            Worker::start(&home, folder.path(), options, &host),
            crate::migrate::apply(&host, &target, schema),
        )?;

        let schema_file = tables.write(folder.path())?;
        let place = (folder.path(), begun.s3());
        let files = Files::start(place, args, &identity, &of_doors).await?;

        Ok(Self {
            identity,
            files,
            worker,
            data_api,
            database,
            target,
            variables,
            database_url,
            api_key,
            call_log,
            schema,
            schema_file,
            kept: args.keep.clone(),
            _kept: begun.kept,
            _folder: folder,
        })
    }

    fn report(&self) -> Report<'_> {
        Report {
            edge: self.worker.url(),
            data_api: self.data_api.endpoint(),
            database_url: &self.database_url,
            api_key: &self.api_key.key,
            region: rowgate_local::REGION,
            identity: &self.identity,
            s3: self.files.s3().endpoint(),
            bucket: self.files.s3().bucket(),
            lambda: self.files.lambda().endpoint(),
            s3_log: self.files.s3_log(),
            lambda_log: self.files.lambda_log(),
            call_log: &self.call_log,
            worker_log: self.worker.log(),
            schema: self.schema,
            database: &self.target.database,
            schema_file: &self.schema_file,
            kept: self.kept.as_deref(),
        }
    }

    /// Waits until a child has ended by itself, and says which and what it said last.
    async fn failure(&mut self) -> anyhow::Error {
        loop {
            tokio::time::sleep(WATCH_INTERVAL).await;
            if let Some(failure) = self.worker.failure() {
                return anyhow!(failure);
            }
            if self.database.as_mut().is_some_and(|database| !database.is_running()) {
                return anyhow!("the database server has ended");
            }
        }
    }

    async fn stop(self) -> Result<()> {
        self.files.stop().await;
        self.worker.stop().await?;
        self.data_api.stop().await;
        match self.database {
            Some(database) => database.stop().await,
            None => Ok(()),
        }
    }
}

/// The built Worker, and what runs it.
async fn find_home(folder: PathBuf, with_wrangler: bool) -> Result<Home> {
    let find = move || {
        let home = Home::find(&folder)?;
        if with_wrangler { home.wrangler() } else { home.workerd() }.map(|_| home)
    };
    tokio::task::spawn_blocking(find).await?
}

/// The database that is given, or one of the stack's own, with its address.
async fn start_database(args: &DevArgs, kept: Option<&Kept>) -> Result<(Option<Database>, String)> {
    if let Some(url) = &args.database_url {
        return Ok((None, url.clone()));
    }
    progress("starting the database");
    let options = DatabaseOptions {
        engine: args.engine,
        folder: kept.map(Kept::database),
        port: kept.map(|kept| kept.stack.ports.database),
    };
    let database = Database::start(options).await?;
    let url = database.url().to_owned();
    Ok((Some(database), url))
}

/// A temporary folder that no other user can look into.
fn private_folder() -> std::io::Result<TempDir> {
    let owner_only = Permissions::from_mode(0o700);
    tempfile::Builder::new().prefix("rowgate-dev-").permissions(owner_only).tempdir()
}

fn data_api_options(
    args: &DevArgs,
    mut options: DataApiOptions,
    call_log: &Path,
) -> Result<DataApiOptions> {
    options.call_log = Some(call_log.to_owned());
    options.found_rows = args.found_rows;
    options.error_form = args.error_form;
    options.large_rows = args.large_rows;
    options.largest_parameter = args.largest_parameter;
    if let Some(seconds) = args.transaction_idle {
        options.time_limits.transaction_idle = Duration::try_from_secs_f64(seconds)?;
    }
    options.faults.clone_from(&args.faults);
    Ok(options)
}

/// The variables of the Worker; their names are those of every door.
type Variables = Vec<(&'static str, String)>;

fn variables(identity: &Identity, data_api: &DataApi, database_url: &str) -> Result<Variables> {
    Ok(vec![
        ("AWS_REGION", rowgate_local::REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", identity.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", identity.secret_access_key.clone()),
        ("DB_CLUSTER_ARN", identity.cluster_arn.clone()),
        ("DB_SECRET_ARN", identity.secret_arn.clone()),
        ("DB_NAME", database_name(database_url)?),
        ("DATA_API_ENDPOINT", data_api.endpoint().to_owned()),
    ])
}

/// The settings that options give.
fn chosen(args: &DevArgs) -> impl Iterator<Item = (&'static str, String)> {
    let lease = args.lease.map(|lease| ("LEDGER_LEASE_SECONDS", lease.to_string()));
    let look = args.schema_look.clone().map(|seconds| ("SCHEMA_LOOK_SECONDS", seconds));
    lease.into_iter().chain(look)
}

/// The same with another address of the Data API, if one is given.
fn through(variables: &Variables, data_api: Option<&str>) -> Variables {
    let mut variables = variables.clone();
    for (name, value) in &mut variables {
        if let ("DATA_API_ENDPOINT", Some(address)) = (*name, data_api) {
            address.clone_into(value);
        }
    }
    variables
}

/// The database that a URL names.
pub(crate) fn database_name(url: &str) -> Result<String> {
    let url = reqwest::Url::parse(url).context("the database URL")?;
    let name = url.path().trim_start_matches('/');
    ensure!(!name.is_empty(), "the database URL names no database: mysql://host/DATABASE");
    Ok(name.to_owned())
}

/// A key for this stack only.
struct LocalKey {
    /// What a client sends.
    key: String,
    /// What the gateway is told: the setting `API_KEYS` with this and the given keys.
    setting: String,
}

impl LocalKey {
    /// A key that may write every table, beside the keys of a file of record.
    fn of(key: &ApiKey, others: Option<&Path>, schema: Schema) -> Result<Self> {
        let read = |path| crate::keys::read(path, schema);
        let mut ring = others.map_or_else(|| Ok(KeyRing::default()), read)?;
        ring.add(KeyEntry::new(key))?;
        // A variable of wrangler's `.dev.vars` is one line, and JSON means the same without its line breaks.
        let setting = ring.to_json()?.replace('\n', "");
        Ok(Self { key: key.expose().to_owned(), setting })
    }
}

fn host(variables: &Variables) -> Result<NativeHost> {
    let credentials = Credentials::read(&|name| value_of(variables, name))?;
    Ok(NativeHost::new(credentials, rowgate_local::REGION))
}

fn value_of(variables: &Variables, wanted: &str) -> Option<String> {
    let (_, value) = variables.iter().find(|(name, _)| *name == wanted)?;
    Some(value.clone())
}

/// Says what is going on.
fn progress(text: &str) {
    terminal::advise(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_the_data_api_is_another_one() {
        let direct =
            vec![("DB_NAME", "hr".to_owned()), ("DATA_API_ENDPOINT", "http://a".to_owned())];
        assert_eq!(through(&direct, None), direct);
        let other =
            vec![("DB_NAME", "hr".to_owned()), ("DATA_API_ENDPOINT", "http://b".to_owned())];
        assert_eq!(through(&direct, Some("http://b")), other);
    }

    #[test]
    fn the_database_is_named_by_the_last_part_of_its_url() {
        let name = |url| database_name(url).ok();
        assert_eq!(name("mysql://me:pass@127.0.0.1:3306/hr?ssl=1").as_deref(), Some("hr"));
        assert_eq!(name("mysql://127.0.0.1"), None);
    }
}
