//! `rowgate doctor`: what a real account does, against what rowgate expects.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use rowgate_core::doctor::{Check, CheckOutcome, examine};
use rowgate_core::schema::Schema;
use serde::Serialize;

use crate::session::Session;
use crate::signals;
use crate::terminal::{self, Line, Look};

/// A paused Aurora cluster takes half a minute to resume, and the slow check a minute.
const TIME: Duration = Duration::from_secs(300);

/// Try on a real account what rowgate relies on.
///
/// Goes through the Data API with the settings of `rowgate migrate`. Writes to no table but
/// rowgate_doctor, which it makes and drops; with the writer's secret the checks that need it are
/// left out. The exit code is 1 if something fails that rowgate relies on; a note is for you to
/// know.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Print one JSON object, at the end
    #[arg(from_global)]
    json: bool,

    /// Also see how a statement is ended that takes too long, which takes 45 seconds
    #[arg(long)]
    slow: bool,
}

#[derive(Serialize)]
struct Summary<'c> {
    passed: usize,
    failed: usize,
    noted: usize,
    checks: &'c [Check],
}

impl<'c> Summary<'c> {
    fn new(checks: &'c [Check]) -> Self {
        let count = |outcome| checks.iter().filter(|check| check.outcome == outcome).count();
        Self {
            passed: count(CheckOutcome::Pass),
            failed: count(CheckOutcome::Fail),
            noted: count(CheckOutcome::Note),
            checks,
        }
    }
}

pub(crate) async fn run(args: &DoctorArgs, schema: Schema) -> Result<ExitCode> {
    let session = Session::from_environment();
    let client = session.database_within(TIME)?;

    let mut printed = Ok(());
    let checks = examine(&client, schema, args.slow, |check| {
        if !args.json && printed.is_ok() {
            printed = print(check);
        }
    })
    .await;
    printed?;

    if signals::is_interrupted() {
        bail!("interrupted; the checks that are listed were made before that");
    }
    let summary = Summary::new(&checks);
    let mut out = terminal::out();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&summary)?)?;
    } else {
        let Summary { passed, failed, noted, .. } = summary;
        writeln!(out, "{passed} passed, {failed} failed, {noted} to note")?;
    }
    Ok(if summary.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Says why a check matters where it did not pass.
fn print(check: &Check) -> io::Result<()> {
    let (look, outcome) = match check.outcome {
        CheckOutcome::Pass => (Look::Good, "pass"),
        CheckOutcome::Fail => (Look::Bad, "FAIL"),
        CheckOutcome::Note => (Look::Warning, "note"),
    };
    let mut out = terminal::out();
    let found = format!("  {}: {}", check.name, check.found);
    out.line(&Line::of(look, outcome).plainly(found))?;
    if check.outcome != CheckOutcome::Pass {
        writeln!(out, "      {}", check.why)?;
    }
    Ok(())
}
