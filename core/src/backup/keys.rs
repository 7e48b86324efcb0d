//! The names of runs, and the keys of their files.

use alloc::format;
use alloc::string::String;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::aws::s3::KEY_LIMIT;

/// Where all backups are.
pub(crate) const FOLDER: &str = "backups/";

/// Whether a text is a run's name, as `20270115T080000Z-1a2b3c4d`: nothing that leads elsewhere.
pub(crate) fn is_run(text: &str) -> bool {
    const FORM: &[u8] = b"00000000T000000Z-xxxxxxxx";
    let fits = |(byte, form): (u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
        _ => byte == *form,
    };
    text.len() == FORM.len() && text.bytes().zip(FORM).all(fits)
}

/// Whether a key is that of a file of a run: `backups/RUN/TABLE/part-00000.avro`, or with what the
/// steps of a state machine add, `part-00000-1a2b3c4d.avro`.
pub(super) fn is_part_key(run: &str, key: &str) -> bool {
    let rest = key.strip_prefix(FOLDER).and_then(|key| key.strip_prefix(run));
    let rest = rest.and_then(|rest| rest.strip_prefix('/'));
    let Some((table, name)) = rest.and_then(|rest| rest.split_once('/')) else { return false };
    let number = name.strip_prefix("part-").and_then(|name| name.strip_suffix(".avro"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_number = |number: &str| number.len() >= 5 && number.bytes().all(plain);
    let is_named = !matches!(table, "" | "." | "..") && number.is_some_and(is_number);
    is_named && key.len() <= KEY_LIMIT
}

pub(super) fn part_key(run: &str, table: &str, number: usize) -> String {
    format!("{}/part-{number:05}.avro", table_folder(run, table))
}

/// The folder of a table's files, without a slash at its end. In it all but ASCII letters, digits, `_` and `-` is
/// percent-encoded.
pub(crate) fn table_folder(run: &str, table: &str) -> String {
    const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'_').remove(b'-');
    format!("{FOLDER}{run}/{}", utf8_percent_encode(table, &RESERVED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_s_folder_is_one_folder_whatever_its_name() {
        const RUN: &str = "20270115T080000Z-1a2b3c4d";
        assert_eq!(part_key(RUN, "jobs", 0), format!("{FOLDER}{RUN}/jobs/part-00000.avro"));
        for name in ["Order Lines", "a/b", ".", "..", "%", "☺", "`", "a:b?c"] {
            let key = part_key(RUN, name, 0);
            assert!(is_part_key(RUN, &key), "{key}");
            assert_eq!(key.matches('/').count(), 3, "{key}");
        }
        assert!(is_part_key(RUN, &part_key(RUN, &"☺".repeat(64), 0)));
    }
}
