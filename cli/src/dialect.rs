//! The options that say how CSV files are written.

use anyhow::{Result, anyhow};
use rowgate_core::Dialect;

/// How CSV files are written; what is not given is looked for in each file.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "How CSV files are written")]
pub(crate) struct DialectArgs {
    /// What separates cells: a comma, ;, tab or |
    #[arg(long, value_name = "CHARACTER")]
    delimiter: Option<String>,

    /// What encloses cells: ", ' or none
    #[arg(long, value_name = "CHARACTER")]
    quote: Option<String>,

    /// Whether a backslash takes the meaning of the next character: none or backslash
    #[arg(long, value_name = "ESCAPE")]
    escape: Option<String>,

    /// Encoding: utf-8, utf-16le, windows-1252 or another name of the WHATWG's
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,

    /// Decimal mark of numbers: a point or a comma
    #[arg(long, value_name = "CHARACTER")]
    decimal: Option<String>,

    /// Order of the parts of dates: ymd, dmy or mdy
    #[arg(long, value_name = "ORDER")]
    date_order: Option<String>,

    /// Unquoted cells that are NULL, with commas between them
    #[arg(long, value_name = "WORDS")]
    null_values: Option<String>,

    /// What an empty cell is: null, absent (the column is not written) or text
    #[arg(long, value_name = "MEANING")]
    empty: Option<String>,

    /// Whether an integer may be written as 5.0: strict or lenient
    #[arg(long, value_name = "FORM")]
    integers: Option<String>,

    /// Lines above the header, or above the first row
    #[arg(long, value_name = "N")]
    skip_lines: Option<String>,

    /// Pass over columns that the table does not have
    #[arg(long)]
    ignore_extra: bool,

    /// Whether there is a header: detect, present, absent, or a JSON object of the file's names and the table's
    #[arg(long, value_name = "HEADER")]
    header: Option<String>,

    /// Sheet of a workbook; without it the one that has the table's header
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,

    /// Blanks at the ends of quoted cells: trim or keep
    #[arg(long, value_name = "MEANING")]
    blanks: Option<String>,
}

impl DialectArgs {
    /// The options that are given.
    pub(crate) fn read(&self) -> Result<Dialect> {
        let mut dialect = Dialect::default();
        let options = [
            ("delimiter", &self.delimiter),
            ("quote", &self.quote),
            ("escape", &self.escape),
            ("encoding", &self.encoding),
            ("decimal", &self.decimal),
            ("date_order", &self.date_order),
            ("null_values", &self.null_values),
            ("empty", &self.empty),
            ("integers", &self.integers),
            ("skip_lines", &self.skip_lines),
            ("header", &self.header),
            ("sheet", &self.sheet),
            ("blanks", &self.blanks),
        ];
        for (name, text) in options {
            if let Some(text) = text {
                dialect.set(name, text).map_err(|error| anyhow!("--{}: {error}", dashed(name)))?;
            }
        }
        if self.ignore_extra {
            dialect.set("ignore_extra", "true").map_err(|error| anyhow!(error))?;
        }
        Ok(dialect)
    }
}

/// Options as they are typed in a shell.
pub(crate) fn typed(layout: &[(&str, String)]) -> String {
    let option = |(name, text): &(&str, String)| match *name {
        "ignore_extra" => format!("--{}", dashed(name)),
        name => format!("--{} {}", dashed(name), quoted(text)),
    };
    layout.iter().map(option).collect::<Vec<_>>().join(" ")
}

fn dashed(name: &str) -> String {
    name.replace('_', "-")
}

/// A text as a shell takes it.
fn quoted(text: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.' | ',');
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_can_be_typed_again() {
        let layout = [
            ("delimiter", ";".to_owned()),
            ("quote", "'".to_owned()),
            ("decimal", ",".to_owned()),
            ("ignore_extra", "true".to_owned()),
        ];
        let text = "--delimiter ';' --quote ''\\''' --decimal , --ignore-extra";
        assert_eq!(typed(&layout), text);
    }

    #[test]
    fn what_an_option_may_be_is_told() {
        let args = DialectArgs { date_order: Some("day".into()), ..DialectArgs::default() };
        let error = args.read().expect_err("no dialect").to_string();
        assert_eq!(error, "--date-order: date_order is one of: ymd  dmy  mdy");
    }
}
