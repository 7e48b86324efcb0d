//! `rowgate backup`: the tables out to Avro files on S3, and what there is of them.

mod runs;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rowgate_core::Client;
use rowgate_core::avro::Codec;
use rowgate_core::backup::{self, MOST_PARALLEL, Manifest, OnObstacle, Options, Place, Progress};
use rowgate_core::data_api::Target;
use rowgate_core::restore::{self, Step, Wanted};
use rowgate_core::s3::Endpoint;
use rowgate_core::schema::{Schema, Table};
use rowgate_native::{NativeHost, from_environment};

use crate::check::parse_table;
use crate::signals;
use crate::terminal;
use runs::{CleanArgs, PruneArgs};

/// How long one call is repeated: a paused cluster takes half a minute to resume.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Back the tables up to Avro files on S3, all in one snapshot.
///
/// Writes backups/RUN/TABLE/part-00000.avro and, last, backups/RUN/manifest.json; a run without a
/// manifest is no backup. Rows that are written meanwhile are not in it, unless --parallel gives
/// the snapshot up.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Args)]
struct RunArgs {
    #[command(flatten)]
    place: PlaceArgs,

    /// Table to back up [default: all]; repeatable
    #[arg(long = "table", value_parser = parse_table)]
    tables: Vec<&'static Table>,

    /// How blocks are packed: null, deflate or snappy
    #[arg(long, default_value = "snappy", value_parser = parse_codec)]
    codec: Codec,

    /// Read each table in N places at the same time, from 2 to 8, and without the snapshot: rows
    /// that are written meanwhile may or may not be in the backup
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        hide_default_value = true,
        value_parser = parse_parallel
    )]
    parallel: usize,

    /// Leave out tables that a restore would refuse, since they are not as the schema says
    #[arg(long, conflicts_with = "accept")]
    skip: bool,

    /// Back such tables up all the same: the schema's columns of them
    #[arg(long)]
    accept: bool,
}

impl RunArgs {
    fn on_obstacle(&self) -> OnObstacle {
        match (self.skip, self.accept) {
            (true, _) => OnObstacle::Skip,
            (_, true) => OnObstacle::Accept,
            _ => OnObstacle::Refuse,
        }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the backups, the newest last
    List(PlaceArgs),
    /// Read every byte and row of a backup, and compare with its manifest
    Verify(VerifyArgs),
    /// Delete old backups
    Prune(PruneArgs),
    /// Remove what killed backups and restores have left: files without a manifest, staging tables
    Clean(CleanArgs),
}

#[derive(Debug, Args)]
struct VerifyArgs {
    /// The run, or `latest`
    run: String,

    /// Compare with the live tables instead, by a checksum that the database computes
    #[arg(long)]
    live: bool,

    /// Restore it into tables beside the live ones, compare them, and drop them again
    #[arg(long, conflicts_with = "live")]
    probe: bool,

    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// Bucket of the backups
    #[arg(long, env = "DATA_BUCKET")]
    bucket: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl PlaceArgs {
    pub(crate) fn bucket(&self) -> Result<&str> {
        self.bucket.as_deref().context("which bucket? --bucket or DATA_BUCKET")
    }
}

fn parse_codec(name: &str) -> Result<Codec, String> {
    let known = [Codec::Null, Codec::Deflate, Codec::Snappy];
    let codec = Codec::named(name).filter(|codec| known.contains(codec));
    codec.ok_or_else(|| "null, deflate or snappy".to_owned())
}

fn parse_parallel(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_PARALLEL).contains(number));
    number.ok_or_else(|| format!("a number from 1 to {MOST_PARALLEL}"))
}

