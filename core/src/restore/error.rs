//! Why nothing was restored.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "parquet")]
use super::export_fault::ExportFault;
use crate::aws::host::CallError;
use crate::backup::{BackupError, LeftOutFolder};
use crate::base::counted::counted;
use crate::sql::checksum::Checksum;

/// Why a restore was refused or has failed; the live tables are what they were.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RestoreError {
    /// A backup or a file could not be found, or not be trusted.
    Files(BackupError),
    /// The database failed.
    Database {
        /// What is not done because of that.
        doing: &'static str,
        /// Why.
        error: CallError,
    },
    /// The database described itself in a way that is not understood.
    Unreadable,
    /// There is no run, prefix or file of that name, or no file that could have rows.
    Nothing {
        /// What was asked for.
        source: String,
    },
    /// A source in another bucket than the one that is read.
    OtherBucket {
        /// The source.
        source: String,
        /// The bucket that is read.
        bucket: String,
    },
    /// A snapshot export that cannot be trusted.
    #[cfg(feature = "parquet")]
    Export {
        /// The export, or a folder or file of it.
        place: String,
        /// What is wrong.
        fault: ExportFault,
    },
    /// No run holds all tables that are wanted.
    NoLatest {
        /// Each table, with the newest run that holds it.
        newest: Vec<(&'static str, Option<String>)>,
        /// The folders that are no run.
        left_out: Vec<LeftOutFolder>,
    },
    /// A run beside other sources.
    RunAmongOthers {
        /// The run.
        run: String,
    },
    /// Files of a run that was never finished.
    Unfinished {
        /// The run.
        run: String,
    },
    /// A file whose key names no table.
    UnknownTable {
        /// The file.
        key: String,
    },
    /// A file that leaves a column to its folder's name, as Spark's partitions do.
    Partitioned {
        /// The file.
        key: String,
        /// The column.
        column: &'static str,
    },
    /// A table was asked for that the files are not of.
    NoFiles {
        /// The table.
        table: &'static str,
    },
    /// Live tables that cannot be swapped.
    Unfit {
        /// What is in the way, each with its table.
        obstacles: Vec<String>,
    },
    /// The files have a key more than once.
    SameKey {
        /// The table.
        table: &'static str,
        /// Their rows.
        rows: u64,
        /// Their distinct keys.
        keys: u64,
        /// One of the keys and its files, where it was found.
        twice: Option<String>,
    },
    /// A row that is more than the Data API takes in one call.
    RowTooLarge {
        /// The table.
        table: &'static str,
        /// Its place among the rows of the files, from 1 on; none of the row with key 0.
        row: Option<u64>,
        /// Its bytes.
        bytes: usize,
    },
    /// The rows of the staging table are not those of the files.
    Differs {
        /// The table.
        table: &'static str,
        /// What the files hold.
        expected: Checksum,
        /// What the staging table holds.
        found: Checksum,
    },
    /// The files have no row of a table that has some.
    Emptied {
        /// The table.
        table: &'static str,
        /// Its live rows.
        live: u64,
    },
    /// A live table is not any more what the plan saw.
    Changed {
        /// The table.
        table: &'static str,
        /// Rows that the plan saw.
        planned: u64,
        /// Its rows now.
        found: u64,
    },
    /// More files or tables than a state machine can carry the names of.
    TooManyFiles {
        /// How many files there are.
        files: usize,
    },
    /// More rows than one step of a state machine puts in place.
    TooManyRows {
        /// The rows of the files and of the live tables.
        rows: u64,
        /// How many it does.
        most: u64,
    },
    /// The time was over before the swap.
    OutOfTime,
    /// The process was told to end before the swap.
    Interrupted {
        /// The restore.
        id: String,
        /// The staging tables that could not be dropped.
        left: Vec<String>,
    },
    /// The tables were not swapped.
    NotSwapped(CallError),
    /// The rows were not put in the place of the live ones: others' transactions on the tables did not end, or the
    /// connection was lost, time after time.
    NotPlaced(CallError),
    /// Rows would name parents that are not there any more.
    Orphans {
        /// The foreign key, with its two tables.
        key: String,
        /// How many rows.
        rows: u64,
    },
    /// Transactions do not keep rows from coming between those that they have read.
    Isolation {
        /// The level of theirs.
        level: String,
    },
    /// A restore that was ended before its rows were live, so that there is nothing to undo.
    NotEnded {
        /// Its name.
        id: String,
    },
    /// It is unknown whether the tables were swapped.
    SwapUnknown {
        /// The restore.
        id: String,
    },
    /// There is nothing left of a restore of that name.
    NoSuchRestore {
        /// The name.
        id: String,
    },
}

impl RestoreError {
    /// Whether another attempt would surely end the same way.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Files(error) => error.is_final(),
            Self::Database { .. } | Self::OutOfTime | Self::Interrupted { .. } => false,
            Self::NotSwapped(_) | Self::NotPlaced(_) | Self::SwapUnknown { .. } => false,
            _ => true,
        }
    }
}

