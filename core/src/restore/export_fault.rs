//! Why a snapshot export is not restored.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What is wrong with a snapshot export, or with a folder of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFault {
    /// More or fewer than one folder was named.
    NotOne,
    /// No object is in a folder of a table's.
    NotExport,
    /// Objects of several exports.
    SeveralExports {
        /// Two of their folders.
        folders: [String; 2],
    },
    /// It has several databases, none of them the one that is restored into.
    SeveralDatabases {
        /// Which.
        databases: Vec<String>,
    },
    /// It has no such database.
    NoDatabase {
        /// What was asked for.
        database: String,
        /// What there is.
        databases: Vec<String>,
    },
    /// Two tables would have the folder.
    TwoTables {
        /// Both.
        tables: [String; 2],
    },
    /// A table that is not in the export.
    NoFolder {
        /// The table.
        table: &'static str,
        /// Why no export has it, if that is so.
        why: Option<&'static str>,
    },
    /// A task or a table that has not ended well.
    NotComplete {
        /// How it has ended.
        status: String,
    },
    /// Fewer partitions than the table has.
    PartitionsMissing,
    /// Nothing says that all files of the folder are there.
    NotWhole,
    /// A file of 0 bytes.
    EmptyFile,
    /// A description that is too large, or no JSON of AWS's.
    UnreadableInfo,
}

impl fmt::Display for ExportFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOne => f.write_str("a snapshot export is one folder"),
            Self::NotExport => f.write_str(
                "no snapshot export: no object is in DATABASE/DATABASE.TABLE/, as RDS and Aurora write them",
            ),
            Self::SeveralExports { folders: [first, second] } => {
                write!(f, "several exports, such as {first:?} and {second:?}; name one")
            }
            Self::SeveralDatabases { databases } => {
                write!(f, "the export has the databases {}; say --from-database", databases.join(", "))
            }
            Self::NoDatabase { database, databases } => {
                write!(f, "the export has no database {database:?}, but {}", databases.join(", "))
            }
            Self::TwoTables { tables: [first, second] } => {
                write!(f, "the folder may be of {first:?} or of {second:?}; AWS makes one name of both")
            }
            Self::NoFolder { table, why } => {
                write!(f, "the export has no table {table}")?;
                why.iter().try_for_each(|why| write!(f, ": {why}"))
            }
            Self::NotComplete { status } => write!(f, "the export has ended as {status}, not as COMPLETE"),
            Self::PartitionsMissing => f.write_str("the export says that partitions of the table are missing"),
            Self::NotWhole => f.write_str(
                "nothing says that all files are there: neither _SUCCESS is in the folder, nor has the export's \
                 export_tables_info file the table as COMPLETE; copy these with the files",
            ),
            Self::EmptyFile => f.write_str("the file has 0 bytes"),
            Self::UnreadableInfo => f.write_str("cannot be read as what an export says of itself"),
        }
    }
}

impl core::error::Error for ExportFault {}
