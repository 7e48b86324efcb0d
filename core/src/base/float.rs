//! Decimal texts as binary floating point numbers, each the nearest one.
//!
//! The standard library does so with a table of 10 kB, which the page and the Worker would carry.

/// The double that is nearest to a number in JSON's notation; infinite past the largest.
pub(crate) fn double(text: &str) -> Option<f64> {
    lexical_core::parse(text.as_bytes()).ok()
}

/// The same of 32 bits.
pub(crate) fn single(text: &str) -> Option<f32> {
    lexical_core::parse(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    fn assert_nearest(text: &str) {
        let bits = (double(text).map(f64::to_bits), single(text).map(f32::to_bits));
        let expected = (text.parse().ok().map(f64::to_bits), text.parse().ok().map(f32::to_bits));
        assert_eq!(bits, expected, "{text}");
    }

    #[test]
    fn numbers_that_are_hard_to_round_are_rounded_as_the_standard_library_does() {
        for text in [
            "0",
            "-0",
            "007.50",
            "1e23",
            "8.5e22",
            "9007199254740993",
            "9007199254740992.9999999999999999999",
            "2.2250738585072011e-308",
            "2.2250738585072012e-308",
            "2.2250738585072014e-308",
            "4.9e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.47e-324",
            "1e-400",
            "0e999",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.797693134862315808e308",
            "1.8e308",
            "1e400",
            "3.4028235e38",
            "3.4028236e38",
            "1.1754943e-38",
            "1.4e-45",
            "7.006492321624085e-46",
            "16777217",
            "0.1",
            "123456789012345678901234567890e-10",
            "6.631236846766476e-316",
            "1e-23",
            "5e-324",
        ] {
            assert_nearest(text);
            assert_nearest(&format!("-{text}"));
        }
        // Halfway between two doubles, and next to it, with more digits than a double has.
        let half = format!("{:.1100}", f64::from_bits(1) / 2.0 * 3.0);
        for text in [half.clone(), format!("{half}1"), format!("1.{}1", "0".repeat(900))] {
            assert_nearest(&text);
        }
        for text in ["", "e", "1e", "1e+", "a", "1a", "--1", "1 "] {
            assert_eq!((double(text), single(text)), (None, None), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_read_as_the_standard_library_does(
            text in "-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?",
            bits: u64,
            short: u32,
        ) {
            assert_nearest(&text);
            let (value, small) = (f64::from_bits(bits), f32::from_bits(short));
            if value.is_finite() && small.is_finite() {
                for text in [format!("{value:?}"), format!("{small:?}"), format!("{value:.30e}")] {
                    assert_nearest(&text);
                }
                // Between this double and the next one.
                let next = f64::from_bits(bits + 1);
                if next.is_finite() && value.abs() < 1e15 {
                    assert_nearest(&format!("{:.1074}", value / 2.0 + next / 2.0));
                }
            }
        }
    }
}
