//! `rowgate demo`: the whole way of rows through rowgate, on this machine.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rowgate_core::data_api::ExecuteStatement;
use rowgate_core::{Client, Host, Repeat, Request, counted};
use tokio::process::Command;

use super::end::End;
use super::report::{ReportForm, shell_word};
use super::tables::SchemaFrom;
use super::{DevArgs, Stack, TIME, host, progress};
use crate::terminal::{self, Line, Look};

/// The example's files, as they are in a checkout.
const FILES: [(&str, &str); 3] = [
    ("departments.csv", include_str!("../../../samples/departments.csv")),
    ("jobs.csv", include_str!("../../../samples/jobs.csv")),
    ("hired_employees.csv", include_str!("../../../samples/hired_employees.csv")),
];

/// One row is wrong, so nothing is stored.
const WRONG: &str = r#"[{"id": 901, "job": "Clerk"}, {"id": "x", "job": "Baker"}]"#;

const RIGHT: &str = r#"[{"id": 901, "job": "Clerk"}, {"id": 902, "job": "Baker"}]"#;

/// How many lines of a command are shown.
const SHOWN: usize = 10;

/// Show what rowgate does, on this machine: rows by HTTP, files by S3, a backup, a restore.
///
/// Starts what `rowgate dev` starts, with the example's tables, and runs the commands that it prints. All
/// that it made goes at the end, unless it is told to stay.
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Stay up after the last step, until Ctrl-C
    #[arg(long)]
    stay: bool,
}

/// Runs the steps. `args` are the options of `rowgate dev` for the stack.
pub(crate) async fn run(demo: &DemoArgs, args: DevArgs) -> Result<()> {
    let begun = Instant::now();
    let args = DevArgs { database_url: None, keep: None, ..args };
    let mut end = End::listen(false)?;
    let stack = tokio::select! {
        stack = Stack::start(&args, SchemaFrom::Example) => stack?,
        () = end.wanted() => return Ok(()),
    };
    let folder = tempfile::tempdir()?;
    let steps = Demo { stack: &stack, folder: folder.path() };
    let shown = tokio::select! {
        shown = steps.show() => shown.map(|()| true),
        () = end.wanted() => Ok(false),
    };
    if let Ok(true) = shown {
        progress(&format!("from nothing to here: {:.1} s", begun.elapsed().as_secs_f64()));
        if demo.stay {
            stack.report().print(ReportForm::Text)?;
            end.wanted().await;
        }
    }
    shown.map(|_| ()).and(stack.stop().await)
}

struct Demo<'s> {
    stack: &'s Stack,
    /// Where the commands run, with the example's files.
    folder: &'s Path,
}

impl Demo<'_> {
    async fn show(&self) -> Result<()> {
        for (name, text) in FILES {
            fs::write(self.folder.join(name), text)?;
        }
        heading("Two rows by HTTP, one of them wrong: nothing is stored")?;
        self.post(WRONG, 422).await?;
        heading("Both right: both are stored")?;
        self.post(RIGHT, 200).await?;

        heading("Three files by S3; rows without a name or a date come back with the reason")?;
        self.run("load departments.csv jobs.csv hired_employees.csv", &[0, 1]).await?;

        heading("A backup; then all employees are deleted")?;
        self.run("backup", &[0]).await?;
        self.delete("employees").await?;

        heading("What a restore would do, and the restore")?;
        self.run("restore latest --table employees --plan", &[0]).await?;
        self.run("restore latest --table employees", &[0]).await?;
        self.run("backup verify latest --live", &[0]).await?;

        heading("What was loaded, and whether something needs you")?;
        self.run("loads", &[0]).await?;
        self.run("status", &[0]).await
    }

    /// Posts rows and shows the response; another status than expected is an error.
    async fn post(&self, rows: &str, expected: u16) -> Result<()> {
        let report = self.stack.report();
        let url = format!("{}/tables/jobs/rows", report.edge);
        let data = shell_word(rows);
        command(&format!(
            "curl {url} -H 'x-api-key: …' -H 'content-type: application/json' -d {data}"
        ))?;
        let headers = [("x-api-key", report.api_key), ("content-type", "application/json")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let body = rows.as_bytes().to_vec().into();
        let host = host(&self.stack.variables)?;
        let answer = host.send(Request { method: "POST", url, headers, body }).await;
        let answer = answer.map_err(|error| anyhow::anyhow!(error.message))?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        terminal::out()
            .line(&Line::of(Look::Heading, answer.status).plainly(" ").plainly(&text))?;
        ensure!(answer.status == expected, "{expected} was expected of this request");
        Ok(())
    }

    /// Runs a command of this program and shows how its output begins.
    async fn run(&self, words: &str, expected: &[i32]) -> Result<()> {
        command(&format!("rowgate {words}"))?;
        let colour = if console::colors_enabled() { "always" } else { "never" };
        let output = Command::new(std::env::current_exe()?)
            .args(words.split(' '))
            .args(["--color", colour])
            .envs(self.stack.report().settings())
            .current_dir(self.folder)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        show(&output.stdout)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code().unwrap_or_default();
        ensure!(expected.contains(&code), "rowgate {words} ended with {code}: {}", errors.trim());
        Ok(())
    }

    async fn delete(&self, table: &str) -> Result<()> {
        let sql = format!("DELETE FROM {table}");
        command(&format!("mysql -e '{sql}'"))?;
        let host = host(&self.stack.variables)?;
        let client = Client::new(&host, &self.stack.target, TIME);
        let call = ExecuteStatement { sql: &sql, ..ExecuteStatement::default() };
        let done = client.call(&call, Repeat::Never).await.context("deleting the employees")?;
        terminal::out()
            .line(&Line::plain(counted(done.number_of_records_updated, "row").to_string()))?;
        Ok(())
    }
}

fn heading(text: &str) -> Result<()> {
    let mut out = terminal::out();
    out.line(&Line::default())?;
    Ok(out.line(&Line::of(Look::Heading, text))?)
}

fn command(text: &str) -> Result<()> {
    Ok(terminal::out().line(&Line::of(Look::Aside, "$ ").plainly(text))?)
}

/// Our own commands have made it fit for a terminal.
fn show(output: &[u8]) -> Result<()> {
    use std::io::Write;
    let text = String::from_utf8_lossy(output);
    let lines: Vec<_> = text.lines().collect();
    let mut out = std::io::stdout();
    for line in lines.iter().take(SHOWN) {
        writeln!(out, "{line}")?;
    }
    if lines.len() > SHOWN {
        terminal::out()
            .line(&Line::of(Look::Aside, format!("and {} more lines", lines.len() - SHOWN)))?;
    }
    Ok(())
}
