//! What functions print, line by line into one file.

use std::process::Stdio;
use std::sync::Arc;

use anyhow::Result;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::unix::pipe::Receiver;

use crate::line_file::LineFile;

/// Standard output and standard error for a process.
///
/// Two pipes, so that a line on one is not torn by the other.
pub(super) fn pipe(log: Arc<LineFile>) -> Result<(Stdio, Stdio)> {
    Ok((pipe_into(Arc::clone(&log))?, pipe_into(log)?))
}

fn pipe_into(log: Arc<LineFile>) -> Result<Stdio> {
    let (reader, writer) = std::io::pipe()?;
    let reader = Receiver::from_owned_fd(reader.into())?;
    tokio::spawn(copy_lines(reader, log));
    Ok(writer.into())
}

/// Ends with the last process that has the other end.
async fn copy_lines(reader: impl AsyncRead + Unpin, log: Arc<LineFile>) {
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        match reader.read_until(b'\n', &mut line).await {
            Ok(length) if length > 0 => {
                // A full disk must not stop the function: the pipe is read on.
                let _ = log.append(line);
            }
            _ => return,
        }
    }
}
