//! Bodies of which a rest can be read after all, or that stop in the middle.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use futures_util::stream;
use http_body_util::BodyExt;
use tokio::sync::Mutex;

/// How long the half of an answer has to get out before the connection is closed.
const FLUSH: Duration = Duration::from_millis(20);

/// A request's body of which a second handle is kept.
#[derive(Clone)]
pub(super) struct SharedBody(Arc<Mutex<Body>>);

impl SharedBody {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body)))
    }

    /// A body that takes from this one.
    pub(super) async fn to_body(&self) -> s3s::Body {
        // No length that is known would mean something else than none at all.
        if self.0.lock().await.is_end_stream() {
            return s3s::Body::empty();
        }
        let data = stream::unfold(self.clone(), |shared| async {
            let data = shared.next().await?;
            Some((data, shared))
        });
        s3s::Body::http_body_unsync(Body::from_stream(data))
    }

    /// Reads the unread rest and drops it.
    ///
    /// A client that is cut off while it sends would see a broken connection, not the answer.
    pub(super) async fn drain(self) {
        while let Some(Ok(_)) = self.next().await {}
    }

    async fn next(&self) -> Option<Result<Bytes, axum::Error>> {
        let frame = self.0.lock().await.frame().await?;
        Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
    }
}

/// Lets `left` bytes of a body pass, and then fails, by which the server closes the connection.
pub(super) fn cut(body: Body, left: u64) -> Body {
    Body::from_stream(stream::unfold((body, left), |(mut body, left)| async move {
        if left == 0 {
            tokio::time::sleep(FLUSH).await;
            return Some((Err(io::Error::other("a fault on demand")), (body, left)));
        }
        let frame = body.frame().await?;
        let mut data = frame.ok()?.into_data().unwrap_or_default();
        data.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        let left = left - data.len() as u64;
        Some((Ok(data), (body, left)))
    }))
}
