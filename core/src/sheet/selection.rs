//! Which rows are meant: all, the wrong ones, or those with one fault.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::fault::CellFault;
use super::state::Sheet;

/// Which rows are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowFilter {
    /// Only rows with a fault.
    pub is_wrong: bool,
    /// Only rows with a fault of this code.
    pub code: Option<String>,
    /// Only rows with a fault in this column.
    pub column: Option<String>,
}

/// How many rows have one fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultCount {
    /// The column; `None` where the row as a whole is wrong.
    pub column: Option<String>,
    /// The code.
    pub code: String,
    /// What is wrong with the first of them.
    pub message: String,
    /// A few of the values.
    pub samples: Vec<String>,
    /// How many rows.
    pub rows: u32,
}

/// The most values that are shown of one fault.
const SAMPLES: usize = 3;

impl RowFilter {
    /// Whether all rows are meant.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn takes(&self, fault: &CellFault) -> bool {
        self.code.as_ref().is_none_or(|code| *code == fault.code)
            && self.column.as_ref().is_none_or(|column| Some(column) == fault.column.as_ref())
    }
}

impl Sheet {
    /// The rows that are meant, in order.
    pub fn select(&self, filter: &RowFilter) -> Vec<u32> {
        match filter.is_all() {
            true => (0..self.len()).collect(),
            false => self
                .wrong_rows()
                .filter(|row| self.faults_of(*row).iter().any(|fault| filter.takes(fault)))
                .collect(),
        }
    }

    /// The rows that the core or the database found wrong, in order.
    pub(super) fn wrong_rows(&self) -> impl Iterator<Item = u32> {
        let mut rows: Vec<u32> = self.bad.keys().chain(self.refused.keys()).copied().collect();
        rows.sort_unstable();
        rows.into_iter()
    }

    /// The faults that there are, the most frequent first.
    pub fn fault_counts(&self) -> Vec<FaultCount> {
        let mut counts: BTreeMap<(Option<String>, String), FaultCount> = BTreeMap::new();
        for row in self.wrong_rows() {
            for fault in self.faults_of(row) {
                let key = (fault.column.clone(), fault.code.clone());
                let count = counts.entry(key).or_insert_with(|| FaultCount {
                    column: fault.column.clone(),
                    code: fault.code.clone(),
                    message: fault.message.clone(),
                    samples: Vec::new(),
                    rows: 0,
                });
                count.rows += 1;
                if count.samples.len() < SAMPLES {
                    count.samples.extend(self.value_in(row, fault.column.as_deref()));
                    count.samples.dedup();
                }
            }
        }
        let mut counts: Vec<_> = counts.into_values().collect();
        counts.sort_by_key(|count| core::cmp::Reverse(count.rows));
        counts
    }

    /// What a row has in a column.
    fn value_in(&self, row: u32, column: Option<&str>) -> Option<String> {
        let at = self.table.column_index(column?)?;
        self.with_row(row, |raw| raw.fields.get(at).and_then(super::rows::shown))
            .map(|value| value.chars().take(40).collect())
    }
}
