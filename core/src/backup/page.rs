//! A table, or some of its keys, page by page in the order of the key.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::long_row::{FirstRow, ROW_BYTES, may_be_long};
use super::records::{Query, Records};
use crate::aws::data_api::{ExecuteStatement, Field};
use crate::aws::host::{CallError, Client, Host, Repeat};
use crate::base::sql_text::quoted;
use crate::sql::first_rows::key_order;
use crate::sql::key_range::{KeyRange, where_all};
use crate::sql::key_text::{KeyText, borrowed, compare_key};
use crate::sql::statement::columns;
use crate::table::schema::{Column, Table};
use crate::table::types::{Answer, Definition};

/// How many bytes a page's rows have in an answer at most. The limit of the whole answer is 1 MiB;
/// one over it ends the transaction, and the snapshot with it.
const PAGE_BYTES: usize = 960 << 10;

/// What pages are planned to have, so that rows a little wider than those before still fit.
const PLANNED_BYTES: usize = PAGE_BYTES / 16 * 15;

/// The rows of a page that is cut where the widths say so, and of the first page.
const CUT_ROWS: usize = 64;

/// The most rows that one page has, and how much more than the page before. The server sums up the
/// widths of all of them, and rows may suddenly be wide.
const MOST_ROWS: usize = 16_384;
const MOST_GROWTH: usize = 8;

/// The most columns whose lengths tell that a row is long before its texts are quoted.
const LENGTHS: usize = 8;

/// The parameters that say after which key to go on; each name appears once in a statement.
const AFTER: &str = "after";
const WIDTHS_AFTER: &str = "widths_after";

/// The parameter that says with which key to end.
const UNTIL: &str = "until";

/// Reads rows from behind one key up to another.
pub(super) struct Pages<'p> {
    table: &'static Table,
    transaction_id: Option<&'p str>,
    /// The key of the last row; before the first page the first part alone.
    after: Option<KeyText>,
    /// How many rows the next page has.
    rows: usize,
    is_over: bool,
}

/// How a page is kept below [`PAGE_BYTES`].
#[derive(Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// It ends where the sum of the widths reaches it, and has one row at least. Such sums cost
    /// the server five times what reading the rows does.
    Cut,
    /// It has no row at all if all of them together would pass it.
    AllOrNone,
}

impl<'p> Pages<'p> {
    /// From behind a key, or the first part of one, or from the first one.
    pub(super) fn new(
        table: &'static Table,
        transaction_id: Option<&'p str>,
        after: Option<i64>,
    ) -> Self {
        let after = after.map(|after| KeyText::first(after.to_string()));
        Self { table, transaction_id, after, rows: CUT_ROWS, is_over: false }
    }

    /// Whether there is no row behind those that were read.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The next rows, up to the key, or the first part of one, `until`; none at the end.
    pub(super) async fn next<H: Host>(
        &mut self,
        client: &Client<'_, H>,
        until: Option<i64>,
    ) -> Result<Records, CallError> {
        if self.rows > CUT_ROWS {
            let records = self.ask(client, until, Limit::AllOrNone).await?;
            if !records.is_empty() {
                self.is_over = records.len() < self.rows;
                return Ok(self.took(records));
            }
            // There are no more, or they are too wide: the other query tells.
            self.rows = CUT_ROWS;
        }
        let mut records = self.ask(client, until, Limit::Cut).await?;
        if records.is_empty() && may_be_long(self.table) {
            records = self.long_row(client, until).await?;
        }
        self.is_over = records.is_empty();
        Ok(self.took(records))
    }

    /// The next row, which is more than the service answers; none at the end.
    async fn long_row<H: Host>(
        &self,
        client: &Client<'_, H>,
        until: Option<i64>,
    ) -> Result<Records, CallError> {
        let until = until.map(|until| until.to_string());
        let range = Range { behind: self.behind(), ends: until.is_some() };
        let mut keys = self.parameters(AFTER);
        keys.extend(until.iter().map(|until| (UNTIL.into(), until.as_str())));
        let (table, conditions) = (self.table, range.condition(self.table, AFTER));
        let row = FirstRow { table, conditions: &conditions, parameters: &borrowed(&keys) };
        row.read(client, self.transaction_id).await
    }

