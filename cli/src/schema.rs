//! `rowgate schema`: the tables of a database as a file, and which of them rowgate can fill.

mod compare;
mod private;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use rowgate_core::schema::{Description, EXAMPLE, Schema, Table, Unfit};
use rowgate_core::{counted, introspect};
use rowgate_local::Engine;
use rowgate_native::read_schema;
use serde_json::{Value, json};

pub(crate) use compare::differences;
pub(crate) use private::{make_tables, of_url};

use crate::session::Session;
use crate::terminal::{self, Line, Look};

/// The file that is read where none is named, if it is there.
pub(crate) const FILE: &str = "schema.json";

/// Write a database's tables into a file, and say which of them rowgate can fill.
///
/// The live database is that of AWS_REGION, DB_CLUSTER_ARN, DB_SECRET_ARN, DB_NAME and the AWS credentials
/// of the environment. Pull as a user that may see everything: a writer does not see triggers.
#[derive(Debug, clap::Args)]
pub(crate) struct SchemaArgs {
    #[command(subcommand)]
    command: SchemaCommand,

    #[arg(from_global)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum SchemaCommand {
    /// Write the live database's tables as JSON
    Pull {
        /// The file [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,

        /// Only these tables, which are then all that is served
        #[arg(long, value_name = "NAMES", value_delimiter = ',')]
        tables: Vec<String>,
    },
    /// Say which tables are served, and of the others why not and what to do
    Show {
        /// Look at the live database and not at a file
        #[arg(long)]
        live: bool,
    },
    /// Compare a file with the live database; the exit code is 1 where they differ
    Check {
        /// The file, as `rowgate schema pull` wrote it
        file: PathBuf,
    },
    /// Write as JSON what CREATE TABLE statements make in a private database
    Read {
        /// The file with the statements
        sql: PathBuf,

        /// The file to write [default: standard output]
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,

        /// The database server that reads them, mariadb or mysql [default: whichever is found]
        #[arg(long, env = "ROWGATE_ENGINE", default_value = "any", hide_default_value = true)]
        engine: Engine,
    },
}

pub(crate) async fn run(args: &SchemaArgs, schema: Option<&Path>) -> Result<ExitCode> {
    match &args.command {
        SchemaCommand::Pull { output, tables } => {
            write(&live(tables).await?, output.as_deref(), args.json)?;
        }
        SchemaCommand::Show { live: true } => show(Schema::of(&live(&[]).await?), args.json)?,
        SchemaCommand::Show { live: false } => show(of_file(schema)?, args.json)?,
        SchemaCommand::Check { file } => return check(file, args.json).await,
        SchemaCommand::Read { sql, output, engine } => {
            write(&private::read(sql, *engine).await?, output.as_deref(), args.json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The schema of the file that is named, of the one in the working folder, or the example.
pub(crate) fn of_file(named: Option<&Path>) -> Result<Schema> {
    let there = Some(Path::new(FILE)).filter(|file| file.is_file());
    Ok(read_schema(named.or(there))?)
}

/// The text of the same.
pub(crate) fn text_of_file(named: Option<&Path>) -> Result<String> {
    Ok(text_given(named)?.unwrap_or_else(|| EXAMPLE.to_owned()))
}

/// The text of the file that is named, or of the one in the working folder.
pub(crate) fn text_given(named: Option<&Path>) -> Result<Option<String>> {
    let there = Some(Path::new(FILE)).filter(|file| file.is_file());
    let Some(file) = named.or(there) else { return Ok(None) };
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    Ok(Some(text))
}

/// The tables that a file describes.
pub(crate) fn described(json: &str) -> Result<Description> {
    Description::from_json(json).context("the schema")
}

async fn live(tables: &[String]) -> Result<Description> {
    let session = Session::from_environment();
    Ok(introspect(&session.database()?, tables).await?)
}

fn write(description: &Description, file: Option<&Path>, is_json: bool) -> Result<()> {
    let Some(file) = file else {
        std::io::stdout().write_all(description.to_json().as_bytes())?;
        return Ok(());
    };
    std::fs::write(file, description.to_json()).with_context(|| file.display().to_string())?;
    let schema = Schema::of(description);
    if is_json {
        return show(schema, true);
    }
    let (served, unfit) = (schema.tables().len(), schema.unfit().len());
    let others = match unfit {
        0 => String::new(),
        _ => format!(", {unfit} not: `rowgate schema show --schema {}`", file.display()),
    };
    let served = counted(served, "table");
    writeln!(terminal::out(), "{}: {served} served{others}", file.display())?;
    Ok(())
}

pub(crate) fn show(schema: Schema, is_json: bool) -> Result<()> {
    let mut out = terminal::out();
    if is_json {
        return Ok(out.json(&json(schema))?);
    }
    for table in schema.tables() {
        let columns = format!(", {}", counted(table.columns.len(), "column"));
        let line = Line::of(Look::Heading, table.name).plainly(": ").with(Look::Good, "served");
        out.line(&line.plainly(columns))?;
    }
    for unfit in schema.unfit() {
        let line = Line::of(Look::Heading, unfit.table).plainly(": ");
        out.line(&line.with(Look::Bad, "not served"))?;
        for reason in unfit.reasons {
            writeln!(out, "  {reason}")?;
        }
    }
    Ok(())
}

pub(crate) fn json(schema: Schema) -> Value {
    let served = |table: &Table| {
        let columns: Vec<_> = table.columns.iter().map(|column| column.name).collect();
        json!({ "table": table.name, "columns": columns })
    };
    let not_served = |unfit: &Unfit| {
        let reasons: Vec<_> = unfit.reasons.iter().map(ToString::to_string).collect();
        json!({ "table": unfit.table, "reasons": reasons })
    };
    let served: Vec<_> = schema.tables().iter().map(served).collect();
    let not_served: Vec<_> = schema.unfit().iter().map(not_served).collect();
    json!({ "served": served, "not_served": not_served })
}

async fn check(file: &Path, is_json: bool) -> Result<ExitCode> {
    let json = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let wanted = Description::from_json(&json).with_context(|| file.display().to_string())?;
    let differences = compare::differences(&wanted, &live(&[]).await?)?;
    if is_json {
        terminal::out().json(&json!({ "differences": differences }))?;
        return Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) });
    }
    for difference in &differences {
        writeln!(terminal::out(), "{difference}")?;
    }
    if differences.is_empty() {
        writeln!(terminal::out(), "the tables are as {} has them", file.display())?;
        return Ok(ExitCode::SUCCESS);
    }
    let advice = "pull the file anew, or change the database";
    terminal::complain(&format!("{} differences: {advice}", differences.len()));
    Ok(ExitCode::from(1))
}
