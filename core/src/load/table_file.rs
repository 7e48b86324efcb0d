//! What a file is for, by its name.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::options::LoadOptions;
use crate::format::formats::{Packing, RowFormat, named_packing, unsupported_format};
use crate::format::row_reader::{GivenLayout, Opening, ReadBy, RowReader};
use crate::ingest::{Checker, IngestOptions, evaluated_checks};
use crate::table::fill::FilledColumns;
use crate::table::issue::{Issue, RowError, RowErrorKind};
use crate::table::schema::{CheckConstraint, KeyName, PRIMARY, Schema, Table, UniqueKey};

/// What a file is for, by its name.
#[derive(Debug)]
pub(super) struct TableFile {
    /// The tables, of which it is for one.
    pub(super) schema: Schema,
    pub(super) table: &'static Table,
    pub(super) format: &'static RowFormat,
    /// How the name says that it is packed.
    pub(super) named_packing: Option<Packing>,
    /// The unique key that says which rows the table has already, instead of the primary key.
    pub(super) key: Option<&'static UniqueKey>,
    /// What is said of it.
    pub(super) given: GivenLayout,
    /// The columns that its rows get besides their own.
    pub(super) filled: Arc<FilledColumns>,
    /// The CHECKs to which the core holds its rows.
    pub(super) checks: Vec<&'static CheckConstraint>,
    /// Whether nothing else is looked for.
    pub(super) is_settled: bool,
}

impl TableFile {
    pub(super) fn of_path(schema: Schema, path: &str) -> Result<Self, Issue> {
        let issue = |table, kind| {
            let error = RowError::row(kind);
            Issue { table, index: None, line: None, error }
        };
        let Some(table) = schema.table_of_file(path) else {
            let name = path.rsplit(['/', '\\']).next().and_then(|name| name.split('.').next());
            let name = Cow::Owned(name.unwrap_or_default().to_string());
            return Err(issue(name, schema.no_table_in(path)));
        };
        let Some(format) = RowFormat::of_file(path) else {
            return Err(issue(table.name.into(), unsupported_format()));
        };
        let named_packing = named_packing(path);
        let (given, filled) = (GivenLayout::default(), Arc::default());
        let (key, checks, is_settled) = (None, Vec::new(), false);
        Ok(Self { schema, table, format, named_packing, key, given, filled, checks, is_settled })
    }

    /// How it is opened, of whose start these bytes are; `is_whole` says whether they are all of it.
    pub(super) fn opening<'o>(&'o self, start: &'o [u8], is_whole: bool) -> Opening<'o> {
        let Self { table, given, is_settled, .. } = self;
        Opening { table, given, is_settled: *is_settled, start, is_whole }
    }

    /// The same with what the options say of it.
    pub(super) fn with(self, options: &LoadOptions) -> Result<Self, Issue> {
        let table = self.table;
        let issue = |error| Issue { table: table.name.into(), index: None, line: None, error };
        let name = options.key.as_ref().map_or(PRIMARY, KeyName::as_str);
        let unknown = |wrong| issue(RowError::row(RowErrorKind::UnknownKey(Box::new(wrong))));
        let key = table.key_called(name).map_err(unknown)?;
        let filled = options.fill.of_table(table, options.time_zone).map_err(issue)?;
        let (given, filled) = (options.given_layout(), Arc::new(filled));
        let checks = evaluated_checks(table, &options.ingest(key, false));
        Ok(Self { key, given, filled, checks, is_settled: options.is_settled, ..self })
    }

    /// What makes records of its rows, or says what is wrong with them.
    pub(super) fn checker(&self, options: IngestOptions) -> Checker {
        Checker::new(options).filling(self.filled.clone()).held_to(self.checks.clone())
    }

    /// By what the fields of its rows are told apart, those that they get besides their own among them.
    pub(super) fn read_by(&self, rows: &dyn RowReader) -> ReadBy {
        match rows.read_by() {
            ReadBy::Header(mut names) => {
                names.extend(self.filled.names(self.table));
                ReadBy::Header(names)
            }
            by => by,
        }
    }
}