    /// The column with the longest value of the rows that the next page would have, and that value's bytes;
    /// `None` if no such row can be more than the service answers, or the database does not tell.
    pub(super) async fn longest_value<H: Host>(
        &self,
        client: &Client<'_, H>,
    ) -> Option<(&'static str, u64)> {
        let range = Range { behind: self.behind(), ends: false };
        let keys = self.parameters(AFTER);
        let parameters = borrowed(&keys);
        let sql = lengths(self.table, range, self.rows);
        let records = client.query(&sql, &parameters).await.ok()?.records;
        let bytes = records.first()?.iter().map(|field| match field {
            Field::Long(bytes) => bytes.unsigned_abs(),
            _ => 0,
        });
        let found: Vec<_> = texts(self.table).map(|column| column.name).zip(bytes).collect();
        let row = notation(self.table) as u64 + found.iter().map(|(_, bytes)| bytes).sum::<u64>();
        found.into_iter().max_by_key(|(_, bytes)| *bytes).filter(|_| row > ROW_BYTES)
    }

    async fn ask<H: Host>(
        &self,
        client: &Client<'_, H>,
        until: Option<i64>,
        limit: Limit,
    ) -> Result<Records, CallError> {
        let until = until.map(|until| until.to_string());
        let range = Range { behind: self.behind(), ends: until.is_some() };
        let sql = match limit {
            Limit::Cut => cut_page(self.table, range, self.rows),
            Limit::AllOrNone => whole_page(self.table, range, self.rows),
        };
        let mut keys = self.parameters(AFTER);
        if limit == Limit::AllOrNone {
            keys.extend(self.parameters(WIDTHS_AFTER));
        }
        keys.extend(until.iter().map(|until| (UNTIL.into(), until.as_str())));
        let parameters = borrowed(&keys);
        let call = ExecuteStatement {
            sql: &sql,
            parameters: &parameters,
            transaction_id: self.transaction_id,
        };
        // A second try could meet the first one still running in the same transaction.
        let repeat = match self.transaction_id {
            Some(_) => Repeat::Never,
            None => Repeat::Harmless,
        };
        client.call(&Query(call), repeat).await
    }

    /// How many parts of a key the next page begins behind.
    fn behind(&self) -> usize {
        self.after.as_ref().map_or(0, KeyText::parts)
    }

    fn parameters(&self, parameter: &str) -> Vec<(String, &str)> {
        self.after.as_ref().map(|after| after.parameters(parameter)).unwrap_or_default()
    }

    /// Goes on behind these rows, with as many as fit a page if they are as wide.
    fn took(&mut self, records: Records) -> Records {
        let parts = self.table.key.iter().map(|position| records.last_text(*position));
        if let Some(key) = KeyText::of(parts) {
            self.after = Some(key);
        }
        let rows = records.len();
        if rows == self.rows {
            let bytes = records.bytes() + rows * surplus(self.table);
            self.rows = (rows * PLANNED_BYTES / bytes.max(1))
                .clamp(CUT_ROWS, MOST_ROWS.min(rows * MOST_GROWTH));
        }
        records
    }
}

/// Where a page begins and ends.
#[derive(Clone, Copy)]
struct Range {
    /// Behind so many parts of a key; 0 begins with the table.
    behind: usize,
    ends: bool,
}

impl Range {
    fn condition(self, table: &Table, after: &str) -> Vec<String> {
        let after = (self.behind > 0).then(|| compare_key(table, self.behind, ">", after));
        let until = self.ends.then(|| compare_key(table, 1, "<=", UNTIL));
        after.into_iter().chain(until).collect()
    }
}

