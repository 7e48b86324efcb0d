//! Every rule of rowgate and none of its I/O.
//!
//! Rows come in as CSV or JSON bytes, are checked against tables that `sql/schema.sql` defines,
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
//! | `zstd` | Avro files packed with zstandard | `std`, a C compiler |
//!
//! The modules form one way through, top to bottom, and none imports from one below it:
//!
//! ```
//! use rowgate_core::{CsvDecoder, Intake, Options, schema};
//!
//! let jobs = schema::table("jobs").expect("a table of sql/schema.sql");
//! let mut intake = Intake::new(Options::default());
//! let mut decoder = CsvDecoder::new(jobs);
//! let mut file: &[u8] = b"id,job\n1,Clerk\n2,\n";
//! while let Some(row) = decoder.next_row(&mut file) {
//!     intake.row(jobs, row);
//! }
//! let report = intake.report();
//! let outcome = &report.outcomes().listed()[0];
//! assert_eq!((outcome.line, outcome.error.kind.code()), (Some(3), "missing"));
//! ```

#![no_std]
#![cfg_attr(test, allow(clippy::unwrap_used))]

extern crate alloc;
#[cfg(any(test, feature = "avro", feature = "gzip", feature = "sigv4"))]
extern crate std;

pub mod schema;

mod table;

mod hex;

mod json_string;

mod printable;
pub use printable::printable;

mod outcome;
pub use outcome::{OUTCOME_LIMIT, Outcome, Outcomes, RowError, RowErrorKind, UnknownNames};

mod magic;

mod date_time;

mod record;
pub use record::{Cell, ColumnSet, Place, RawField, RawRow, Record};

mod json;
pub use json::{JsonError, Part, decode_rows, decode_tables};

mod csv;
pub use csv::{CsvDecoder, Header, ROW_LIMIT};

mod ndjson;
pub use ndjson::NdjsonDecoder;

mod lines;
pub use lines::{LineDecoder, LineFormat};

mod http;
pub use http::{Request, Response};

mod operation;
pub use operation::{Operation, Retry, Service, ServiceError};

pub mod data_api;

mod statement;
pub use statement::{
    AFTER, CHUNK_LIMIT, Chunk, OnDuplicate, PAGE, ROWS, existing, other_unique_keys, write,
};

#[cfg(feature = "avro")]
pub mod avro;

mod api_key;
pub use api_key::{ApiKey, KEY_LIMIT, KeyEntry, KeyRing, KeyRingError};

mod settings;
pub use settings::{Lookup, Origins, Settings, SettingsError};

pub mod s3;

pub mod step_functions;

mod host;
pub use host::{CallError, Client, ENDED_AFTER, Host, RateLimit, Repeat, SendError, SignError};

#[cfg(feature = "sigv4")]
mod sign;
#[cfg(feature = "sigv4")]
pub use sign::{Credentials, sign};

mod source;
pub use source::{Source, SourceError};

mod upload;
pub use upload::Upload;

mod ledger;
pub use ledger::{Lease, LoadRecord, count_old_loads, forget_loads, list_loads, show_load};

mod ingest;
pub use ingest::{
    CHECKED_KEYS, Intake, OnError, Options, Report, StoreError, TableReport, Verdict,
};

mod load;
pub use load::{
    BulkFile, BulkLoad, BulkSettings, LoadError, LoadOptions, LoadReport, LoadRules, LoadSettings,
    ObjectRef, Occasion, Opened, Planned, PlannedRows, RejectSink, RejectSinks, Status, check,
    find_load, load, load_object,
};

#[cfg(feature = "avro")]
mod checksum;
#[cfg(feature = "avro")]
pub use checksum::Checksum;

mod isolation;

pub mod migrate;

#[cfg(feature = "avro")]
pub mod backup;

#[cfg(feature = "avro")]
pub mod restore;

pub mod doctor;

mod gate;
pub use gate::{BodyError, Gate, Head, RequestTime, unconfigured};
