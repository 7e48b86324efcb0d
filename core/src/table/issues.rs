//! What is wrong with rows, as a list that does not grow without end.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::code_counts::CodeCounts;
use super::issue::{ISSUE_LIMIT, Issue, RowError};

/// A capped list of issues beside an exact count.
#[derive(Debug, Clone, Default)]
pub struct Issues {
    listed: Vec<Issue>,
    count: u64,
    by_code: CodeCounts,
}

impl Issues {
    /// Counts an issue, and keeps it while the list is short of [`ISSUE_LIMIT`].
    pub fn push(&mut self, issue: Issue) {
        self.count_one(&issue);
        if self.listed.len() < ISSUE_LIMIT {
            self.listed.push(issue);
        }
    }

    /// Counts everything that is wrong with a row, and keeps what the list has room for.
    pub(crate) fn push_row(
        &mut self,
        table: &'static str,
        index: Option<u64>,
        line: Option<u64>,
        errors: &[RowError],
    ) {
        self.count += errors.iter().map(RowError::count).sum::<u64>();
        self.by_code.add_row(errors.iter().map(|error| error.kind.code()));
        let room = ISSUE_LIMIT - self.listed.len();
        self.listed.extend(errors.iter().take(room).map(|error| Issue {
            table: Cow::Borrowed(table),
            index,
            line,
            error: error.clone(),
        }));
    }

    /// Counts an issue that is more important than all others.
    pub(crate) fn push_first(&mut self, issue: Issue) {
        self.count_one(&issue);
        self.listed.insert(0, issue);
        self.listed.truncate(ISSUE_LIMIT);
    }

    fn count_one(&mut self, issue: &Issue) {
        self.count += 1;
        self.by_code.add_row([issue.error.kind.code()].into_iter());
    }

    /// Lists no more than so many; they are counted all the same.
    pub(crate) fn cap(&mut self, most: usize) {
        self.listed.truncate(most);
    }

    /// The rows by the codes of what is wrong with them, of what is not listed as well.
    pub(crate) fn by_code(&self) -> &CodeCounts {
        &self.by_code
    }

    /// The first issues, at most [`ISSUE_LIMIT`].
    pub fn listed(&self) -> &[Issue] {
        &self.listed
    }

    /// How many there were in all.
    pub fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::super::issue::{RowErrorKind, push_capped};
    use super::*;

    #[test]
    fn errors_of_a_row_are_capped_and_counted() {
        for wrong in [0, 1, ISSUE_LIMIT, ISSUE_LIMIT + 1, 5 * ISSUE_LIMIT] {
            let mut errors = Vec::new();
            for _ in 0..wrong {
                push_capped(&mut errors, || RowError::row(RowErrorKind::UnknownColumn));
            }
            assert!(errors.len() <= ISSUE_LIMIT + 1);
            let mut issues = Issues::default();
            issues.push_row("jobs", Some(0), None, &errors);
            assert_eq!(issues.count(), wrong as u64);
            assert_eq!(issues.listed().len(), wrong.min(ISSUE_LIMIT));
        }
    }
}