/// At most so many rows of a range, and at most [`PAGE_BYTES`] of them but always one.
fn cut_page(table: &Table, range: Range, rows: usize) -> String {
    if may_be_long(table) {
        return cut_long_page(table, range, rows);
    }
    let columns = columns(table);
    format!(
        "SELECT {values} FROM (SELECT {columns}, \
         SUM({width}) OVER (ORDER BY {next}) AS {bytes}, ROW_NUMBER() OVER (ORDER BY {next}) AS {row} \
         FROM (SELECT {columns} FROM {table} {range}ORDER BY {key} LIMIT {rows}) AS rowgate_next\
         ) AS rowgate_page WHERE {bytes} <= {PAGE_BYTES} OR {row} = 1 ORDER BY {page}",
        next = key_order(table, "rowgate_next", ""),
        page = key_order(table, "rowgate_page", ""),
        bytes = free_name(table, "rowgate_bytes"),
        row = free_name(table, "rowgate_row"),
        values = select_list(table),
        width = width(table),
        table = quoted(table.name),
        range = where_all(&range.condition(table, AFTER)),
        key = key_order(table, table.name, ""),
    )
}

/// The same up to a row that is more than the service answers. The sums are of keys and widths alone, since the
/// server would copy long values.
fn cut_long_page(table: &Table, range: Range, rows: usize) -> String {
    let each = |part: &dyn Fn(usize, &Column) -> String, between: &str| {
        let parts = table.key_columns().enumerate().map(|(at, column)| part(at, column));
        parts.collect::<Vec<_>>().join(between)
    };
    let keys = each(&|at, column| format!("{} AS rowgate_key_{at}", quoted(column.name)), ", ");
    let names = each(&|at, _| format!("rowgate_key_{at}"), ", ");
    let same = each(
        &|at, column| format!("e.{} = rowgate_page.rowgate_key_{at}", quoted(column.name)),
        " AND ",
    );
    format!(
        "SELECT {values} FROM (SELECT {names}, MAX(rowgate_width) OVER (ORDER BY {names}) AS rowgate_widest, \
         SUM(rowgate_width) OVER (ORDER BY {names}) AS rowgate_bytes, \
         ROW_NUMBER() OVER (ORDER BY {names}) AS rowgate_row \
         FROM (SELECT {keys}, {width} AS rowgate_width FROM {table} {range}ORDER BY {key} LIMIT {rows}\
         ) AS rowgate_next) AS rowgate_page JOIN {table} AS e ON {same} \
         WHERE rowgate_widest <= {ROW_BYTES} AND (rowgate_bytes <= {PAGE_BYTES} OR rowgate_row = 1) \
         ORDER BY {order}",
        values = select_list(table),
        width = width(table),
        table = quoted(table.name),
        range = where_all(&range.condition(table, AFTER)),
        key = key_order(table, table.name, ""),
        order = key_order(table, "e", ""),
    )
}

/// At most so many rows of a range, or none if so many would have more than [`PAGE_BYTES`].
///
/// The sum looks past the range's end, which does no harm.
fn whole_page(table: &Table, range: Range, rows: usize) -> String {
    let (name, key) = (quoted(table.name), key_order(table, table.name, ""));
    let widths = Range { ends: false, ..range }.condition(table, WIDTHS_AFTER);
    let fits = format!(
        "(SELECT SUM(rowgate_width){longest} FROM (SELECT {width} AS rowgate_width FROM {name} \
         {range}ORDER BY {key} LIMIT {rows}) AS rowgate_next) <= {PAGE_BYTES}",
        longest = match may_be_long(table) {
            true => format!(" + IF(MAX(rowgate_width) > {ROW_BYTES}, {PAGE_BYTES}, 0)"),
            false => String::new(),
        },
        width = width(table),
        range = where_all(&widths),
    );
    let mut conditions = range.condition(table, AFTER);
    conditions.push(fits);
    format!(
        "SELECT {columns} FROM {name} {range}ORDER BY {key} LIMIT {rows}",
        columns = select_list(table),
        range = where_all(&conditions),
    )
}

/// The columns, each as what reads its canonical form and under its own name. Beside it an ORDER BY has to
/// name the table: by the column's name alone MySQL would sort digits as texts.
pub(crate) fn select_list(table: &Table) -> String {
    let value = |column: &Column| {
        let name = quoted(column.name);
        match column.column_type.canonical(&name) {
            canonical if canonical == name => name,
            canonical => format!("{canonical} AS {name}"),
        }
    };
    table.columns.iter().map(value).collect::<Vec<_>>().join(", ")
}

/// A name that no column has.
pub(super) fn free_name(table: &Table, name: &str) -> String {
    let mut name = name.to_string();
    while table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
        name.push('_');
    }
    name
}

