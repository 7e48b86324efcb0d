//! The binary numbers that are nearest to decimal ones.
//!
//! The standard library has a table of 10 kB for it, which gzip does not make smaller; WebAssembly has a slower way without one.

/// The number of 64 bits that is nearest to a text in JSON's notation; infinite where it is too large.
pub(crate) fn double(text: &str) -> Option<f64> {
    #[cfg(not(target_arch = "wasm32"))]
    return text.parse().ok();
    #[cfg(target_arch = "wasm32")]
    return lexical_parse_float::FromLexical::from_lexical(text.as_bytes()).ok();
}

/// The same of 32 bits.
pub(crate) fn single(text: &str) -> Option<f32> {
    #[cfg(not(target_arch = "wasm32"))]
    return text.parse().ok();
    #[cfg(target_arch = "wasm32")]
    return lexical_parse_float::FromLexical::from_lexical(text.as_bytes()).ok();
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use lexical_parse_float::FromLexical;
    use proptest::prelude::*;

    fn same(text: &str) {
        let doubles = (f64::from_lexical(text.as_bytes()).unwrap(), text.parse::<f64>().unwrap());
        assert_eq!(doubles.0.to_bits(), doubles.1.to_bits(), "{text}");
        let singles = (f32::from_lexical(text.as_bytes()).unwrap(), text.parse::<f32>().unwrap());
        assert_eq!(singles.0.to_bits(), singles.1.to_bits(), "{text}");
    }

    /// A number, and a little more and less.
    fn around(half: &str) {
        let digits = half.replace(['.', '-'], "");
        same(half);
        same(&format!("{half}{}1", if half.contains('.') { "" } else { ".000" }));
        same(&format!("0.{digits}e{}", half.split('.').next().unwrap_or_default().len()));
    }

    #[test]
    fn what_is_far_or_long_is_the_same_without_the_table() {
        for text in
            ["0", "-0", "-0.0", "0e400", "1e400", "-1e400", "1e-400", "00012.50", "1E5", "1e+5"]
        {
            same(text);
        }
        for text in [
            "4.9e-324",
            "2.4703282292062327e-324",
            "1.7976931348623157e308",
            "16777217",
            "9007199254740993",
        ] {
            same(text);
        }
        same(&"9".repeat(400));
        same(&format!("0.{}1", "0".repeat(400)));
        same(&format!("1{}e-400", "0".repeat(400)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_number_is_the_same_without_the_table(text in "-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?") {
            same(&text);
        }

        #[test]
        fn a_number_between_two_is_the_same_without_the_table(
            (mantissa, shift) in ((1u64 << 52)..(1 << 53), 0..70u32),
            bits in 0..0x7f7f_fffeu32,
        ) {
            around(&((u128::from(mantissa) * 2 + 1) << shift).to_string());
            let (one, next) = (f32::from_bits(bits), f32::from_bits(bits + 1));
            around(format!("{:.160}", f64::midpoint(one.into(), next.into())).trim_end_matches('0'));
        }
    }
}
