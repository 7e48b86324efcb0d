//! How the Data API answers a value.

/// In which member of a field a value comes, and how wide that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// As `longValue`, with at most so many digits; a sign counts as one.
    Long {
        /// The most digits.
        digits: usize,
    },
    /// As `stringValue`.
    Text,
}

impl Answer {
    /// The most bytes of an answer that a value takes, a text's own bytes aside.
    pub(crate) fn notation(self) -> usize {
        match self {
            // {"longValue":-9223372036854775808},
            Self::Long { digits } => 15 + digits,
            // {"stringValue":"…"}, with all that JSON escapes, or {"isNull":true},
            Self::Text => 20,
        }
    }

    /// About how many of these bytes most values do not take.
    pub(crate) fn surplus(self) -> usize {
        match self {
            Self::Long { digits } => digits - 1,
            Self::Text => 2,
        }
    }
}
