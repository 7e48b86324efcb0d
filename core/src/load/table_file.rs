//! What a file is for, by its name.

use alloc::borrow::Cow;
use alloc::string::ToString;

use super::options::LoadOptions;
use crate::format::formats::{LineFormat, is_named_gzip, unsupported_format};
use crate::format::lines::GivenLayout;
use crate::table::issue::{Issue, RowError};
use crate::table::schema::{Schema, Table};

/// What a file is for, by its name.
#[derive(Debug)]
pub(super) struct TableFile {
    pub(super) table: &'static Table,
    pub(super) format: LineFormat,
    /// Whether the name says that it is packed.
    pub(super) named_gzip: bool,
    /// What is said of it.
    pub(super) given: GivenLayout,
    /// Whether nothing else is looked for.
    pub(super) is_settled: bool,
}

impl TableFile {
    /// The same with what its options say of it.
    pub(super) fn with(self, options: &LoadOptions) -> Self {
        Self { given: options.given_layout(), is_settled: options.is_settled, ..self }
    }

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
        let Some(format) = LineFormat::of_file(path) else {
            return Err(issue(table.name.into(), unsupported_format()));
        };
        let named_gzip = is_named_gzip(path);
        let given = GivenLayout::default();
        Ok(Self { table, format, named_gzip, given, is_settled: false })
    }
}
