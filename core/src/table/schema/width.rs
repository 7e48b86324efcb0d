//! How many characters the statements about a table have: tests hold them to this.

/// The most characters of a statement that the Data API takes.
pub(super) const STATEMENT_LIMIT: usize = 65_536;

/// What stands around the columns, names of tables among it.
const AROUND: usize = 2_048;

/// The most characters of a statement about a table with columns whose names are so long.
///
/// Of long names an INSERT is the longest, which names each column five times; of short ones a checksum.
pub(super) fn longest_statement(names: impl Iterator<Item = usize>) -> usize {
    let column = |name: usize| (5 * name + 66).max(2 * name + 108);
    AROUND + names.map(column).sum::<usize>()
}
