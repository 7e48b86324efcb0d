//! The names of loads and of those that hold them.

use alloc::format;
use alloc::string::String;

use sha2::{Digest, Sha256};

use crate::aws::host::Host;
use crate::base::hex::hex;

/// Parts that cannot run into each other, as 64 hexadecimal digits.
pub(super) fn digest(parts: &[&[u8]]) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_be_bytes());
        sha.update(part);
    }
    hex(&sha.finalize())
}

/// The id of a load: of what is claimed, so that the primary key is the lock.
pub(super) fn load_id(parts: &[&[u8]]) -> String {
    let mut id = digest(parts);
    id.truncate(32);
    id
}

/// The holder that all steps of an execution are.
pub(crate) fn holder_of(execution: &str) -> String {
    load_id(&[b"execution", execution.as_bytes()])
}

/// A name for one attempt, which no other attempt has.
pub(super) fn new_holder<H: Host>(host: &H) -> String {
    format!("{:016x}{:016x}", host.random(), host.random())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_eq!(load_id(&[b"a"]).len(), 32);
    }
}