pub(crate) async fn run(args: &BackupArgs) -> Result<ExitCode> {
    match &args.command {
        None => back_up(&args.run).await?,
        Some(Command::List(args)) => runs::list(args).await?,
        Some(Command::Verify(args)) => return verify(args).await,
        Some(Command::Prune(args)) => runs::prune(args).await?,
        Some(Command::Clean(args)) => runs::clean(args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn back_up(args: &RunArgs) -> Result<()> {
    let (target, endpoint) = (Target::read(&from_environment)?, Endpoint::read(&from_environment)?);
    let host = signals::host()?;
    let place = Place {
        database: &Client::new(&host, &target, Duration::MAX).patient(PATIENCE),
        s3: &Client::new(&host, &endpoint, Duration::MAX).patient(PATIENCE),
        bucket: args.place.bucket()?,
    };
    // Parents first, whatever the order of the options.
    let chosen = |table: &&Table| args.tables.is_empty() || args.tables.contains(table);
    let tables: Vec<&'static Table> = Schema::compiled().tables().iter().filter(chosen).collect();
    let bar = bar();
    let options =
        Options { codec: args.codec, parallel: args.parallel, on_obstacle: args.on_obstacle() };
    let manifest =
        backup::backup(&place, &tables, options, |progress| show(&bar, progress)).await?;
    bar.finish_and_clear();
    let what = if args.skip { "left out" } else { "accepted" };
    for obstacle in &manifest.obstacles {
        writeln!(terminal::errors(), "{what}: {obstacle}")?;
    }
    print(&args.place, &manifest)
}

/// The exit code is 1 where the live tables differ; a backup that is damaged is an error.
async fn verify(args: &VerifyArgs) -> Result<ExitCode> {
    let endpoint = Endpoint::read(&from_environment)?;
    let host = signals::host()?;
    let s3 = Client::new(&host, &endpoint, Duration::MAX).patient(PATIENCE);
    let bucket = args.place.bucket()?;
    let manifest = backup::manifest(&s3, bucket, &args.run).await?;
    if args.live {
        return compare(&host, &manifest).await;
    }
    if args.probe {
        return probe(&host, &s3, &args.place, manifest.run).await;
    }
    let bar = bar();
    backup::verify(&s3, bucket, &manifest, |progress| show(&bar, progress)).await?;
    bar.finish_and_clear();
    print(&args.place, &manifest)?;
    Ok(ExitCode::SUCCESS)
}

async fn probe(
    host: &NativeHost,
    s3: &Client<'_, NativeHost, Endpoint>,
    args: &PlaceArgs,
    run: String,
) -> Result<ExitCode> {
    let target = Target::read(&from_environment)?;
    let database = &Client::new(host, &target, Duration::MAX).patient(PATIENCE);
    let place = Place { database, s3, bucket: args.bucket()? };
    let wanted = Wanted { sources: &[run], ..Wanted::default() };
    let plan = restore::plan(&place, &wanted, |_| ()).await?;
    let (verifying, writing) = (bar(), bar());
    let probed = restore::probe(&place, &plan, |step, done| match step {
        Step::Verify => show(&verifying, done),
        Step::Write | Step::Wait => show(&writing, done),
    });
    let probed = probed.await?;
    verifying.finish_and_clear();
    writing.finish_and_clear();
    let mut out = terminal::out();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&probed)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for table in probed.tables {
        let (name, rows) = (table.table, table.rows);
        writeln!(out, "{name}: {rows} rows written beside the live ones, compared and dropped")?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn compare(host: &NativeHost, manifest: &Manifest) -> Result<ExitCode> {
    let target = Target::read(&from_environment)?;
    let database = Client::new(host, &target, Duration::MAX).patient(PATIENCE);
    let mut all_same = true;
    for entry in &manifest.tables {
        let Some(table) = Schema::compiled().table(&entry.table) else {
            bail!("{}: there is no such table", entry.table);
        };
        let live = backup::live(&database, table).await?;
        let same = live.rows == entry.rows && live.hex() == entry.checksum;
        all_same &= same;
        let what = if same { "the same" } else { "others" };
        let (name, rows) = (table.name, live.rows);
        let line = format!("{name}: {rows} live rows, {} in the backup: {what}", entry.rows);
        writeln!(terminal::out(), "{line}")?;
    }
    Ok(if all_same { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn print(args: &PlaceArgs, manifest: &Manifest) -> Result<()> {
    let mut out = terminal::out();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(manifest)?)?;
        return Ok(());
    }
    let Manifest { run, finished, .. } = manifest;
    let tables: Vec<_> = manifest
        .tables
        .iter()
        .map(|table| format!("{} {} ({})", table.rows, table.table, table.checksum))
        .collect();
    writeln!(out, "{run}: {finished}, {} bytes: {}", manifest.bytes(), tables.join(", "))?;
    Ok(())
}

pub(crate) fn bar() -> ProgressBar {
    let template = "{msg} {wide_bar} {pos}/{len} rows, {per_sec}, {eta} left";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
}

pub(crate) fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_length(progress.of);
    bar.set_position(progress.rows);
    bar.set_message(format!("{}, {} kB", progress.table, progress.bytes / 1000));
}
