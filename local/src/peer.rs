//! The other end of an HTTP connection.

use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

/// A second handle of the connection to hang up with, which HTTP alone has no way to do.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    stream: Option<Arc<TcpStream>>,
}

impl Peer {
    /// Closes the connection both ways; what is answered after that goes nowhere.
    pub(crate) fn hang_up(&self) {
        if let Some(stream) = &self.stream {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(incoming: IncomingStream<'_, TcpListener>) -> Self {
        // Small answers go out at once; if that cannot be had they are only slower.
        let _ = incoming.io().set_nodelay(true);
        let handle = incoming.io().as_fd().try_clone_to_owned();
        let stream = handle.ok().map(|handle| Arc::new(TcpStream::from(handle)));
        Self { stream }
    }
}
