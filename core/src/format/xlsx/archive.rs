//! A workbook measured before it is opened: its parts are unpacked once, and thrown away.

use std::io::{Cursor, Read};

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use zip::ZipArchive;

/// The most bytes of a workbook, packed.
pub(super) const MOST_BYTES: usize = 64 << 20;

/// The most parts of a workbook; most have fewer than twenty.
const MOST_PARTS: u64 = 10_000;

/// Rows of a sheet shrink to a tenth.
const MOST_TIMES: u64 = 100;

/// Below this no ratio is asked after.
const HARMLESS: u64 = 16 << 20;

/// The most bytes of the texts that cells share, which are held in memory.
const MOST_STRINGS: u64 = 64 << 20;

/// The most bytes of each other part, the sheets aside.
const MOST_OTHER: u64 = 16 << 20;

/// The most tags in the texts that cells share, and in each other part: each may become a value in memory.
const MOST_STRING_TAGS: u64 = 8 << 20;
const MOST_OTHER_TAGS: u64 = 200_000;

/// The most bytes from one tag to the next; a cell has at most 32,767 characters.
const MOST_BETWEEN_TAGS: u64 = 1 << 20;

/// The most bytes of a word that is looked for.
const LONGEST_WORD: usize = 32;

/// How much is unpacked at a time.
const STEP: usize = 64 << 10;

/// Why a file cannot be read as a workbook, in words.
///
/// Answers what is to be looked at more closely.
pub(super) fn measure(bytes: &[u8]) -> Result<Traits, String> {
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(of_ole(bytes).into());
    }
    check_directory(bytes)?;
    let broken = |_| "the workbook is broken, or ends early".to_string();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let name =
        |at| archive.name_for_index(at).transpose().map(|it| it.unwrap_or_default().to_lowercase());
    let names: Vec<String> =
        (0..archive.len()).map(name).collect::<Result<_, _>>().map_err(broken)?;
    if !names.iter().any(|name| name == "[content_types].xml") {
        return Err(
            "this is a zip archive and no Excel workbook; save the table as .xlsx or CSV".into()
        );
    }
    if names.iter().any(|name| name.ends_with("vbaproject.bin")) {
        return Err("the workbook has macros; save it as .xlsx, without them".into());
    }
    if names.iter().any(|name| name == "xl/workbook.bin") {
        return Err("this is a binary workbook (.xlsb); save it as .xlsx".into());
    }
    let mut all = 0;
    let mut traits = Traits::default();
    for (at, name) in names.iter().enumerate() {
        if !(name.ends_with(".xml") || name.ends_with(".rels")) {
            continue;
        }
        let part = archive
            .by_index(at)
            .map_err(|error| format!("part {name} of the workbook: {error}"))?;
        let most = HARMLESS.max(bytes.len() as u64 * MOST_TIMES) - all;
        let measured = Measured::of(part, name, most)?;
        all += measured.bytes;
        let Traits { may_be_merged, may_have_formulas, is_uncalculated } = measured.traits;
        traits.may_be_merged |= may_be_merged;
        traits.may_have_formulas |= may_have_formulas && name.contains("/worksheets/");
        traits.is_uncalculated |= is_uncalculated;
    }
    Ok(traits)
}

/// What a file is that begins as the workbooks before 2007 do.
fn of_ole(bytes: &[u8]) -> &'static str {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    match memchr::memmem::find(bytes, &name) {
        Some(_) => "the workbook is encrypted; save it without a password",
        None => "this is a workbook of the old kind (.xls); save it as .xlsx",
    }
}

/// Refuses a directory of so many parts that it alone would fill the memory.
fn check_directory(bytes: &[u8]) -> Result<(), String> {
    const END: usize = 22;
    let no_zip = || "this is no Excel workbook, or one that ends early".to_string();
    let start = bytes.len().saturating_sub(END + 0xffff);
    let at = memchr::memmem::rfind(&bytes[start..], b"PK\x05\x06").ok_or_else(no_zip)? + start;
    let count = bytes.get(at + 10..at + 12).ok_or_else(no_zip)?;
    let mut parts = u64::from(u16::from_le_bytes([count[0], count[1]]));
    // The directory of a large archive says it elsewhere.
    if let Some(large) = memchr::memmem::rfind(&bytes[..at], b"PK\x06\x06")
        && let Some(count) = bytes.get(large + 32..large + 40)
        && memchr::memmem::rfind(&bytes[..at], b"PK\x06\x07").is_some()
    {
        parts = parts.max(u64::from_le_bytes(count.try_into().unwrap_or([0xff; 8])));
    }
    match parts > MOST_PARTS {
        true => Err(format!("the workbook has more than {MOST_PARTS} parts")),
        false => Ok(()),
    }
}

/// What stands somewhere in a workbook, and is looked at more closely if it does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// Cells may be merged.
    pub(super) may_be_merged: bool,
    /// Cells may have formulas.
    pub(super) may_have_formulas: bool,
    /// Formulas are calculated once the workbook is opened, so that their values are none yet.
    pub(super) is_uncalculated: bool,
}

/// What a part unpacks to.
#[derive(Debug, Default)]
struct Measured {
    bytes: u64,
    tags: u64,
    since_tag: u64,
    traits: Traits,
    /// The end of what has come, in which a word may begin.
    tail: Vec<u8>,
}

impl Measured {
    fn of(mut part: impl Read, name: &str, most: u64) -> Result<Self, String> {
        let is_sheet = name.contains("/worksheets/");
        let (own, tags) = match name.ends_with("/sharedstrings.xml") {
            true => (MOST_STRINGS, MOST_STRING_TAGS),
            false if is_sheet => (u64::MAX, u64::MAX),
            false => (MOST_OTHER, MOST_OTHER_TAGS),
        };
        let mut measured = Self::default();
        let mut step = vec![0; STEP];
        loop {
            let count = part
                .read(&mut step)
                .map_err(|_| format!("part {name} of the workbook is broken"))?;
            if count == 0 {
                return Ok(measured);
            }
            measured.take(&step[..count]);
            let Self { bytes, since_tag, .. } = measured;
            if bytes > own.min(most) || measured.tags > tags || since_tag > MOST_BETWEEN_TAGS {
                return Err(format!(
                    "part {name} of the workbook unpacks to more than is held in memory; save the table as CSV"
                ));
            }
        }
    }

    fn take(&mut self, step: &[u8]) {
        self.bytes += step.len() as u64;
        self.since_tag += step.len() as u64;
        for at in memchr::memchr_iter(b'<', step) {
            self.tags += 1;
            self.since_tag = (step.len() - at) as u64;
        }
        self.tail.extend_from_slice(step);
        let has = |word: &str| memchr::memmem::find(&self.tail, word.as_bytes()).is_some();
        self.traits.may_be_merged |= has("mergeCell ");
        self.traits.may_have_formulas |= has("<f>") || has("<f ") || has(":f>") || has(":f ");
        self.traits.is_uncalculated |=
            has("fullCalcOnLoad=\"1\"") || has("fullCalcOnLoad=\"true\"");
        self.tail.drain(..self.tail.len().saturating_sub(LONGEST_WORD));
    }
}
