//! How much memory the requests of one gate take together, and what each caller's share of it is.
//!
//! What a request takes is counted as what its body becomes: rows are kept as the JSON of their
//! statements, in which a control character has six bytes, and a statement is copied into the request
//! that carries it.

use alloc::format;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::problem::Problem;
use crate::aws::data_api::REQUEST_LIMIT;

/// The most bytes of bodies that are being read. An isolate has 128 MB; the program, what an allocator
/// cannot use, and what JavaScript holds come on top of both limits.
pub(super) const READING: usize = 16 << 20;

/// The most bytes of requests whose bodies are there.
pub(super) const WORKING: usize = 64 << 20;

/// Callers are told apart by this many slots; two in one slot have one share.
const SLOTS: usize = 1_024;

/// What a byte becomes at most, besides the bytes of a statement.
const MOST_OF_A_BYTE: usize = 6;

/// A row's place and key, and the keys of its parents with their places.
const BYTES_OF_A_ROW: usize = 256;

/// A body that becomes no more than this is not counted byte by byte.
const SMALL: usize = 256 << 10;

/// So many bytes, of which a key takes at most half as long as it has another request in flight, and an
/// address three quarters: behind it may be many clients, and a key must not take all that the others have.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    used: AtomicUsize,
    shares: [AtomicUsize; SLOTS],
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, used: AtomicUsize::new(0), shares: [const { AtomicUsize::new(0) }; SLOTS] }
    }

    /// Takes so many bytes for a request of these callers (its key, and its address if that is known),
    /// or refuses it.
    pub(super) fn reserve(
        &self,
        key: &str,
        address: &str,
        bytes: usize,
    ) -> Result<Reserved<'_>, Problem> {
        let by_address = (!address.is_empty()).then(|| (self.share(address), self.limit / 4 * 3));
        let shares = [Some((self.share(key), self.limit / 2)), by_address];
        let mut reserved = Reserved { limit: self.limit, used: &self.used, shares, bytes: 0 };
        reserved.resize(bytes)?;
        Ok(reserved)
    }

    fn share(&self, caller: &str) -> &AtomicUsize {
        // FNV-1a.
        let hash = caller.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        &self.shares[(hash ^ (hash >> 32)) as usize % SLOTS]
    }
}

