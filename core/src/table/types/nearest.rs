//! The binary floating point number that is nearest to a decimal one.
//!
//! The standard library finds the same numbers by a table of 10 kB, which would be a fifteenth of all that the page
//! fetches at first.

use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::decimal::significant;

/// What numbers of a width there are: so many bits, from which step on, up to which one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width {
    bits: i32,
    /// All numbers are multiples of 2 to the power of this.
    least: i32,
    greatest: f64,
}

/// DOUBLE: 64 bits.
pub(super) const DOUBLE: Width = Width { bits: 53, least: -1_074, greatest: f64::MAX };
/// FLOAT: 32 bits.
pub(super) const FLOAT: Width = Width { bits: 24, least: -149, greatest: f32::MAX as f64 };

/// The number nearest to a token in JSON's notation; of two that are equally near the even one, infinity beyond the
/// greatest.
pub(super) fn nearest(token: &str, width: Width) -> f64 {
    let (minus, digits, point) = significant(token);
    let magnitude = match point {
        _ if digits.is_empty() => 0.0,
        point if point > BEYOND_ALL => f64::INFINITY,
        point if point < -BEYOND_ALL => 0.0,
        point => round(leading(&digits, point as i32), width),
    };
    if minus.is_empty() { magnitude } else { -magnitude }
}

/// The least number above 0 has 323 zeros behind its point, the greatest 309 digits before it.
const BEYOND_ALL: i64 = 330;
/// What lies in the middle of two numbers has at most 768 digits: from there on it counts only whether there are more.
const MOST_DIGITS: usize = 800;

/// The leading bits of a number: `top` and a fraction below 1 that is 0 or not, times 2 to the power of `exponent`.
#[derive(Clone, Copy)]
struct Leading {
    /// Its first bit is set.
    top: u64,
    exponent: i32,
    is_more: bool,
}

/// The leading bits of 0.digits times 10 to the power of `point`.
fn leading(digits: &str, point: i32) -> Leading {
    let power = point - digits.len().min(MOST_DIGITS + 1) as i32;
    match digits.parse::<u64>() {
        Ok(whole) if power.unsigned_abs() <= MOST_SMALL => leading_of_small(whole, power),
        _ => leading_of_big(digits, power),
    }
}

/// 5 to the power of 27 has 63 bits.
const MOST_SMALL: u32 = 27;

/// The leading bits of a number times 10 to the power of `power`, in 128 bits.
fn leading_of_small(whole: u64, power: i32) -> Leading {
    let (whole, fives) = (u128::from(whole), 5_u128.pow(power.unsigned_abs()));
    if power >= 0 {
        return leading_of_bits(whole * fives, power, false);
    }
    let shift = whole.leading_zeros();
    let dividend = whole << shift;
    let quotient = dividend / fives;
    leading_of_bits(quotient, power - shift as i32, quotient * fives != dividend)
}

/// The leading bits of a number of at least 64 bits behind its zeros, or one that is whole.
fn leading_of_bits(number: u128, exponent: i32, is_more: bool) -> Leading {
    let shift = number.leading_zeros();
    let bits = number << shift;
    let is_more = is_more || bits as u64 != 0;
    Leading { top: (bits >> 64) as u64, exponent: exponent - shift as i32 + 64, is_more }
}

/// The leading bits of digits times 10 to the power of `power`, however many they are.
fn leading_of_big(digits: &str, power: i32) -> Leading {
    let mut number = Big::of_digits(digits);
    let fives = power.unsigned_abs();
    if power >= 0 {
        number.times_five(fives);
        return number.over(Big(vec![1]), power);
    }
    let mut divisor = Big(vec![1]);
    divisor.times_five(fives);
    number.over(divisor, power)
}

/// A whole number above 0 in pieces of 32 bits, the lowest first and the highest not 0.
struct Big(Vec<u32>);

impl Big {
    fn of_digits(digits: &str) -> Self {
        let mut number = Self(Vec::new());
        for digit in digits.bytes().take(MOST_DIGITS) {
            number.times_plus(10, u32::from(digit - b'0'));
        }
        // Digits do not end in 0, so that those behind are more than nothing.
        if digits.len() > MOST_DIGITS {
            number.times_plus(10, 1);
        }
        number
    }

