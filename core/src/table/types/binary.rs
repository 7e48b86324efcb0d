//! BINARY, VARBINARY and TINYBLOB to LONGBLOB: bytes, as base64.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::answer::Answer;
use super::avro_type::{AvroType, AvroValue};
use super::definition::{Definition, LONG_SOURCE, Rules};
use super::key_kind::KeyKind;
use super::raw::{number, split_once, strip, text};
use crate::table::issue::RowErrorKind;
use crate::table::value::{Cell, RawField};

/// A type of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Binary {
    /// The type without its length.
    name: &'static str,
    max_bytes: usize,
    has_length: bool,
    /// Whether shorter values get zeros behind them.
    is_padded: bool,
}

impl Binary {
    /// The type of this name in `information_schema`: `binary(16)`, `varbinary(255)`, `blob`.
    pub(super) const fn of(name: &[u8], format: Option<&[u8]>, _: Option<&[u8]>) -> Option<Self> {
        if format.is_some() {
            return None;
        }
        let (name, max_bytes) = match name {
            b"tinyblob" => ("tinyblob", 255),
            b"blob" => ("blob", 65_535),
            b"mediumblob" => ("mediumblob", 16_777_215),
            b"longblob" => ("longblob", 4_294_967_295),
            name => return Self::of_length(name),
        };
        Some(Self { name, max_bytes, has_length: false, is_padded: false })
    }

    const fn of_length(name: &[u8]) -> Option<Self> {
        let (name, rest, most) = match (strip(name, b"binary("), strip(name, b"varbinary(")) {
            (Some(rest), _) => ("binary", rest, 255),
            (_, Some(rest)) => ("varbinary", rest, 65_535),
            _ => return None,
        };
        let Some((digits, b"")) = split_once(rest, b')') else { return None };
        match number(digits) {
            Some(max_bytes) if max_bytes >= 1 && max_bytes <= most => {
                let is_padded = name.len() == "binary".len();
                Some(Self { name, max_bytes, has_length: true, is_padded })
            }
            _ => None,
        }
    }

    fn check_length(self, bytes: usize) -> Result<(), RowErrorKind> {
        let limit = self.max_bytes;
        match bytes {
            got if got > limit => Err(RowErrorKind::TooManyBytes { limit, got }),
            got if self.is_padded && got < limit => {
                Err(RowErrorKind::TooFewBytes { expected: limit, got })
            }
            _ => Ok(()),
        }
    }
}

/// How many bytes a text is the base64 of, if it is any.
fn length(text: &str) -> Option<usize> {
    STANDARD.decode(text).ok().map(|bytes| bytes.len())
}

impl Definition for Binary {
    fn expected(self) -> &'static str {
        "a string of base64"
    }

    fn sql_name(self) -> String {
        match self.has_length {
            true => format!("{}({})", self.name, self.max_bytes),
            false => self.name.to_owned(),
        }
    }

    fn most_bytes(self) -> u64 {
        // Of base64.
        (self.max_bytes as u64).div_ceil(3) * 4
    }

    fn character_set(self) -> Option<&'static str> {
        None
    }

    #[inline(never)]
    fn parse<'r>(self, field: RawField<'r>, _: &Rules) -> Result<Cell<'r>, RowErrorKind> {
        let text = text(field, self.expected())?;
        let bytes = length(&text).ok_or(RowErrorKind::InvalidBase64)?;
        self.check_length(bytes).map(|()| Cell::Text(text))
    }

    fn reads_as_value(self, _: &str) -> Option<bool> {
        None
    }

    fn source(self) -> &'static str {
        LONG_SOURCE
    }

    fn written(self, source: &str) -> String {
        format!("FROM_BASE64({source})")
    }

    /// The databases break lines after 76 characters.
    fn canonical(self, column: &str) -> String {
        format!("REPLACE(TO_BASE64({column}), CHAR(10 USING utf8mb4), '')")
    }

    fn digest(self, column: &str) -> String {
        self.canonical(column)
    }

    fn exact(self, column: &str) -> String {
        column.to_owned()
    }

    fn answer(self) -> Answer {
        Answer::Text
    }

    fn key_kind(self) -> KeyKind {
        KeyKind::Bytes
    }

    fn avro(self) -> AvroType {
        AvroType::Bytes
    }

    fn accepts(self, value: AvroValue) -> bool {
        value == AvroValue::Bytes
    }

    fn accepted(self) -> &'static str {
        "bytes or fixed"
    }
}
