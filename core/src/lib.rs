//! Every rule of rowgate and none of its I/O.
//!
//! Rows come in as CSV or JSON bytes, are checked against the tables of a [`schema::Schema`],
//! and leave as calls of the RDS Data API. What has to touch the world goes through one trait,
//! [`Host`]; the Cloudflare Worker and the native programs are shells around it.
//!
//! This crate never uses the standard library unless a feature asks for it:
//!
//! | feature | what | needs |
//! |---|---|---|
//! | `avro` | [`avro`] container files, [`backup`] and [`restore`] | `std` |
//! | `gzip` | packed files, for [`load`](fn@load), and packed bodies, for [`Gate`] | `std` |
//! | `sigv4` | [`sign`](fn@sign) and [`Credentials`], by AWS's own crate | `std` |
//! | `zones` | time zones by their names | `std` |
//! | `zstd` | Avro and text files packed with zstandard | `std`, a C compiler |
//!
//! The modules are in thirteen wings, here from the bottom up. A wing imports only from those above it:
//!
//! ```
//! use rowgate_core::schema::Schema;
//! use rowgate_core::{Checker, CsvDecoder, IngestOptions};
//!
//! let schema = Schema::example();
//! let jobs = schema.table("jobs").expect("a table of the example");
//! let mut checker = Checker::new(IngestOptions::default());
//! let mut decoder = CsvDecoder::new(jobs);
//! let mut file: &[u8] = b"id,job\n1,Clerk\n2,\n";
//! let mut wrong = Vec::new();
//! while let Some(row) = decoder.next_row(&mut file) {
//!     let line = row.place.line;
//!     if let Err(errors) = checker.row(jobs, row) {
//!         wrong.extend(errors.iter().map(|error| (line, error.kind.code())));
//!     }
//! }
//! assert_eq!(wrong, [(Some(3), "missing")]);
//! ```

#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;
#[cfg(any(test, feature = "avro", feature = "gzip", feature = "sigv4", feature = "zones"))]
extern crate std;

mod base;
pub use base::counted::counted;
pub use base::lookup::{Lookup, SettingsError};
pub use base::printable::printable;

mod table;
pub use table::cell_forms::{CellForms, DateOrder, DecimalMark, IntegerForm};
pub use table::counts::Counts;
pub use table::example::example_row;
pub use table::fill::Fill;
pub use table::issue::{ISSUE_LIMIT, Issue, RowError, RowErrorKind};
pub use table::issues::Issues;
pub use table::layout_question::LayoutQuestion;
pub use table::record::{Cell, ColumnSet, Place, RawField, RawRow, Record};
pub use table::schema;
pub use table::time_zone::TimeZone;
pub use table::unknown_names::UnknownNames;

mod format;
#[cfg(feature = "avro")]
pub use format::avro;
pub use format::csv::{CsvDecoder, Dialect, EmptyCell, Header, ROW_LIMIT};
pub use format::encoding::Encoding;
pub use format::formats::{FORMATS, LineFormat, RowFormat};
pub use format::json::{BodyItem, JsonError, decode_rows, decode_tables};
pub use format::ndjson::NdjsonDecoder;

mod aws;
pub use aws::host::{
    CallError, Client, ENDED_AFTER, Host, RateLimit, Repeat, SendError, SignError,
};
pub use aws::http::{Request, Response};
pub use aws::operation::{Operation, Retry, Service, ServiceError};
#[cfg(feature = "sigv4")]
pub use aws::sign::{Credentials, sign};
pub use aws::source::{ObjectSource, Source, SourceError};
pub use aws::upload::Upload;
pub use aws::{account, data_api, s3, step_functions};

mod sql;
#[cfg(feature = "avro")]
pub use sql::checksum::Checksum;
pub use sql::chunk::{CHUNK_LIMIT, Chunk};
pub use sql::introspect::{IntrospectError, introspect};
#[cfg(feature = "avro")]
pub use sql::key_text::KeyText;
pub use sql::live_schema::{LiveSchema, LookError};
pub use sql::statement::{AFTER, OnDuplicate, PAGE, ROWS, existing, other_unique_keys, write};
pub use sql::statements::{SqlStatement, SqlTextError, sql_statements};

mod ledger;
pub use ledger::{
    Lease, LoadRecord, Versions, count_old_loads, forget_loads, list_loads, loads_beginning,
    show_load, troubled_loads, versions,
};

mod ingest;
pub use ingest::{
    CHECKED_KEYS, Checker, IdRun, IngestOptions, OnError, Report, RequestRows, StoreError,
    TableReport, Verdict,
};

mod load;
pub use load::{
    BulkFile, BulkLoad, BulkSettings, Job, LoadError, LoadOptions, LoadReport, LoadRules,
    LoadSettings, ObjectRef, Occasion, OpenedLoad, Planned, PlannedRows, RejectSink, RejectSinks,
    Status, check, find_load, load, load_object,
};

mod sheet;
pub use sheet::{
    CellFault, ColumnNote, DeliveryStep, FaultCount, Forecast, Mended, Preview, Replacement,
    RequestBody, RowFilter, Sheet, SheetCounts, SheetError, SheetOptions, ShownRow, WrongRows,
    column_notes, preview, table_alone, table_of_file,
};

mod admin;
pub use admin::{doctor, migrate};

#[cfg(feature = "avro")]
pub mod backup;

#[cfg(feature = "avro")]
pub mod restore;

mod gate;
pub use gate::api_key::{ApiKey, KEY_LIMIT, KeyEntry, KeyRing, KeyRingError};
pub use gate::settings::{Origins, Settings};
pub use gate::{BodyError, Gate, Head, RequestTime, unconfigured};
