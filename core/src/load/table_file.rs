//! What a file is for, by its name.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::ToString;

use super::options::LoadOptions;
use crate::format::formats::{RowFormat, is_named_gzip, unsupported_format};
use crate::format::row_reader::{GivenLayout, Opening};
use crate::table::issue::{Issue, RowError, RowErrorKind};
use crate::table::schema::{KeyName, PRIMARY, Schema, Table, UniqueKey};

/// What a file is for, by its name.
#[derive(Debug)]
pub(super) struct TableFile {
    /// The tables, of which it is for one.
    pub(super) schema: Schema,
    pub(super) table: &'static Table,
    pub(super) format: &'static RowFormat,
    /// Whether the name says that it is packed.
    pub(super) named_gzip: bool,
    /// The unique key that says which rows the table has already, instead of the primary key.
    pub(super) key: Option<&'static UniqueKey>,
    /// What is said of it.
    pub(super) given: GivenLayout,
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
        let named_gzip = is_named_gzip(path);
        let given = GivenLayout::default();
        Ok(Self { schema, table, format, named_gzip, key: None, given, is_settled: false })
    }

    /// How it is opened, of whose start these bytes are; `is_whole` says whether they are all of it.
    pub(super) fn opening<'o>(&'o self, start: &'o [u8], is_whole: bool) -> Opening<'o> {
        let Self { table, given, is_settled, .. } = self;
        Opening { table, given, is_settled: *is_settled, start, is_whole }
    }

    /// The same with what the options say of it.
    pub(super) fn with(self, options: &LoadOptions) -> Result<Self, Issue> {
        let name = options.key.as_ref().map_or(PRIMARY, KeyName::as_str);
        let key = self.table.key_called(name).map_err(|wrong| Issue {
            table: self.table.name.into(),
            index: None,
            line: None,
            error: RowError::row(RowErrorKind::UnknownKey(Box::new(wrong))),
        })?;
        Ok(Self { key, given: options.given_layout(), is_settled: options.is_settled, ..self })
    }
}
