//! Times of a clock, and lengths of time.

use alloc::format;
use alloc::string::String;

/// The seconds of 838:59:59, the longest time that a database keeps.
const LONGEST: u32 = 838 * 3600 + 59 * 60 + 59;

/// A time `[-]H:MM:SS[.f]` with so many decimals, at most 6: others are cut off, or are zeros. `None` of what
/// is no such time, or is longer than 838:59:59.
pub(crate) fn canonical_time(text: &str, decimals: u8) -> Option<String> {
    let magnitude = text.strip_prefix('-').unwrap_or(text);
    let (clock, fraction) = magnitude.split_once('.').unwrap_or((magnitude, "0"));
    let seconds = seconds(clock).filter(|_| is_digits(fraction))?;
    if seconds > LONGEST || (seconds == LONGEST && !is_zero(fraction)) {
        return None;
    }
    let kept = format!("{fraction:0<6}");
    let kept = &kept[..decimals.into()];
    let has_minus = text.starts_with('-') && (seconds > 0 || !is_zero(kept));
    let minus = if has_minus { "-" } else { "" };
    let point = if decimals > 0 { "." } else { "" };
    Some(format!("{minus}{}{point}{kept}", clock_text(seconds)))
}

/// A count of units since midnight as `HH:MM:SS.f`; `None` of one that is of no day.
#[cfg(feature = "avro")]
pub(crate) fn time_text(count: i64, per_second: i64) -> Option<String> {
    let (seconds, fraction) = (count.div_euclid(per_second), count.rem_euclid(per_second));
    let width = per_second.ilog10() as usize;
    let seconds = u32::try_from(seconds).ok().filter(|seconds| *seconds < 86_400)?;
    Some(format!("{}.{fraction:0width$}", clock_text(seconds)))
}

fn clock_text(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The seconds of `H:MM:SS`.
fn seconds(clock: &str) -> Option<u32> {
    let (hours, rest) = clock.split_once(':')?;
    let (minutes, seconds) = rest.split_once(':')?;
    let sixtieth = |digits: &str| number(digits).filter(|it| digits.len() == 2 && *it < 60);
    Some(number(hours)? * 3600 + sixtieth(minutes)? * 60 + sixtieth(seconds)?)
}

/// At most three digits.
fn number(digits: &str) -> Option<u32> {
    (is_digits(digits) && digits.len() <= 3).then(|| digits.parse().ok())?
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_zero(digits: &str) -> bool {
    digits.bytes().all(|digit| digit == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is canonical stays as it is, and nothing panics.
        #[test]
        fn a_canonical_time_is_one(text in "-?[0-9]{1,4}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,9})?|.{0,12}", decimals in 0..=6_u8) {
            if let Some(canonical) = canonical_time(&text, decimals) {
                let again = canonical_time(&canonical, decimals);
                prop_assert_eq!(again.as_ref(), Some(&canonical));
            }
        }
    }

    #[cfg(feature = "avro")]
    #[test]
    fn a_count_is_a_time_of_a_day() {
        for (count, unit, expected) in [
            (0, 1_000, Some("00:00:00.000")),
            (86_399_999, 1_000, Some("23:59:59.999")),
            (57_728_000_001, 1_000_000, Some("16:02:08.000001")),
            (86_400_000, 1_000, None),
            (-1, 1_000, None),
            (i64::MAX, 1_000, None),
        ] {
            assert_eq!(time_text(count, unit).as_deref(), expected, "{count}");
        }
    }
}