/// How many bytes a row has in the service's answer, at most; of one that is more than the service answers, some
/// number that is.
///
/// The texts are quoted together: one call of a function for each row costs the server less than
/// one for each value.
fn width(table: &Table) -> String {
    let width = whole_width(table);
    // A long text is not quoted for its width.
    match long_texts(table) {
        Some(lengths) => format!("IF({lengths} > {ROW_BYTES}, {}, {width})", ROW_BYTES + 1),
        None => width,
    }
}

/// The same of a row of any length; NULL where the server's largest packet has no room for its texts.
fn whole_width(table: &Table) -> String {
    let notation = notation(table);
    let texts: Vec<_> = texts(table).map(text).collect();
    match texts.is_empty() {
        true => format!("{}", notation + 4),
        false => format!(
            "{} + OCTET_LENGTH(JSON_QUOTE(CONCAT_WS('', {})))",
            notation + 4,
            texts.join(", ")
        ),
    }
}

/// The bytes of a row's longest texts, of some columns, since a statement has an end; `None` where a row is
/// never long.
fn long_texts(table: &Table) -> Option<String> {
    if !may_be_long(table) {
        return None;
    }
    let length = |column: &Column| format!("IFNULL(OCTET_LENGTH({}), 0)", quoted(column.name));
    let long = texts(table).filter(|it| it.column_type.most_bytes() >= ROW_BYTES / 2);
    let lengths: Vec<_> = long.take(LENGTHS).map(length).collect();
    (!lengths.is_empty()).then(|| lengths.join(" + "))
}

/// The keys of the first rows that may have more than so many bytes as a line of a file.
pub(super) fn wide_rows(table: &Table, range: KeyRange, bytes: usize) -> String {
    let condition = range.sql(table).map(|range| format!("{range} AND ")).unwrap_or_default();
    let keys = table.key_columns().map(|column| quoted(column.name));
    let whole = format!("{} > {bytes}", whole_width(table));
    let wide = match long_texts(table) {
        Some(lengths) => format!("({lengths} > {bytes} OR {whole})"),
        None => whole,
    };
    format!(
        "SELECT {keys} FROM {name} WHERE {condition}{wide} ORDER BY {order} LIMIT 5",
        keys = keys.collect::<Vec<_>>().join(", "),
        name = quoted(table.name),
        order = key_order(table, table.name, ""),
    )
}

/// The bytes of the longest value of each column that is answered as a text, among the first rows of a range.
fn lengths(table: &Table, range: Range, rows: usize) -> String {
    let longest = |column| format!("MAX(OCTET_LENGTH({}))", text(column));
    format!(
        "SELECT {} FROM (SELECT {} FROM {} {}ORDER BY {} LIMIT {rows}) AS rowgate_next",
        texts(table).map(longest).collect::<Vec<_>>().join(", "),
        columns(table),
        quoted(table.name),
        where_all(&range.condition(table, AFTER)),
        key_order(table, table.name, ""),
    )
}

/// The columns that are answered as texts.
fn texts(table: &Table) -> impl Iterator<Item = &'static Column> {
    table.columns.iter().filter(|it| it.column_type.answer() == Answer::Text)
}

/// What a column's value is answered as, in the characters of the answer.
pub(super) fn text(column: &Column) -> String {
    let text = column.column_type.canonical(&quoted(column.name));
    format!("CONVERT({text} USING utf8mb4)")
}

/// How many bytes a row has in the service's answer, its texts aside.
fn notation(table: &Table) -> usize {
    answers(table).map(Answer::notation).sum()
}

/// About how many bytes of a row's [`width`] an answer does not have.
fn surplus(table: &Table) -> usize {
    answers(table).map(Answer::surplus).sum()
}

