//! What has to be told before a file can be read.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// One thing that a file does not show for certain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutQuestion {
    /// What it is about, in one word.
    pub kind: &'static str,
    /// What was seen, in words.
    pub seen: String,
    /// The options of which one decides, as `name=value`; empty where none does.
    pub options: Vec<String>,
}

/// `the days may be months; give date_order=dmy or date_order=mdy`
impl fmt::Display for LayoutQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.seen)?;
        match self.options.split_last() {
            None => Ok(()),
            Some((last, [])) => write!(f, "; give {last}"),
            Some((last, others)) => write!(f, "; give {} or {last}", others.join(", ")),
        }
    }
}
