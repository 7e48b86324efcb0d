//! Exact numbers as texts, compared.

use core::cmp::Ordering;

/// The order of two numbers, which are digits, perhaps with a minus in front and a point between them.
pub(super) fn order(one: &str, other: &str) -> Ordering {
    let (one, other) = (Digits::of(one), Digits::of(other));
    match (one.is_negative, other.is_negative) {
        (false, false) => one.magnitude(&other),
        (true, true) => other.magnitude(&one),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

/// A number without the zeros that say nothing.
struct Digits<'t> {
    /// Whether it is below 0.
    is_negative: bool,
    whole: &'t str,
    fraction: &'t str,
}

impl<'t> Digits<'t> {
    fn of(text: &'t str) -> Self {
        let magnitude = text.trim_start_matches('-');
        let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_zero = whole.is_empty() && fraction.is_empty();
        Self { is_negative: magnitude.len() < text.len() && !is_zero, whole, fraction }
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        let whole = self.whole.len().cmp(&other.whole.len());
        whole
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| self.fraction.cmp(other.fraction))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_in_their_order() {
        let sorted = [
            "-18446744073709551616",
            "-100",
            "-99.5",
            "-99.45",
            "-0.001",
            "0",
            "0.0009",
            "0.001",
            "1",
            "1.05",
            "1.5",
            "9",
            "10",
            "9223372036854775807",
            "18446744073709551615",
            "100000000000000000000000000000000000.1",
        ];
        for (at, one) in sorted.iter().enumerate() {
            for (other_at, other) in sorted.iter().enumerate() {
                assert_eq!(order(one, other), at.cmp(&other_at), "{one} {other}");
            }
        }
        for [one, other] in [["-0", "0.00"], ["007", "7.0"], ["-1.50", "-1.5"], [".5", "0.5"]] {
            assert_eq!(order(one, other), Ordering::Equal, "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_integers(one: i64, other in -20..20_i64, shift in 0..4_usize) {
            let text = |number: i64| {
                let sign = if number < 0 { "-" } else { "" };
                let digits = format!("{:0>5}", number.unsigned_abs());
                let (whole, fraction) = digits.split_at(digits.len() - shift);
                format!("{sign}{whole}.{fraction}")
            };
            prop_assert_eq!(order(&text(one), &text(other)), one.cmp(&other));
            prop_assert_eq!(order(&text(other), &text(one)), other.cmp(&one));
            prop_assert_eq!(order(&text(one), &text(one)), Ordering::Equal);
        }
    }
}