impl From<BackupError> for RestoreError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Database(error) => Self::Database { doing: "a table is not read", error },
            BackupError::Undescribed => Self::Unreadable,
            error => Self::Files(error),
        }
    }
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(error) => error.fmt(f),
            Self::Database { doing, error } => {
                write!(f, "{doing}: {error}")?;
                f.write_str(advice(error))
            }
            Self::Unreadable => f.write_str("the database's description of itself is not readable"),
            Self::Nothing { source } => write!(f, "{source}: no such backup, folder or file"),
            Self::OtherBucket { source, bucket } => {
                write!(f, "{source}: files are read from the bucket {bucket} alone; see --bucket")
            }
            #[cfg(feature = "parquet")]
            Self::Export { place, fault } => write!(f, "{place}: {fault}"),
            Self::NoLatest { newest, left_out } => no_latest(f, newest, left_out),
            Self::RunAmongOthers { run } => write!(f, "{run}: a run is restored by itself"),
            Self::Unfinished { run } => {
                write!(f, "{run}: no manifest, so no backup; name single files to use them anyway")
            }
            Self::UnknownTable { key } => {
                write!(f, "{key}: neither folder nor file is named like a table; say --table")
            }
            Self::Partitioned { key, column } => {
                write!(f, "{key}: the column {column} is in the folder's name and not in the file")
            }
            Self::NoFiles { table } => write!(f, "{table}: there are no files of it"),
            Self::Unfit { obstacles } => f.write_str(&obstacles.join("; ")),
            Self::SameKey { table, rows, keys, twice } => {
                write!(f, "{table}: the files have {rows} rows and only {keys} keys")?;
                twice.iter().try_for_each(|twice| write!(f, "; {twice}"))
            }
            Self::RowTooLarge { table, row, bytes } => {
                match row {
                    Some(row) => write!(f, "{table}: row {row} of its files"),
                    None => write!(f, "{table}: the row with key 0"),
                }?;
                write!(f, " has {bytes} bytes, which is more than the Data API takes in one call")
            }
            Self::Differs { table, expected, found } => write!(
                f,
                "{table}: {} ({}) written where the files have {} ({})",
                counted(found.rows, "row"),
                found.hex(),
                expected.rows,
                expected.hex()
            ),
            Self::Emptied { table, live } => write!(
                f,
                "{table}: the files have no row, and the live table has {live}; --force empties it"
            ),
            Self::Changed { table, planned, found } => write!(
                f,
                "{table}: the live table was written to meanwhile ({}, now {found}); \
                 --force restores all the same",
                counted(*planned, "row")
            ),
            Self::TooManyFiles { files } => write!(
                f,
                "the names of {files} files and their tables are more than a state machine can carry; \
                 name fewer tables, or use rowgate restore"
            ),
            Self::TooManyRows { rows, most } => write!(
                f,
                "{rows} rows come and go, foreign keys, CHECKs or triggers hold the tables, and one step puts at most {most} \
                 rows in place; use rowgate restore, or name fewer tables"
            ),
            Self::OutOfTime => f.write_str("no time left; nothing was restored"),
            Self::Interrupted { id, left } => interrupted(f, id, left),
            Self::NotSwapped(error) => write!(f, "the tables were not swapped: {error}"),
            Self::NotPlaced(error) => {
                write!(
                    f,
                    "the rows were not put in place, and the live tables are what they were: {error}"
                )
            }
            Self::Orphans { key, rows } => write!(
                f,
                "{key}: {} would name a row that is not there; restore both tables from one backup, mend \
                 these rows, or keep them as they are (--keep-orphans)",
                counted(*rows, "row")
            ),
            Self::Isolation { level } => write!(
                f,
                "transactions are {level}, and tables with FOREIGN KEYs, CHECKs or triggers are restored in one at \
                 REPEATABLE-READ; set transaction_isolation to that in the cluster's parameter group"
            ),
            Self::NotEnded { id } => write!(
                f,
                "restore {id} was ended before its rows were live, so that there is nothing to undo; rowgate \
                 restore drop-old {id} --yes drops what it has left"
            ),
            Self::SwapUnknown { id } => write!(
                f,
                "it is unknown whether the tables were swapped; rowgate restore drop-old says \
                 which tables restore {id} has left"
            ),
            Self::NoSuchRestore { id } => write!(f, "there is nothing left of a restore {id}"),
        }
    }
}

/// What to do about what the database does not know or allow.
fn advice(error: &CallError) -> &'static str {
    let CallError::Api(error) = error else { return "" };
    match error.database_code {
        Some(1049) => {
            "; there is no such database: make it (CREATE DATABASE), and give the database user ALL rights on it"
        }
        Some(1044 | 1142 | 1143 | 1227) => {
            "; the database user lacks a right: a restore needs SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, \
             INDEX, REFERENCES and TRIGGER on the database, which rowgate migrate --users gives to rowgate_admin"
        }
        _ => "",
    }
}

fn interrupted(f: &mut fmt::Formatter<'_>, id: &str, left: &[String]) -> fmt::Result {
    f.write_str("interrupted; the live tables are what they were")?;
    if left.is_empty() {
        return f.write_str(", and nothing is left of the restore");
    }
    let left = left.join(", ");
    write!(f, "; these tables are left, and rowgate restore drop-old {id} --yes drops them: {left}")
}

fn no_latest(
    f: &mut fmt::Formatter<'_>,
    newest: &[(&'static str, Option<String>)],
    left_out: &[LeftOutFolder],
) -> fmt::Result {
    f.write_str("latest: no backup holds all of these tables; the newest of each: ")?;
    for (number, (table, run)) in newest.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        write!(f, "{comma}{table}: {}", run.as_deref().unwrap_or("none"))?;
    }
    left_out.iter().try_for_each(|left| write!(f, "; left out: {left}"))
}

impl core::error::Error for RestoreError {}
