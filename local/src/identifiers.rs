//! Names that nothing else has.

/// A random UUID; all zeros if the machine has no randomness, which is not worth a failed call.
pub(crate) fn new_uuid() -> String {
    let mut bytes = random::<16>();
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text = hex(&bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// So many random bytes in hex, as AWS makes request ids and trace ids of them.
pub(crate) fn random_hex<const N: usize>() -> String {
    hex(&random::<N>())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let _ = getrandom::fill(&mut bytes);
    bytes
}
