//! One run: its name, and its manifest.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::error::BackupError;
use super::manifest::{Manifest, TableManifest};
use super::obstacles::OnObstacle;
use super::services::Services;
use crate::aws::host::{CallError, Host, Repeat};
use crate::aws::s3::PutObject;
use crate::format::avro::Codec;
use crate::table::date_time;

/// In how many places a table can be read at the same time: each holds a piece of a file.
pub const MOST_PARALLEL: usize = 8;

/// How a backup is made.
#[derive(Debug, Clone, Copy)]
pub struct BackupOptions {
    /// How blocks are packed.
    pub codec: Codec,
    /// In how many places a table is read at the same time, at most [`MOST_PARALLEL`]. 1 reads all
    /// tables in one snapshot; with more, rows that are written meanwhile may or may not be in the
    /// backup.
    pub parallel: usize,
    /// What becomes of tables that a restore would refuse.
    pub on_obstacle: OnObstacle,
}

/// In one snapshot, packed by snappy; refused where a restore would be.
impl Default for BackupOptions {
    fn default() -> Self {
        Self { codec: Codec::Snappy, parallel: 1, on_obstacle: OnObstacle::Refuse }
    }
}

pub(super) struct BackupRun<'p, H> {
    pub(super) services: &'p Services<'p, H>,
    pub(super) options: BackupOptions,
    pub(super) name: String,
    pub(super) started: String,
    pub(super) is_snapshot: bool,
    /// What a restore would refuse, as it was accepted or its tables left out.
    pub(super) obstacles: Vec<String>,
}

impl<'p, H: Host> BackupRun<'p, H> {
    pub(super) fn new(services: &'p Services<'p, H>, options: BackupOptions) -> Self {
        let host = services.database.host();
        let now = host.now();
        let started = date_time::text(now);
        let time = started.replace(['-', ':'], "");
        // Two runs of the same second are in order too, and of the same moment different.
        let name = format!("{time}-{:03x}{:05x}", now.subsec_millis(), host.random() >> 44);
        let is_snapshot = options.parallel == 1;
        Self { services, options, name, started, is_snapshot, obstacles: Vec::new() }
    }

    /// A run that an earlier step has begun, of which a part is to be written.
    pub(super) fn of_part(services: &'p Services<'p, H>, codec: Codec, name: &str) -> Self {
        let options = BackupOptions { codec, ..BackupOptions::default() };
        let name = name.to_string();
        Self { name, started: String::new(), is_snapshot: false, ..Self::new(services, options) }
    }

    pub(super) fn manifest(&self, tables: Vec<TableManifest>) -> Manifest {
        Manifest {
            format: Manifest::FORMAT,
            rowgate: env!("CARGO_PKG_VERSION").to_string(),
            run: self.name.clone(),
            started: self.started.clone(),
            finished: date_time::text(self.services.database.host().now()),
            snapshot: self.is_snapshot,
            codec: self.options.codec.name().to_string(),
            digest: Some(Manifest::DIGEST),
            engine: None,
            obstacles: self.obstacles.clone(),
            tables,
            sha256: None,
        }
    }

    /// What a query that failed says about the run.
    pub(super) fn read_error(&self, error: CallError) -> BackupError {
        if self.is_snapshot {
            BackupError::in_snapshot(error)
        } else {
            BackupError::Database(error)
        }
    }

    pub(super) fn sync_marker(&self) -> [u8; 16] {
        let host = self.services.database.host();
        let both = (u128::from(host.random()) << 64) | u128::from(host.random());
        both.to_be_bytes()
    }

    /// Seals and writes it, and answers it as it is then.
    pub(super) async fn write_manifest(&self, manifest: Manifest) -> Result<Manifest, BackupError> {
        let (key, manifest) = (Manifest::key_of(&self.name), manifest.sealed());
        let cause = |cause: String| BackupError::Write { key: key.clone(), cause };
        let body = serde_json::to_vec(&manifest).map_err(|error| cause(error.to_string()))?;
        let put = PutObject {
            bucket: self.services.bucket,
            key: &key,
            body: body.into(),
            content_type: "application/json",
            if_none_match: true,
        };
        match self.services.s3.call(&put, Repeat::Harmless).await {
            Ok(()) => Ok(manifest),
            // No other process has this run's name: an earlier attempt of this call has arrived after all.
            Err(CallError::Api(error)) if error.is_precondition_failed() => Ok(manifest),
            Err(CallError::Interrupted) => Err(BackupError::Interrupted { left: Vec::new() }),
            Err(error) => Err(BackupError::write(&key, &error)),
        }
    }
}
