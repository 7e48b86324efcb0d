//! `rowgate schema`: the tables of a database as a file, and which of them rowgate can fill.

mod compare;
mod private;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;
use rowgate_core::introspect;
use rowgate_core::schema::{Description, EXAMPLE, Schema};
use rowgate_local::Engine;
use rowgate_native::read_schema;

pub(crate) use private::make_tables;

use crate::session::Session;
use crate::terminal;

/// The file that is read where none is named, if it is there.
const FILE: &str = "schema.json";

/// Write a database's tables into a file, and say which of them rowgate can fill.
///
/// The live database is that of AWS_REGION, DB_CLUSTER_ARN, DB_SECRET_ARN, DB_NAME and the AWS credentials
/// of the environment. Pull as a user that may see everything: a writer does not see triggers.
#[derive(Debug, clap::Args)]
pub(crate) struct SchemaArgs {
    #[command(subcommand)]
    command: SchemaCommand,
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
            write(&live(tables).await?, output.as_deref())?;
        }
        SchemaCommand::Show { live: true } => show(Schema::of(&live(&[]).await?))?,
        SchemaCommand::Show { live: false } => show(of_file(schema)?)?,
        SchemaCommand::Check { file } => return check(file).await,
        SchemaCommand::Read { sql, output, engine } => {
            write(&private::read(sql, *engine).await?, output.as_deref())?;
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
    let there = Some(Path::new(FILE)).filter(|file| file.is_file());
    match named.or(there) {
        Some(file) => std::fs::read_to_string(file).with_context(|| file.display().to_string()),
        None => Ok(EXAMPLE.to_owned()),
    }
}

async fn live(tables: &[String]) -> Result<Description> {
    let session = Session::from_environment();
    Ok(introspect(&session.database()?, tables).await?)
}

fn write(description: &Description, file: Option<&Path>) -> Result<()> {
    let Some(file) = file else {
        std::io::stdout().write_all(description.to_json().as_bytes())?;
        return Ok(());
    };
    std::fs::write(file, description.to_json()).with_context(|| file.display().to_string())?;
    let schema = Schema::of(description);
    let (served, unfit) = (schema.tables().len(), schema.unfit().len());
    let others = match unfit {
        0 => String::new(),
        _ => format!(", {unfit} not: `rowgate schema show --schema {}`", file.display()),
    };
    writeln!(terminal::out(), "{}: {served} tables are served{others}", file.display())?;
    Ok(())
}

fn show(schema: Schema) -> Result<()> {
    let mut out = terminal::out();
    for table in schema.tables() {
        writeln!(out, "{}: served, {} columns", table.name, table.columns.len())?;
    }
    for unfit in schema.unfit() {
        writeln!(out, "{}: not served", unfit.table)?;
        for reason in unfit.reasons {
            writeln!(out, "  {reason}")?;
        }
    }
    Ok(())
}

async fn check(file: &Path) -> Result<ExitCode> {
    let json = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let wanted = Description::from_json(&json).with_context(|| file.display().to_string())?;
    let differences = compare::differences(&wanted, &live(&[]).await?)?;
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
