//! A private S3 on loopback, with its objects in a folder.

mod access;
mod bodies;
mod call;
mod conditions;
mod faults;
mod keys;
mod lists;
mod locks;
mod long_keys;
mod notification;
mod operation;
mod server;
mod store;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use axum::routing::post;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

pub use faults::{S3Fault, S3FaultKind};
pub use operation::S3Operation;

use crate::faults::Faults;
use crate::http_server::HttpServer;
use crate::identity::Identity;
use crate::line_file::LineFile;
use crate::private;
use crate::temporary_folder::TemporaryFolder;
use access::Door;
use notification::Notifier;
use server::Server;
use store::Store;

/// The bucket that a local S3 has from the start.
pub const BUCKET: &str = "rowgate-local";

/// What [`S3::start`] is told.
#[derive(Clone, Debug)]
pub struct S3Options {
    /// Where to listen; port 0 is a free one.
    pub address: SocketAddr,
    /// Whose calls are answered.
    pub identity: Identity,
    /// Where buckets and objects are kept, created if missing and kept; `None` is a temporary
    /// folder that goes away.
    pub folder: Option<PathBuf>,
    /// A file that one line of JSON is appended to for each call.
    pub call_log: Option<PathBuf>,
    /// What goes wrong on purpose; [`S3::set_faults`] and `POST /_rowgate/faults` change it.
    pub faults: Vec<S3Fault>,
    /// Where a message goes for each object that comes; they stop when the receiver is gone.
    ///
    /// A message is what AWS would send: one record, with the key encoded as in a form. It is sent
    /// once, in order, and when the object can be read.
    pub notifications: Option<UnboundedSender<Value>>,
    /// How the keys begin that messages are sent for.
    pub notification_prefix: String,
}

impl S3Options {
    /// A temporary folder and a free port.
    pub fn new(identity: Identity) -> Self {
        Self {
            identity,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            folder: None,
            call_log: None,
            faults: Vec::new(),
            notifications: None,
            notification_prefix: "incoming/".into(),
        }
    }
}

/// A running S3; dropping it ends it, without waiting for calls in flight.
///
/// It knows one access key alone and wants addresses in path style. It does less than AWS where
/// s3s-fs does: no versions of objects, no key that stands where others have
/// a folder (`a` beside `a/b`), no message for a key that ends with a slash. An upload whose
/// checksum is wrong is refused, and yet its bytes take the object's place.
pub struct S3 {
    endpoint: String,
    faults: Arc<Faults<S3Operation, S3FaultKind>>,
    server: HttpServer,
    _folder: Option<TemporaryFolder>,
}

impl S3 {
    /// Makes the bucket [`BUCKET`] if it is missing, and begins to listen.
    ///
    /// Fails when the folder or the call log cannot be used, or when the address is taken.
    pub async fn start(options: S3Options) -> Result<Self> {
        let (root, folder) = open_folder(options.folder)?;
        let bucket = root.join(BUCKET);
        private::create_folder(&bucket)?;

        let faults = Arc::new(Faults::new(options.faults));
        let notifier =
            options.notifications.map(|sender| Notifier::new(options.notification_prefix, sender));
        let key_id = options.identity.access_key_id.clone();
        let secret = options.identity.secret_access_key.clone();
        let mut builder = S3ServiceBuilder::new(Store::new(root, notifier)?);
        builder.set_auth(SimpleAuth::from_single(key_id, secret));
        builder.set_access(Door { faults: Arc::clone(&faults) });
        let server = Server {
            service: builder.build(),
            identity: options.identity,
            faults: Arc::clone(&faults),
            call_log: options.call_log.as_deref().map(LineFile::open).transpose()?,
        };
        let server = HttpServer::start(options.address, router(server)).await?;
        let endpoint = format!("http://{}", server.address());
        Ok(Self { endpoint, faults, server, _folder: folder })
    }

    /// The address for `AWS_ENDPOINT_URL_S3`: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The bucket that is there from the start.
    pub fn bucket(&self) -> &str {
        BUCKET
    }

    /// Takes the faults that are in force from now on; none ends them all.
    ///
    /// `POST /_rowgate/faults` on the same port does it over HTTP: a JSON array of their texts, as
    /// in `["get:cut:times=1"]`, unsigned, with [`CONTROL_HEADER`](crate::CONTROL_HEADER).
    pub fn set_faults(&self, faults: Vec<S3Fault>) {
        self.faults.replace(faults);
    }

    /// Lets calls in flight end, for two seconds at most; a temporary folder goes away.
    pub async fn stop(mut self) {
        self.server.stop().await;
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

fn open_folder(given: Option<PathBuf>) -> Result<(PathBuf, Option<TemporaryFolder>)> {
    let Some(path) = given else {
        let folder = TemporaryFolder::create("rowgate-s3-")?;
        return Ok((canonical(folder.path())?, Some(folder)));
    };
    private::create_folder(&path)?;
    Ok((canonical(&path)?, None))
}

fn canonical(path: &Path) -> Result<PathBuf> {
    path.canonicalize().with_context(|| format!("cannot use the folder {}", path.display()))
}

fn router(server: Server) -> Router {
    Router::new()
        .route("/_rowgate/faults", post(server::set_faults))
        .fallback(server::serve)
        .with_state(Arc::new(server))
}
