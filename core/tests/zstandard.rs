//! Files that are packed with zstandard.

use std::io::Write;

use crate::load::load_bytes;
use crate::world::*;
use rowgate_core::{LoadOptions, OnError, Status};

fn pack(text: &[u8], level: i32) -> Vec<u8> {
    zstd::stream::encode_all(text, level).unwrap()
}

/// Rows that do not shrink to nothing.
fn rows(first: u32, count: u32) -> String {
    let row = |id: u32| format!("{id},{:x}\n", id.wrapping_mul(2_654_435_761));
    (first..first + count).map(row).collect()
}

#[test]
fn packed_files_are_unpacked_whatever_their_name() {
    let skipped = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
    let frames = [pack(b"id,job\n1,a\n2", 3), skipped.to_vec(), pack(b"", 1), pack(b",b\n", 19)];
    for path in ["jobs.csv.zst", "jobs.csv", "incoming/jobs/X.CSV.ZST", "jobs.csv.gz"] {
        let options = LoadOptions::default();
        let loaded = load_bytes(&frames.concat(), path, options, vec![updated(2)]);
        assert_eq!(loaded.counts(), (Status::Complete, [2, 2, 0, 0]), "{path}");
    }
    let skipped_first = [&skipped[..], &frames.concat()].concat();
    let options = LoadOptions::default();
    let loaded = load_bytes(&skipped_first, "jobs.csv.zst", options, vec![updated(2)]);
    assert_eq!(loaded.counts(), (Status::Complete, [2, 2, 0, 0]));
}

#[test]
fn what_cannot_be_unpacked_is_a_fault_of_the_file() {
    let whole = pack(rows(1, 50_000).as_bytes(), 3);
    let refusing = LoadOptions { on_error: OnError::Reject, ..LoadOptions::default() };
    let mut broken = whole.clone();
    let middle = broken.len() / 2;
    broken[middle..middle + 50].fill(0xAA);
    for (what, bytes) in [
        ("no zstandard", b"1,a\n".to_vec()),
        ("empty", Vec::new()),
        ("cut in its head", whole[..5].to_vec()),
        ("cut", whole[..whole.len() / 2].to_vec()),
        ("cut at its last byte", whole[..whole.len() - 1].to_vec()),
        ("broken", broken),
    ] {
        let loaded = load_bytes(&bytes, "jobs.csv.zst", refusing.clone(), vec![]);
        assert_eq!(loaded.counts().0, Status::Rejected, "{what}");
        assert!(loaded.errors().contains(&(None, "unreadable_zstandard")), "{what}");
    }
    // What was good up to there is stored, and the file is no complete one.
    let cut = &whole[..whole.len() / 2];
    let loaded = load_bytes(cut, "jobs.csv.zst", LoadOptions::default(), vec![updated(1)]);
    let (status, [received, stored, _, rejected]) = loaded.counts();
    assert_eq!((status, received, rejected), (Status::Partial, stored, 0));
}

#[test]
fn a_window_beyond_8_mib_is_refused_and_one_of_8_is_not() {
    for (log, is_read) in [(23, true), (24, false), (27, false)] {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(log).unwrap();
        encoder.write_all(b"id,job\n1,a\n").unwrap();
        encoder.flush().unwrap();
        encoder.write_all(b"2,b\n").unwrap();
        let packed = encoder.finish().unwrap();
        let options = LoadOptions::default();
        let answers = if is_read { vec![updated(2)] } else { vec![] };
        let loaded = load_bytes(&packed, "jobs.csv.zst", options, answers);
        match is_read {
            true => assert_eq!(loaded.counts().0, Status::Complete, "{log}"),
            false => assert_eq!(loaded.errors(), [(None, "unreadable_zstandard")], "{log}"),
        }
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let bomb = pack(&vec![b' '; 64 << 20], 19);
    assert!(bomb.len() < 10_000, "{}", bomb.len());
    let loaded = load_bytes(&bomb, "jobs.csv.zst", LoadOptions::default(), vec![]);
    assert_eq!(loaded.errors(), [(None, "unpacks_too_large")]);
}
