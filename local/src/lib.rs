//! AWS on one machine, for developing and testing rowgate.
//!
//! | | |
//! |---|---|
//! | [`Database`] | a private database server on loopback, gone when the process goes |
//! | [`DataApi`] | the RDS Data API over HTTP in front of such a server, with AWS's own rules |
//! | [`S3`] | a private S3 on loopback, which tells of the objects that come |
//! | [`LambdaHost`] | the real binary of a Lambda function, run as AWS runs it |
//!
//! Production never links this crate. Where a rule of AWS is documented it holds here; where AWS
//! leaves a question open, the answer that is harder on the caller was chosen, so that what passes
//! here has the better chance to pass there.
//!
//! Errors that AWS gives on a bad day come on demand, see [`Fault`] and [`S3Fault`]. The database
//! is MariaDB or Oracle's MySQL, see [`Engine`]; `ROWGATE_ENGINE=mysql` makes this crate's own
//! tests take MySQL.
//!
//! ```no_run
//! # async fn start() -> anyhow::Result<()> {
//! use rowgate_local::{DataApi, DataApiOptions, Database, DatabaseOptions, Identity};
//!
//! let database = Database::start(DatabaseOptions::default()).await?;
//! let api = DataApi::start(DataApiOptions::new(database.url(), Identity::new()?)).await?;
//! println!("DATA_API_ENDPOINT={}", api.endpoint());
//! api.stop().await;
//! database.stop().await?;
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod database;
pub use database::{Database, DatabaseOptions, Engine};

mod data_api;
pub use data_api::{DataApi, DataApiOptions, ErrorForm, Fault, FaultKind, Operation, TimeLimits};

mod s3;
pub use s3::{BUCKET, S3, S3Fault, S3FaultKind, S3Operation, S3Options};

mod lambda;
pub use lambda::{FunctionError, Invocation, LambdaHost, LambdaOptions, LostEvent};

mod faults;
pub use faults::FaultOf;

mod identity;
pub use identity::{CONTROL_HEADER, Identity, REGION};

mod http_server;
mod identifiers;
mod line_file;
mod own_names;
mod peer;
mod private;
mod signature;
mod supervised;
mod temporary_folder;
