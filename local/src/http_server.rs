//! An HTTP server on a port of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::own_names::{OwnNames, admit};
use crate::peer::Peer;

/// How long calls in flight may take to end when the server stops.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// The server; dropping it ends it, without waiting for calls in flight.
#[derive(Debug)]
pub(crate) struct HttpServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl HttpServer {
    /// Begins to listen; port 0 is a free one. Handlers can ask for the [`Peer`]. Requests for
    /// another name than the server's own, or from a page of another, are refused.
    pub(crate) async fn start(address: SocketAddr, router: Router) -> Result<Self> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        let names = Arc::new(OwnNames::of(address));
        let router = router.layer(from_fn_with_state(names, admit));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(listen(listener, router, stopped));
        Ok(Self { address, stop: Some(stop), task })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets calls in flight end, for two seconds at most.
    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        let _ = tokio::time::timeout(STOP_LIMIT, &mut self.task).await;
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let service = router.into_make_service_with_connect_info::<Peer>();
    let stopped = async {
        let _ = stopped.await;
    };
    let _ = axum::serve(listener, service).with_graceful_shutdown(stopped).await;
}
