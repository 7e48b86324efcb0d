//! Bodies read piece by piece, up to a limit.

use futures_util::StreamExt;
use rowgate_core::BodyError;
use web_sys::ReadableStream;
use worker::ByteStream;

/// Reads a body to its end, or until it is over the limit.
pub(crate) async fn read(
    stream: Option<ReadableStream>,
    limit: usize,
) -> Result<Vec<u8>, BodyError> {
    let mut body = Vec::new();
    let Some(stream) = stream else { return Ok(body) };
    let mut stream = ByteStream::from(stream);
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|_| BodyError::Broken)?;
        if body.len() + piece.len() > limit {
            return Err(BodyError::TooLarge);
        }
        body.extend(piece);
    }
    Ok(body)
}