fn answers(table: &Table) -> impl Iterator<Item = Answer> {
    table.columns.iter().map(|column| column.column_type.answer())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{ColumnType, longest_statement, table, wide_tables};

    const ALL: Range = Range { behind: 0, ends: false };

    #[test]
    fn a_page_goes_on_behind_a_key_and_ends_by_its_width() {
        let jobs = table("jobs").unwrap();
        let first = cut_page(jobs, ALL, 64);
        assert!(!first.contains("WHERE `id`") && first.contains("ORDER BY `jobs`.`id` LIMIT 64)"));
        let next = cut_page(jobs, Range { behind: 1, ends: true }, 9);
        assert!(next.contains(
            "FROM `jobs` WHERE `id` > CAST(:after AS SIGNED) AND `id` <= CAST(:until AS SIGNED) \
             ORDER BY"
        ));
        assert!(next.contains(
            "SUM(50 + OCTET_LENGTH(JSON_QUOTE(CONCAT_WS('', CONVERT(`job_name` USING utf8mb4)))))"
        ));
    }

    /// `flags` with a TINYINT as its key's neighbour, and columns of our own names.
    fn odd_table() -> Table {
        let column = |name, of| Column::new(name, ColumnType::known(of, None, None));
        let columns = alloc::vec![
            column("id", "int"),
            column("is_open", "tinyint"),
            column("rowgate_bytes", "tinyint unsigned"),
            column("rowgate_row_", "smallint"),
        ];
        Table::new("flags", columns.leak())
    }

    #[test]
    fn small_integers_are_read_as_numbers() {
        let list = "`id`, `is_open` + 0 AS `is_open`, `rowgate_bytes` + 0 AS `rowgate_bytes`, \
                    `rowgate_row_`";
        assert_eq!(select_list(&odd_table()), list);
        assert!(whole_page(&odd_table(), ALL, 9).starts_with(&format!("SELECT {list} FROM")));
        assert!(cut_page(&odd_table(), ALL, 9).starts_with(&format!("SELECT {list} FROM (SELECT")));
    }

    #[test]
    fn digits_that_are_read_as_texts_are_not_sorted_as_texts() {
        let id = Column::new("id", ColumnType::known("bigint unsigned", None, None));
        let table = Table::new("t", alloc::vec![id].leak());
        assert!(whole_page(&table, ALL, 9).ends_with("ORDER BY `t`.`id` LIMIT 9"));
        let cut = cut_page(&table, ALL, 9);
        assert!(cut.starts_with("SELECT CAST(`id` AS CHAR) AS `id` FROM (SELECT `id`, SUM("));
        assert!(cut.contains("FROM (SELECT `id` FROM `t` ORDER BY `t`.`id` LIMIT 9)"));
        assert!(cut.ends_with(" ORDER BY `rowgate_page`.`id`"));
    }

    #[test]
    fn columns_may_have_names_that_pages_use() {
        let page = cut_page(&odd_table(), ALL, 9);
        assert!(page.contains(" AS rowgate_bytes_, ") && page.contains("WHERE rowgate_bytes_ <= "));
        assert!(page.contains(" AS rowgate_row FROM") && page.contains("OR rowgate_row = 1"));
    }

    #[test]
    fn a_whole_page_is_there_if_all_its_rows_fit() {
        let jobs = table("jobs").unwrap();
        assert_eq!(
            whole_page(jobs, Range { behind: 1, ends: true }, 9),
            "SELECT `id`, `job_name` FROM `jobs` WHERE `id` > CAST(:after AS SIGNED) \
             AND `id` <= CAST(:until AS SIGNED) AND (SELECT SUM(rowgate_width) FROM (SELECT 50 + \
             OCTET_LENGTH(JSON_QUOTE(CONCAT_WS('', CONVERT(`job_name` USING utf8mb4)))) \
             AS rowgate_width FROM `jobs` WHERE `id` > CAST(:widths_after AS SIGNED) \
             ORDER BY `jobs`.`id` LIMIT 9) AS rowgate_next) <= 983040 ORDER BY `jobs`.`id` LIMIT 9"
        );
        assert!(whole_page(jobs, ALL, 9).contains("FROM `jobs` WHERE (SELECT SUM("));
    }

    #[test]
    fn a_page_is_no_longer_than_the_build_takes_it_for() {
        for table in wide_tables() {
            let range = Range { behind: 1, ends: true };
            let pages = [cut_page, whole_page, lengths];
            for page in pages.map(|page| page(table, range, 1)) {
                assert!(page.len() <= longest_statement(table), "{table:?}");
            }
        }
    }
}
