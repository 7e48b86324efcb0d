//! Bodies read piece by piece, up to a limit.

use std::time::Duration;

use futures_util::StreamExt;
use rowgate_core::BodyError;
use web_sys::ReadableStream;
use worker::{ByteStream, Delay};

/// After so many pieces the timers have their turn, the body's deadline among them: the runtime gives them
/// none as long as a next piece is there, which a client of single bytes sees to.
const PIECES_IN_A_ROW: usize = 1_000;

/// Reads a body to its end, or until it is over the limit.
pub(crate) async fn read(
    stream: Option<ReadableStream>,
    limit: usize,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    let Some(stream) = stream else { return Ok(body) };
    let (mut stream, mut pieces) = (ByteStream::from(stream), 0);
    while let Some(piece) = stream.next().await {
        pieces += 1;
        if pieces % PIECES_IN_A_ROW == 0 {
            Delay::from(Duration::ZERO).await;
        }
        let piece = piece.map_err(|_| BodyError::Broken)?;
        if body.len() + piece.len() > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend(piece);
    }
    Ok(body)
}