/// Bytes of a request in flight; given back when it is answered or given up.
#[derive(Debug)]
pub(super) struct Reserved<'b> {
    limit: usize,
    used: &'b AtomicUsize,
    /// What the key and the address take, and may take.
    shares: [Option<(&'b AtomicUsize, usize)>; 2],
    bytes: usize,
}

impl Reserved<'_> {
    /// Takes so many bytes instead of those before, or refuses the request.
    pub(super) fn resize(&mut self, bytes: usize) -> Result<(), Problem> {
        let before = core::mem::replace(&mut self.bytes, bytes);
        let fits = |counter: &AtomicUsize, most| {
            let others = counter.fetch_add(bytes, Ordering::Relaxed) - before;
            counter.fetch_sub(before, Ordering::Relaxed);
            others + bytes <= most || others == 0
        };
        let is_within = fits(self.used, self.limit);
        // Each counter is moved, whatever the others say.
        let are_shares_within =
            self.shares.iter().flatten().fold(true, |all, (share, most)| fits(share, *most) && all);
        if bytes <= before || is_within && are_shares_within {
            return Ok(());
        }
        Err(Problem::unavailable("busy", "too many bytes are being worked on; try again"))
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let shares = self.shares.iter().flatten().map(|(share, _)| *share);
        for counter in shares.chain([self.used]) {
            counter.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

/// The most bytes that a body takes while it is read, checked and stored; itself included, and its text where
/// that is another one. `is_decoded` says whether the request names another encoding than UTF-8.
pub(super) fn most_bytes(body: &[u8], max_rows: u64, is_decoded: bool) -> usize {
    let added = added_by_decoding(body, is_decoded);
    let simple = body.len().saturating_mul(MOST_OF_A_BYTE + 1);
    let rows_bytes = if simple <= SMALL { simple } else { rows_bytes(body) };
    let rows = 1 + memchr::memchr3_iter(b'\n', b'\r', b'{', body).count() as u64;
    let text = added.map_or(0, |added| body.len() + added);
    kept_bytes(body.len(), rows.min(max_rows), rows_bytes + added.unwrap_or_default()) + text
}

/// How many bytes more a body becomes in UTF-8, if it may be in another encoding.
///
/// A byte of an 8-bit encoding that is not ASCII becomes three at most, and the two of a UTF-16 unit become
/// three, or four where they are no character.
fn added_by_decoding(body: &[u8], is_decoded: bool) -> Option<usize> {
    let is_utf_8 = core::str::from_utf8(body).is_ok() && memchr::memchr(0, body).is_none();
    let high = body.iter().filter(|byte| !byte.is_ascii()).count();
    (is_decoded || !is_utf_8).then(|| body.len().max(2 * high))
}

/// Refuses a body that cannot be worked on even by itself.
pub(super) fn check_alone(bytes: usize) -> Result<(), Problem> {
    if bytes <= WORKING {
        return Ok(());
    }
    let detail = format!(
        "the body becomes {bytes} bytes of statements, of at most {WORKING}; send fewer rows"
    );
    Err(Problem::new(413, "too_many_bytes", detail))
}

/// What a request takes whose rows have become so many bytes.
pub(super) fn kept_bytes(body: usize, rows: u64, rows_bytes: usize) -> usize {
    let places = usize::try_from(rows).unwrap_or(usize::MAX).saturating_mul(BYTES_OF_A_ROW);
    body + rows_bytes + places + statement_bytes(rows_bytes)
}

/// The request that carries a statement.
fn statement_bytes(rows: usize) -> usize {
    rows.saturating_add(rows / 4).min(REQUEST_LIMIT)
}

/// The most bytes of the rows' JSON, with the brackets and quotes of a single row.
fn rows_bytes(body: &[u8]) -> usize {
    8 + body.iter().map(|byte| usize::from(BYTES[usize::from(*byte)])).sum::<usize>()
}

/// What each byte becomes at most: a control character, or its escape in JSON, six bytes; a comma
/// `null,` or `","`; a quote two.
const BYTES: [u8; 256] = {
    let mut bytes = [1; 256];
    let mut byte = 0;
    while byte < 0x20 {
        bytes[byte] = MOST_OF_A_BYTE as u8;
        byte += 1;
    }
    bytes[b'\\' as usize] = MOST_OF_A_BYTE as u8;
    bytes[b',' as usize] = 5;
    bytes[b'"' as usize] = 2;
    bytes
};

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    use crate::format::encoding::{Encoding, decoded};
    use crate::format::formats::LineFormat;
    use crate::format::json::{self, BodyItem};
    use crate::format::row_reader::{GivenLayout, Opening};
    use crate::ingest::{IngestOptions, OnError, RequestRows};
    use crate::table::schema::OFFICE;

    const MAX_ROWS: u64 = 10_000;
    const LIMIT: usize = 1_000;

    fn status(result: Result<Reserved<'_>, Problem>) -> u16 {
        result.map_or_else(|problem| problem.response().status, |_| 200)
    }

    #[test]
    fn a_key_and_an_address_leave_something_to_others() {
        let (budget, here, there) = (Budget::new(LIMIT), "203.0.113.7", "203.0.113.8");
        let first = budget.reserve("a", here, LIMIT / 2).unwrap();
        assert_eq!(status(budget.reserve("a", here, 1)), 503);
        assert_eq!(status(budget.reserve("a", there, 1)), 503);
        let second = budget.reserve("b", here, LIMIT / 4).unwrap();
        assert_eq!(status(budget.reserve("c", here, 1)), 503);
        let third = budget.reserve("c", there, LIMIT / 4).unwrap();
        assert_eq!(status(budget.reserve("d", there, 1)), 503);
        assert_eq!(status(budget.reserve("d", "", 1)), 503);
        drop((first, second, third));
        assert_eq!(status(budget.reserve("a", here, LIMIT)), 200);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
        assert!(budget.shares.iter().all(|share| share.load(Ordering::Relaxed) == 0));
    }

    #[test]
    fn a_request_becomes_larger_or_smaller() {
        let budget = Budget::new(LIMIT);
        let mut first = budget.reserve("a", "", 1).unwrap();
        // The only one of its caller may take more than a share.
        first.resize(LIMIT - 1).unwrap();
        let mut second = budget.reserve("b", "", 1).unwrap();
        assert_eq!(second.resize(2).unwrap_err().response().status, 503);
        drop(second);
        first.resize(10).unwrap();
        assert_eq!(status(budget.reserve("b", "", LIMIT - 10)), 200);
        assert_eq!(check_alone(WORKING + 1).unwrap_err().response().status, 413);
        drop(first);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }

    /// The rows of a body, of which all that are good are kept.
    fn take(body: &str, format: Option<LineFormat>) -> RequestRows {
        take_text(body.as_bytes(), format)
    }

    fn take_text(body: &[u8], format: Option<LineFormat>) -> RequestRows {
        let table = OFFICE.table("employees").unwrap();
        let options = IngestOptions { on_error: OnError::Skip, ..IngestOptions::default() };
        let mut request = RequestRows::new(OFFICE, options);
        let sink = |part: BodyItem<'_>| {
            if let BodyItem::Row(table, row) = part {
                request.row(table, row);
            }
            true
        };
        match format {
            None => _ = json::decode_rows(body, table, sink),
            Some(format) => {
                let (given, start, is_whole) = (&GivenLayout::default(), &[], true);
                let opening = Opening { table, given, is_settled: true, start, is_whole };
                let mut rows = format.format().open(opening);
                let mut input = body;
                while rows.next(&mut input) || rows.end() {
                    request.row(table, rows.row());
                }
            }
        }
        request
    }

    #[test]
    fn control_characters_are_counted_as_what_they_become() {
        let row = |id| format!("{id},{},2021-07-27T16:02:08Z,1,1\n", "\u{1}".repeat(250));
        let body: String = (1..=1_000).map(row).collect();
        let request = take(&body, Some(LineFormat::Csv));
        assert!(request.bytes() > 5 * body.len());
        let most = most_bytes(body.as_bytes(), MAX_ROWS, false);
        let kept = kept_bytes(body.len(), request.received(), request.bytes());
        assert!((kept..kept * 11 / 10).contains(&most), "{kept} of {most}");
    }

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[\\x00-\\x1f]{0,40}", "[\"\\\\,\\n\\r]{0,40}", "[a-c😀é\u{2028}\\x7f]{0,40}",]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_body_becomes_more_than_it_is_counted_for(
            texts in prop::collection::vec((any::<Option<u8>>(), text()), 1..40),
            many in 1_usize..6,
        ) {
            let texts: Vec<_> = texts.iter().cycle().take(texts.len() * many).enumerate().collect();
            let csv: String = texts.iter().map(|(id, (job, text))| {
                let job = job.map_or(String::new(), |job| format!("{job}"));
                format!("{},\"{}\",2021-07-27T16:02:08Z,{job},\n", id + 1, text.replace('"', "\"\""))
            }).collect();
            let rows: Vec<_> = texts.iter().map(|(id, (job, text))| serde_json::json!({
                "id": id + 1, "name": text, "job_id": job,
            })).collect();
            let array = serde_json::to_string(&rows).unwrap();
            let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
            for (body, format) in
                [(csv, Some(LineFormat::Csv)), (array, None), (lines, Some(LineFormat::Ndjson))]
            {
                let request = take(&body, format);
                let kept = kept_bytes(body.len(), request.received(), request.bytes());
                let most = most_bytes(body.as_bytes(), MAX_ROWS, false);
                prop_assert!(kept <= most, "{kept} of {most}: {body}");
            }
        }

        #[test]
        fn no_body_in_another_encoding_becomes_more_than_it_is_counted_for(
            names in prop::collection::vec("[€–a\u{1}é,\\\"中\u{ffff}]{0,60}", 1..60),
            bytes in prop::collection::vec(0x80_u8.., 0..60),
            many in 1_usize..30,
        ) {
            let names = names.iter().cycle().take(names.len() * many).enumerate();
            let csv: String = names.map(|(id, name)| {
                format!("{},\"{}\",2021-07-27T16:02:08Z,1,\n", id + 1, name.replace('"', "\"\""))
            }).collect();
            let utf_16 = csv.encode_utf16().flat_map(u16::to_le_bytes);
            let utf_16: Vec<u8> = utf_16.chain(bytes.iter().copied()).collect();
            let windows = [Encoding::Windows1252.encoded(csv.as_bytes()), bytes].concat();
            for (body, encoding) in [(utf_16, Encoding::Utf16Le), (windows, Encoding::Windows1252)] {
                let text = decoded(encoding, &body, true).unwrap();
                let request = take_text(&text, Some(LineFormat::Csv));
                let kept = kept_bytes(body.len(), request.received(), request.bytes()) + text.len();
                let most = most_bytes(&body, MAX_ROWS, true);
                prop_assert!(kept <= most, "{kept} of {most}: {csv}");
            }
        }
    }
}
