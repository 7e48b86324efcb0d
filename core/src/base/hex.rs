//! Bytes as the hexadecimal that digests are written in.

use alloc::format;
use alloc::string::String;

/// Two digits for each byte, in lower case.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