    fn times_plus(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for piece in &mut self.0 {
            carry += u64::from(*piece) * u64::from(factor);
            *piece = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn times_five(&mut self, times: u32) {
        const MOST: u32 = 13;
        for _ in 0..times / MOST {
            self.times_plus(5_u32.pow(MOST), 0);
        }
        self.times_plus(5_u32.pow(times % MOST), 0);
    }

    fn bits(&self) -> u32 {
        self.0.len() as u32 * 32 - self.0.last().map_or(0, |piece| piece.leading_zeros())
    }

    fn shift_left(&mut self, bits: u32) {
        self.times_plus(1 << (bits % 32), 0);
        self.0.splice(0..0, vec![0; bits as usize / 32]);
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Takes a number away that is not greater.
    fn minus(&mut self, other: &Self) {
        let mut borrowed = false;
        for (at, piece) in self.0.iter_mut().enumerate() {
            let taken = other.0.get(at).copied().unwrap_or(0);
            let (less, is_below) = piece.overflowing_sub(taken);
            let (less, is_below_too) = less.overflowing_sub(u32::from(borrowed));
            *piece = less;
            borrowed = is_below || is_below_too;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    /// The leading bits of the quotient, times 2 to the power of `exponent`.
    fn over(mut self, mut divisor: Self, exponent: i32) -> Leading {
        let (bits, its) = (self.bits(), divisor.bits());
        self.shift_left(its.saturating_sub(bits));
        divisor.shift_left(bits.saturating_sub(its));
        // As long as each other, so that the quotient's first bit stands for 1 or a half.
        let mut leading =
            Leading { top: 0, exponent: exponent + bits as i32 - its as i32 + 1, is_more: false };
        while leading.top.leading_zeros() > 0 {
            let fits = self.cmp(&divisor).is_ge();
            if fits {
                self.minus(&divisor);
            }
            leading.top = leading.top << 1 | u64::from(fits);
            leading.exponent -= 1;
            self.times_plus(2, 0);
        }
        leading.is_more = !self.0.is_empty();
        leading
    }
}

/// The nearest number of a width, the even one of two.
fn round(number: Leading, width: Width) -> f64 {
    let Leading { top, exponent, is_more } = number;
    let shift = (64 - width.bits).max(width.least - exponent);
    if shift > 64 {
        return 0.0;
    }
    let (whole, rest) = (u128::from(top) >> shift, u128::from(top) & ((1 << shift) - 1));
    let is_up = match rest.cmp(&(1 << (shift - 1))) {
        Ordering::Less => false,
        Ordering::Equal => is_more || whole % 2 == 1,
        Ordering::Greater => true,
    };
    // At most 53 bits, or the next power of two: both are exact.
    let rounded = (whole as u64 + u64::from(is_up)) as f64 * power_of_two(exponent + shift);
    if rounded > width.greatest { f64::INFINITY } else { rounded }
}

/// 2 to a power from -1074 to 1023; infinity above.
fn power_of_two(power: i32) -> f64 {
    const FIRST: i32 = -1_074;
    const FIRST_WHOLE: i32 = -1_022;
    match power {
        1_024.. => f64::INFINITY,
        FIRST_WHOLE.. => f64::from_bits(((power - FIRST_WHOLE + 1) as u64) << 52),
        _ => f64::from_bits(1 << (power - FIRST)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    fn check(token: &str) {
        let (double, float) = (token.parse::<f64>().unwrap(), token.parse::<f32>().unwrap());
        assert_eq!(nearest(token, DOUBLE).to_bits(), double.to_bits(), "DOUBLE {token}");
        assert_eq!(nearest(token, FLOAT).to_bits(), f64::from(float).to_bits(), "FLOAT {token}");
    }

    /// All digits of a number that is at least 0, as many behind the point as any double has.
    fn digits(value: f64) -> String {
        format!("{value:.1074}").replace('.', "")
    }

    /// The middle of two numbers as digits, of which 1075 are behind the point.
    fn middle(one: f64, other: f64) -> Vec<u8> {
        let (one, other) = (digits(one), digits(other));
        let one = format!("{one:0>width$}0", width = other.len());
        let mut sum = vec![0; one.len() + 1];
        let mut carry = 0;
        for (at, (a, b)) in one.bytes().rev().zip((other + "0").bytes().rev()).enumerate() {
            let both = a + b - 2 * b'0' + carry;
            (sum[at], carry) = (both % 10, both / 10);
        }
        sum[one.len()] = carry;
        let mut rest = 0;
        sum.iter()
            .rev()
            .map(|digit| {
                let all = rest * 10 + digit;
                rest = all % 2;
                b'0' + all / 2
            })
            .collect()
    }

    /// Checks a number of 1075 digits behind the point in several notations, and what is next to it.
    fn check_around(exact: &[u8], behind: usize) {
        let text = core::str::from_utf8(exact).unwrap();
        let cut = text.trim_end_matches('0');
        let power = text.len() as i32 - cut.len() as i32 - behind as i32;
        let whole = cut.trim_start_matches('0');
        let Some(last) = whole.bytes().last() else { return check("0") };
        let (before, less) = (&whole[..whole.len() - 1], (last - 1) as char);
        check(&format!("{whole}e{power}"));
        check(&format!("-{whole}e{power}"));
        check(&format!("{whole}1e{}", power - 1));
        check(&format!("{whole}{}1e{}", "0".repeat(900), power - 901));
        check(&format!("{before}{less}9e{}", power - 1));
        check(&format!("{before}{less}{}e{}", "9".repeat(900), power - 900));
        let (start, end) = text.split_at(text.len() - behind);
        check(&format!("{}.{end}", start.trim_start_matches('0').to_string() + "0"));
        for length in [17, 19, 20, 40].into_iter().filter(|length| *length < whole.len()) {
            check(&format!("{}e{}", &whole[..length], power + (whole.len() - length) as i32));
        }
    }

    #[test]
    fn at_the_edges() {
        for text in [
            "0",
            "-0",
            "0.0",
            "0e999",
            "1",
            "1e0",
            "1E+2",
            "1e-2",
            "10",
            "100e-2",
            "0.1",
            "0.3",
            "9007199254740993",
            "9007199254740992.5",
            "9007199254740993.0000000000000000000000000001",
            "16777217",
            "16777219",
            "1e22",
            "1e23",
            "1e27",
            "1e28",
            "1e-27",
            "1e-28",
            "18446744073709551615",
            "18446744073709551616",
            "18446744073709551615e27",
            "18446744073709551615e-27",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e308",
            "1e309",
            "1e310",
            "1e400",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "3.4028235e38",
            "3.4028235677973366e38",
            "3.4028236e38",
            "5e-324",
            "4.9406564584124654e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2e-324",
            "1e-323",
            "1e-400",
            "2.2250738585072011e-308",
            "2.2250738585072012e-308",
            "2.2250738585072014e-308",
            "1e-45",
            "7e-46",
            "7.006492321624085e-46",
            "7.0064923216240854e-46",
            "1.1754942e-38",
            "1.17549435e-38",
            "0.00000000000000000000000000000001074680685952104906798206153741571739118145365459733523295741963732297108435886912047863006591796875",
            "1225937177203635334968566894531251e-24",
        ] {
            check(text);
        }
        for zeros in [1, 300, 330, 1_000] {
            let zeros = "0".repeat(zeros);
            check(&format!("1{zeros}"));
            check(&format!("0.{zeros}1"));
            check(&format!("{zeros}1{zeros}e-{}", zeros.len()));
            check(&format!("0.{zeros}1e{}", zeros.len()));
        }
    }

    proptest! {
        #[test]
        fn of_any_digits(whole in "[0-9]{1,40}", fraction in "(\\.[0-9]{1,40})?", power in -420_i32..420) {
            check(&format!("{whole}{fraction}"));
            check(&format!("-{whole}{fraction}e{power}"));
        }

        #[test]
        fn of_what_fits_128_bits(whole in any::<u64>(), bits in 0_u32..64, power in -28_i32..=28) {
            check(&format!("{}e{power}", whole >> bits));
        }

        #[test]
        fn of_every_double(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            check(&format!("{value:e}"));
            check(&format!("{value:.16e}"));
            check(&format!("{value:.24e}"));
        }

        #[test]
        fn of_many_digits(digits in "[1-9][0-9]{700,900}", power in -1_300_i32..-400) {
            check(&format!("{digits}e{power}"));
        }

        #[test]
        fn around_the_middle_of_two_doubles(bits in 0..f64::INFINITY.to_bits() - 1, small in 0_u32..64) {
            for bits in [bits, bits >> small] {
                let middle = middle(f64::from_bits(bits), f64::from_bits(bits + 1));
                check_around(&middle, 1_075);
            }
        }

        #[test]
        fn around_the_middle_of_two_floats(bits in 0..f32::INFINITY.to_bits() - 1, small in 0_u32..32) {
            for bits in [bits, bits >> small] {
                let [one, other] = [bits, bits + 1].map(|bits| f64::from(f32::from_bits(bits)));
                check_around(&middle(one, other), 1_075);
            }
        }
    }
}
