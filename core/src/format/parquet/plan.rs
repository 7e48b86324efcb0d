//! A file's directory into what each of its columns is for.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use parquet::file::metadata::ParquetMetaData;

use super::directory::{decode, group_range};
use super::kind::ParquetKind;
use crate::format::avro::{column_index, stored_default};
use crate::format::csv;
use crate::format::row_reader::GivenLayout;
use crate::table::issue::{RowError, RowErrorKind};
use crate::table::record::RawField;
use crate::table::schema::Table;
use crate::table::types::Definition;

/// What the rows of a file are read for.
#[derive(Debug, Clone)]
pub(super) enum ParquetPurpose {
    /// To be loaded, as this says.
    Load(Arc<GivenLayout>),
    /// To be again what a table has held: the file is of a snapshot export of AWS's.
    Export,
}

/// How a file is read.
#[derive(Debug)]
pub(super) struct ParquetPlan {
    pub(super) metadata: ParquetMetaData,
    pub(super) groups: Vec<Range<u64>>,
    pub(super) columns: Vec<PlannedColumn>,
    /// What a row has of each column of the table that no column of the file fills.
    pub(super) unfilled: Vec<RawField<'static>>,
}

/// A column of the file that is read.
#[derive(Debug)]
pub(super) struct PlannedColumn {
    /// Its place in the file.
    pub(super) at: usize,
    pub(super) kind: ParquetKind,
    /// The column of the table that it fills.
    pub(super) fills: usize,
}

pub(super) fn unreadable(what: impl Into<String>) -> RowError {
    RowError::row(RowErrorKind::UnreadableFile { what: what.into().into() })
}

impl ParquetPlan {
    pub(super) fn new(
        table: &Table,
        purpose: &ParquetPurpose,
        directory: &[u8],
    ) -> Result<Self, RowError> {
        let metadata = decode(directory).map_err(unreadable)?;
        // The bytes are where they are said to be, since they were read.
        let groups = metadata.row_groups().iter().map(|group| group_range(group, u64::MAX));
        let groups = groups.collect::<Result<_, _>>().map_err(unreadable)?;
        let columns = purpose.columns(table, &metadata)?;
        let unfilled = purpose.unfilled(table, &columns)?;
        Ok(Self { metadata, groups, columns, unfilled })
    }

    /// The columns of the table that the file does not have.
    pub(super) fn missing(&self, table: &Table) -> Vec<&'static str> {
        let columns = table.columns.iter().enumerate();
        let missing = columns.filter(|(at, _)| !is_filled(&self.columns, *at));
        missing.map(|(_, column)| column.name).collect()
    }
}

fn is_filled(columns: &[PlannedColumn], at: usize) -> bool {
    columns.iter().any(|column| column.fills == at)
}

impl ParquetPurpose {
    /// What the columns of a file are for.
    fn columns(
        &self,
        table: &Table,
        metadata: &ParquetMetaData,
    ) -> Result<Vec<PlannedColumn>, RowError> {
        let schema = metadata.file_metadata().schema_descr();
        let names = schema.columns().iter().map(|column| column.path().parts()[0].as_str());
        let names: Vec<_> = names.collect();
        self.check_names(table, &names)?;
        let mut found: Vec<PlannedColumn> = Vec::new();
        for (at, (name, column)) in names.iter().zip(schema.columns()).enumerate() {
            let Some(fills) = self.column(table, name) else { continue };
            let of = table.columns[fills].column_type;
            let kind = ParquetKind::of(column).and_then(|kind| self.kind(kind, of));
            let kind = kind.map_err(|words| {
                let expected = of.expected();
                unreadable(alloc::format!(
                    "column {name} of the file is {words} where {expected} is expected"
                ))
            })?;
            if kind.needs_zone(of) && !self.has_time_zone() {
                return Err(unreadable(alloc::format!(
                    "column {name} of the file and that of the table differ in whether their times are of a zone; \
                     give time_zone"
                )));
            }
            if is_filled(&found, fills) {
                return Err(RowError::given_column(name, RowErrorKind::DuplicateColumn));
            }
            found.push(PlannedColumn { at, kind, fills });
        }
        match self {
            Self::Load(given) if found.is_empty() => {
                Err(csv::unknown_header(table, &given.dialect, &names))
            }
            _ => Ok(found),
        }
    }

    /// Fails on columns that the table does not have, unless they are to be passed over.
    fn check_names(&self, table: &Table, names: &[&str]) -> Result<(), RowError> {
        let is_unknown = |name: &&&str| self.column(table, name).is_none();
        let mut unknown = names.iter().filter(is_unknown).copied();
        match self {
            Self::Load(given) => {
                let unknown: Vec<_> = unknown.filter(|name| !name.starts_with('_')).collect();
                match unknown.is_empty() || given.dialect.ignore_extra {
                    true => Ok(()),
                    false => Err(csv::unknown_header(table, &given.dialect, &unknown)),
                }
            }
            // What the database computes it computes again.
            Self::Export => match unknown.find(|name| !is_generated(table, name)) {
                None => Ok(()),
                Some(name) => Err(unreadable(alloc::format!(
                    "column {name:?} of the file is no column of the table"
                ))),
            },
        }
    }

    /// The column of the table that one of this name fills.
    fn column(&self, table: &Table, name: &str) -> Option<usize> {
        match self {
            Self::Load(given) => csv::column_of(table, &given.dialect, name),
            Self::Export => column_index(table, name),
        }
    }

    /// How a column of the table reads one of the file.
    fn kind(&self, kind: ParquetKind, of: impl Definition) -> Result<ParquetKind, String> {
        let kind = match self {
            Self::Load(_) => kind,
            Self::Export => kind.exported(of),
        };
        match kind.fits(of) || kind.needs_zone(of) {
            true => Ok(kind),
            false => Err(alloc::format!("{kind:?}")),
        }
    }

    fn has_time_zone(&self) -> bool {
        matches!(self, Self::Load(given) if given.has_time_zone)
    }

    /// Of a file to be loaded a column that it lacks is not written; each row says if it needs one.
    fn unfilled(
        &self,
        table: &Table,
        found: &[PlannedColumn],
    ) -> Result<Vec<RawField<'static>>, RowError> {
        let columns = table.columns.iter().enumerate();
        let fields = columns.map(|(at, column)| match self {
            Self::Export if !is_filled(found, at) => match stored_default(table, at) {
                Some(field) => Ok(field),
                None if column.nullable => Ok(RawField::Null),
                None => Err(unreadable(alloc::format!("no column of the file is {}", column.name))),
            },
            _ => Ok(RawField::Absent),
        });
        fields.collect()
    }
}

fn is_generated(table: &Table, name: &str) -> bool {
    table.generated.iter().any(|its| its.to_lowercase() == name.to_lowercase())
}
