//! `rowgate status`: whether something needs a person.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Error, Result};
use rowgate_core::backup::{Manifest, runs};
use rowgate_core::schema::{Description, Schema};
use rowgate_core::{LoadRecord, Versions, introspect, troubled_loads, versions};
use serde_json::{Value, json};

use crate::advice::with_advice;
use crate::arguments::PlaceArgs;
use crate::backup::age;
use crate::loads;
use crate::schema::{described, differences};
use crate::session::Session;
use crate::terminal::{self, Columns, Line, Look};

/// A paused Aurora cluster takes half a minute to resume.
const TIME: Duration = Duration::from_secs(120);

/// How many loads are shown.
const LOADS: u32 = 20;

/// Show the last good backup of each table, drift, loads that failed or have not ended, and versions.
///
/// Reads only: the database through the Data API, with the settings of `rowgate migrate`, and the
/// backups in the bucket. The exit code is 1 if something needs you: a table without a backup, a
/// difference between the live tables and the schema, a load that failed or broke off, a ledger that this
/// program cannot work with. It is 2 if something could not be looked at; the rest is shown.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    place: PlaceArgs,
}

/// What was found; an error where something could not be looked at.
struct Status {
    versions: Result<Versions>,
    /// In what the live tables are not as the schema says, by table.
    drift: Result<Vec<String>>,
    /// The newest backup that has each table.
    backups: Result<Vec<(&'static str, Option<Manifest>)>>,
    loads: Result<Vec<LoadRecord>>,
}

pub(crate) async fn run(args: &StatusArgs, schema: Schema, text: &str) -> Result<ExitCode> {
    let session = Session::from_environment();
    let status = Status::find(&session, args, schema, text).await;
    match args.place.json {
        true => terminal::out().json(&status.to_json())?,
        false => status.print()?,
    }
    Ok(match (status.errors().is_empty(), status.is_well()) {
        (false, _) => ExitCode::from(2),
        (true, false) => ExitCode::from(1),
        (true, true) => ExitCode::SUCCESS,
    })
}

impl Status {
    /// What one part cannot find does not hinder the others.
    async fn find(session: &Session, args: &StatusArgs, schema: Schema, text: &str) -> Self {
        let of_database = async {
            let client = session.database_within(TIME)?;
            let versions = versions(&client).await.map_err(Error::from);
            let drift = async { drift(text, &introspect(&client, &[]).await?) }.await;
            let loads = troubled_loads(&client, LOADS).await.map_err(Error::from);
            Ok::<_, Error>((versions, drift, loads))
        };
        let backups = backups(session, args, schema).await;
        match of_database.await {
            Ok((versions, drift, loads)) => Self { versions, drift, backups, loads },
            Err(error) => {
                let (same, too) = (error.to_string(), error.to_string());
                let [drift, loads] = [same, too].map(Error::msg);
                Self { versions: Err(error), drift: Err(drift), backups, loads: Err(loads) }
            }
        }
    }

    /// Each error once.
    fn errors(&self) -> Vec<String> {
        let found = [
            self.versions.as_ref().err(),
            self.drift.as_ref().err(),
            self.backups.as_ref().err(),
            self.loads.as_ref().err(),
        ];
        let mut errors: Vec<_> = found.into_iter().flatten().map(with_advice).collect();
        errors.dedup();
        errors
    }

    fn is_well(&self) -> bool {
        let has_no_trouble = |versions: &Versions| versions.trouble.is_none();
        let has_all = |backups: &Vec<(_, Option<_>)>| backups.iter().all(|(_, it)| it.is_some());
        let all_run = |loads: &Vec<LoadRecord>| loads.iter().all(|it| it.status == "running");
        self.versions.as_ref().is_ok_and(has_no_trouble)
            && self.drift.as_ref().is_ok_and(Vec::is_empty)
            && self.backups.as_ref().is_ok_and(has_all)
            && self.loads.as_ref().is_ok_and(all_run)
    }

