//! Lists in messages.

use core::fmt;

/// Extensions as `.a, .b and .c`.
pub(crate) struct AllOf<'l>(pub(crate) &'l [&'l str]);

impl fmt::Display for AllOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, extension) in self.0.iter().enumerate() {
            f.write_str(match position {
                0 => "",
                last if last + 1 == self.0.len() => " and ",
                _ => ", ",
            })?;
            write!(f, ".{extension}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn the_last_of_several_has_an_and() {
        for (extensions, text) in [
            (&[][..], ""),
            (&["a"], ".a"),
            (&["a", "b"], ".a and .b"),
            (&["a", "b", "c"], ".a, .b and .c"),
        ] {
            assert_eq!(AllOf(extensions).to_string(), text);
        }
    }
}
