//! Decimals: in Avro an integer of bytes, of which the schema says where the point is; in a cell
//! their digits.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::table::types::with_point;

/// The most digits that 128 bits hold, which are what the readers of Arrow and polars take.
pub(super) const MOST_DIGITS: usize = 38;

/// A text of digits with so many behind the point, none of them without a point, as the fewest bytes
/// of a big-endian integer in two's complement; `None` of any other text.
pub(in crate::format) fn to_bytes(text: &str, scale: usize) -> Option<Vec<u8>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let has_point = whole.len() < text.len();
    if fraction.len() != scale || has_point != (scale > 0) || fraction.starts_with(['+', '-']) {
        return None;
    }
    let unscaled: i128 = format!("{whole}{fraction}").parse().ok()?;
    let bytes = unscaled.to_be_bytes();
    let spare = bytes.windows(2).take_while(|pair| is_sign_of(pair[0], pair[1])).count();
    Some(bytes[spare..].to_vec())
}

/// The digits that such an integer stands for; `None` of one of more than 128 bits.
pub(in crate::format) fn to_text(bytes: &[u8], scale: usize) -> Option<String> {
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
    let (spare, last) = bytes.split_at(bytes.len().saturating_sub(16));
    let is_sign = |byte: &u8| *byte == sign;
    if !spare.iter().all(is_sign) || !spare.is_empty() && !is_sign_of(sign, last[0]) {
        return None;
    }
    let mut unscaled = [sign; 16];
    unscaled[16 - last.len()..].copy_from_slice(last);
    let unscaled = i128::from_be_bytes(unscaled);
    let minus = if unscaled < 0 { "-" } else { "" };
    let digits = unscaled.unsigned_abs().to_string();
    Some(format!("{minus}{}", with_point(&digits, scale)))
}

/// The same number without zeros at the end of its decimals: without a point where it is whole.
pub(super) fn shortest(mut text: String) -> String {
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text
}

/// Whether a byte says no more than the sign of the next one.
fn is_sign_of(byte: u8, next: u8) -> bool {
    byte == if next & 0x80 == 0 { 0 } else { 0xff }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn bytes_are_the_fewest_of_twos_complement() {
        for (text, scale, bytes) in [
            ("0", 0, vec![0]),
            ("0.00", 2, vec![0]),
            ("-0.01", 2, vec![0xff]),
            ("1.27", 2, vec![0x7f]),
            ("1.28", 2, vec![0, 0x80]),
            ("-1.28", 2, vec![0x80]),
            ("-1.29", 2, vec![0xff, 0x7f]),
            ("18446744073709551615", 0, vec![0, 255, 255, 255, 255, 255, 255, 255, 255]),
        ] {
            assert_eq!(to_bytes(text, scale).as_ref(), Some(&bytes), "{text}");
            assert_eq!(to_text(&bytes, scale).as_deref(), Some(text));
            let longer = [vec![if text.starts_with('-') { 0xff } else { 0 }; 20], bytes].concat();
            assert_eq!(to_text(&longer, scale).as_deref(), Some(text));
        }
    }

    #[test]
    fn other_texts_are_no_decimals() {
        for (text, scale) in [
            ("", 0),
            ("1", 1),
            ("1.5", 0),
            ("1.", 0),
            ("1.5", 2),
            ("x", 0),
            ("1.-5", 2),
            ("1e5", 0),
        ] {
            assert_eq!(to_bytes(text, scale), None, "{text} {scale}");
        }
    }

    #[test]
    fn zeros_at_the_end_of_decimals_are_not_needed() {
        for (text, expected) in [
            ("7.00", "7"),
            ("7.50", "7.5"),
            ("700", "700"),
            ("0.00", "0"),
            ("-0.10", "-0.1"),
            ("100.01", "100.01"),
        ] {
            assert_eq!(shortest(text.to_string()), expected);
        }
    }

    #[test]
    fn more_than_128_bits_are_not_read() {
        assert_eq!(to_text(&[], 0), None);
        assert_eq!(to_text(&[[0].as_slice(), &[0xff; 16]].concat(), 0), None);
        assert_eq!(to_text(&[[0xff].as_slice(), &[0x7f; 16]].concat(), 0), None);
        assert_eq!(to_text(&[1; 17], 0), None);
    }

    proptest! {
        #[test]
        fn any_decimal_comes_back(unscaled: i128, scale in 0..=38_usize) {
            let bytes = unscaled.to_be_bytes();
            let text = to_text(&bytes, scale).unwrap();
            let fewest = to_bytes(&text, scale).unwrap();
            prop_assert_eq!(to_text(&fewest, scale).unwrap(), text);
            prop_assert!(bytes.ends_with(&fewest));
        }
    }
}