    fn to_json(&self) -> Value {
        let backup = |(table, manifest): &(&str, Option<Manifest>)| {
            let (run, finished) =
                (manifest.as_ref().map(|it| &it.run), manifest.as_ref().map(|it| &it.finished));
            json!({ "table": table, "run": run, "finished": finished })
        };
        let backups = self.backups.as_ref().ok();
        let backups = backups.map(|backups| backups.iter().map(backup).collect::<Vec<_>>());
        json!({
            "program": crate::VERSION,
            "versions": self.versions.as_ref().ok(),
            "drift": self.drift.as_ref().ok(),
            "backups": backups,
            "loads": self.loads.as_ref().ok(),
            "errors": self.errors(),
        })
    }

    fn print(&self) -> Result<()> {
        let mut out = terminal::out();
        out.line(&Line::of(Look::Heading, "program").plainly(format!("    {}", crate::VERSION)))?;
        if let Ok(versions) = &self.versions {
            print_versions(versions)?;
        }
        if let Ok(backups) = &self.backups {
            out.line(&Line::default())?;
            out.columns(&backup_columns(backups))?;
        }
        if let Ok(drift) = &self.drift {
            print_drift(drift)?;
        }
        if let Ok(found) = &self.loads {
            print_loads(found)?;
        }
        self.errors().iter().for_each(|error| terminal::complain(error));
        Ok(())
    }
}

fn print_versions(versions: &Versions) -> Result<()> {
    let mut out = terminal::out();
    let Versions { database, ledger, made_for, trouble } = versions;
    out.line(&Line::of(Look::Heading, "database").plainly(format!("   {database}")))?;
    let ledger = ledger.map_or_else(|| "none".to_owned(), |version| format!("version {version}"));
    let line = Line::of(Look::Heading, "ledger").plainly("     ");
    out.line(&match trouble {
        None => line.with(Look::Good, ledger),
        Some(why) => line.with(Look::Bad, ledger).plainly(format!(", made for {made_for}: {why}")),
    })?;
    Ok(())
}

fn backup_columns(backups: &[(&str, Option<Manifest>)]) -> Columns {
    let mut columns = Columns::new(&["table", "last backup", "age", ">rows"]);
    for (table, manifest) in backups {
        let rows = |manifest: &Manifest| {
            manifest.tables.iter().find(|it| it.table == *table).map(|it| it.rows.to_string())
        };
        columns.push(match manifest {
            Some(manifest) => vec![
                Line::plain(table),
                Line::plain(&manifest.run),
                Line::of(Look::Good, age(manifest)),
                Line::plain(rows(manifest).unwrap_or_default()),
            ],
            None => vec![
                Line::plain(table),
                Line::of(Look::Bad, "none: run rowgate backup"),
                Line::default(),
                Line::default(),
            ],
        });
    }
    columns
}

fn print_drift(drift: &[String]) -> Result<()> {
    let mut out = terminal::out();
    let line = Line::of(Look::Heading, "drift").plainly("      ");
    writeln!(out)?;
    if drift.is_empty() {
        return Ok(out.line(&line.with(Look::Good, "none: the tables are as the schema says"))?);
    }
    let count = format!("{} differences; rowgate schema pull takes them over", drift.len());
    out.line(&line.with(Look::Bad, count))?;
    drift.iter().try_for_each(|difference| writeln!(out, "  {difference}"))?;
    Ok(())
}

fn print_loads(found: &[LoadRecord]) -> Result<()> {
    let mut out = terminal::out();
    if found.is_empty() {
        let line = Line::of(Look::Heading, "loads").plainly("      ");
        return Ok(out.line(&line.with(Look::Good, "none failed or unfinished"))?);
    }
    writeln!(out)?;
    out.columns(&loads::columns(found))?;
    terminal::advise("a load that failed or broke off goes on with: rowgate load --resume ID");
    Ok(())
}

fn drift(text: &str, live: &Description) -> Result<Vec<String>> {
    differences(&described(text)?, live)
}

async fn backups(
    session: &Session,
    args: &StatusArgs,
    schema: Schema,
) -> Result<Vec<(&'static str, Option<Manifest>)>> {
    let s3 = session.s3()?;
    let runs = runs(&s3, args.place.bucket()?).await?;
    let newest = |name| {
        let mut backups = runs.backups.iter().rev();
        (name, backups.find(|backup| backup.tables.iter().any(|it| it.table == name)).cloned())
    };
    Ok(schema.names().into_iter().map(newest).collect())
}
