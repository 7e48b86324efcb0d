//! `rowgate export`: a table out to a file that `rowgate load` takes back.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rowgate_core::backup::{Export, ExportFormat, Exported, KeyRange, export};
use rowgate_core::counted;
use rowgate_core::schema::Schema;
use serde_json::json;

use crate::arguments::table_named;
use crate::dialect::typed;
use crate::progress::{of_rows, show};
use crate::session::Session;
use crate::terminal;

/// Write a table to a file that `rowgate load` takes back byte for byte.
///
/// The rows are of one snapshot and come in the order of the primary key, page by page. Rows that a load would
/// not take, since they have more than 1 MiB, are named before anything is written.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The table
    table: String,

    /// What to write
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = format())]
    format: ExportFormat,

    /// Only the rows of these keys, both ends included: 10..20, 10.. or ..20; of a key of several columns
    /// the first one counts
    #[arg(long = "where", value_name = "FROM..TO", allow_hyphen_values = true, value_parser = parse_range)]
    range: Option<KeyRange>,

    /// The file to make; it must not be there [default: TABLE.csv or what the format is called]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[arg(from_global)]
    json: bool,
}

fn format() -> impl TypedValueParser<Value = ExportFormat> {
    let names = ExportFormat::ALL.iter().map(|it| it.format().name);
    let of_name = |name: String| {
        let mut formats = ExportFormat::ALL.iter().copied();
        formats.find(|it| it.format().name == name).ok_or("not known")
    };
    PossibleValuesParser::new(names).try_map(of_name)
}

fn parse_range(text: &str) -> Result<KeyRange, String> {
    let (from, to) = text.split_once("..").ok_or("not FROM..TO, such as 10..20, 10.. or ..20")?;
    let end = |text: &str| match text {
        "" => Ok(None),
        text => text.parse::<i64>().map(Some).map_err(|_| format!("{text} is no integer")),
    };
    let (from, until) = (end(from)?, end(to)?);
    if let (Some(from), Some(until)) = (from, until)
        && from > until
    {
        return Err(format!("{from} is greater than {until}"));
    }
    // A range begins behind a key; there is none before the least.
    Ok(KeyRange { after: from.and_then(|from| from.checked_sub(1)), until })
}

pub(crate) async fn run(args: &ExportArgs, schema: Schema) -> Result<()> {
    let table = table_named(schema, &args.table)?;
    let extension = args.format.format().extensions[0];
    let path = args.out.clone().unwrap_or_else(|| format!("{}.{extension}", table.name).into());
    let session = Session::from_environment();
    let database = session.database()?;
    let mut file = create(&path)?;
    let bar = of_rows();
    let what = Export { table, range: args.range.unwrap_or_default(), format: args.format };
    let write = |bytes: Vec<u8>| file.write_all(&bytes).map_err(|error| error.to_string());
    let exported = export(&database, what, write, |progress| show(&bar, progress)).await;
    bar.finish_and_clear();
    match exported {
        Ok(exported) if args.json => print_json(&path, table.name, &exported),
        Ok(exported) => print(&path, table.name, &exported),
        Err(error) => {
            // What is there of it is no export.
            std::fs::remove_file(&path)?;
            bail!("{error}; nothing is kept of {}", path.display())
        }
    }
}

/// Makes a new file that no other user of this machine can read, for its lines are people's rows.
fn create(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already; give another --out", path.display())
        }
        made => made.with_context(|| path.display().to_string()),
    }
}

fn print(path: &Path, table: &str, exported: &Exported) -> Result<()> {
    let Exported { rows, bytes, options } = exported;
    let options: Vec<_> = options.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    let mut out = terminal::out();
    let (rows, bytes) = (counted(*rows, "row"), counted(*bytes, "byte"));
    writeln!(out, "{}: {rows} of {table}, {bytes}", path.display())?;
    if !options.is_empty() {
        writeln!(out, "load it with {}", typed(&options))?;
    }
    Ok(())
}

fn print_json(path: &Path, table: &str, exported: &Exported) -> Result<()> {
    let Exported { rows, bytes, options } = exported;
    let options: BTreeMap<_, _> = options.iter().copied().collect();
    let file = path.display().to_string();
    let exported = json!({
        "file": file, "table": table, "rows": rows, "bytes": bytes, "options": options,
    });
    Ok(terminal::out().json(&exported)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_both_its_ends() {
        let range = |after, until| Ok(KeyRange { after, until });
        assert_eq!(parse_range("10..20"), range(Some(9), Some(20)));
        assert_eq!(parse_range("10.."), range(Some(9), None));
        assert_eq!(parse_range("..-20"), range(None, Some(-20)));
        assert_eq!(parse_range(".."), range(None, None));
        assert_eq!(parse_range(&format!("{}..5", i64::MIN)), range(None, Some(5)));
        for wrong in ["10", "a..b", "20..10", "1...2", ""] {
            assert!(parse_range(wrong).is_err(), "{wrong}");
        }
    }
}
