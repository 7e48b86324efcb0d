//! How many rows were rejected for what.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Rows by the codes of their errors, sorted by these. A row counts once for each code; a fault of a file or a request
/// as a whole counts as one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CodeCounts(Vec<(Cow<'static, str>, u64)>);

impl CodeCounts {
    /// Counts something wrong with a row, with all its codes.
    pub(super) fn add_row(&mut self, codes: impl Iterator<Item = &'static str>) {
        let mut counted: Vec<&str> = Vec::new();
        for code in codes {
            if !counted.contains(&code) {
                counted.push(code);
                self.add(Cow::Borrowed(code), 1);
            }
        }
    }

    fn add(&mut self, code: Cow<'static, str>, rows: u64) {
        match self.0.binary_search_by(|(known, _)| known.cmp(&code)) {
            Ok(at) => self.0[at].1 += rows,
            Err(at) => self.0.insert(at, (code, rows)),
        }
    }

    /// Adds counts that were stored; `false` if the text is none of [`to_json`](Self::to_json).
    pub(crate) fn add_stored(&mut self, text: &str) -> bool {
        let Ok(serde_json::Value::Object(counts)) = serde_json::from_str(text) else {
            return false;
        };
        let counts: Option<Vec<_>> =
            counts.into_iter().map(|(code, rows)| Some((code, rows.as_u64()?))).collect();
        let is_read = counts.is_some();
        counts.into_iter().flatten().for_each(|(code, rows)| self.add(Cow::Owned(code), rows));
        is_read
    }

    /// The codes with commas between them.
    pub(crate) fn codes(&self) -> String {
        self.0.iter().map(|(code, _)| code.as_ref()).collect::<Vec<_>>().join(",")
    }

    /// As an object of JSON; codes are letters, digits and `_`.
    pub(crate) fn to_json(&self) -> String {
        let members: Vec<_> =
            self.0.iter().map(|(code, rows)| format!("\"{code}\":{rows}")).collect();
        format!("{{{}}}", members.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&[&'static str]]) -> CodeCounts {
        let mut counts = CodeCounts::default();
        rows.iter().for_each(|codes| counts.add_row(codes.iter().copied()));
        counts
    }

    #[test]
    fn a_row_counts_once_for_each_code() {
        let counts = of(&[&["missing", "wrong_type", "missing"], &["exists"], &[], &["missing"]]);
        assert_eq!(counts.codes(), "exists,missing,wrong_type");
        assert_eq!(counts.to_json(), r#"{"exists":1,"missing":2,"wrong_type":1}"#);
        assert_eq!((of(&[]).codes(), of(&[]).to_json()), ("".into(), "{}".into()));
    }

    #[test]
    fn stored_counts_add_up() {
        let mut sum = of(&[&["missing"]]);
        for counts in [of(&[&["exists"], &["missing"]]), of(&[]), of(&[&["missing", "zero"]])] {
            assert!(sum.add_stored(&counts.to_json()));
        }
        assert_eq!(sum.to_json(), r#"{"exists":1,"missing":3,"zero":1}"#);
        let before = sum.clone();
        for text in ["", "[]", "null", r#"{"a":-1}"#, r#"{"a":1,"b":"2"}"#, "{\"a\":1"] {
            assert!(!sum.add_stored(text), "{text}");
        }
        assert_eq!(sum, before);
    }

    /// The ledger's column has room for every code there is.
    #[test]
    fn all_codes_fit_the_column() {
        let page = include_str!("../../../docs/errors.md");
        let names = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let mut all = CodeCounts::default();
        names.for_each(|code| all.add(Cow::Borrowed(code), u64::MAX));
        let column = "rejected_by_code VARCHAR(4096)";
        assert!(include_str!("../../../sql/ledger.sql").contains(column));
        assert!(all.0.len() > 50 && all.to_json().len() <= 4_096, "{}", all.to_json().len());
        assert!(all.codes().len() <= 2_048, "{}", all.codes().len());
    }
}
