//! A restore of tables that take more than a quarter of an hour: opened, done in parts that know nothing
//! of each other, compared in parts, swapped, and looked at once more in parts.
//!
//! What one step answers the next one is given, so all of it must be small: a state machine carries
//! 256 KiB. No row stands in it, since whoever may look at the machine sees it.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::slice;

use serde::{Deserialize, Serialize};

use super::find::{Found, find};
use super::foreign::Seen as SeenRows;
use super::late::{self, Seen};
use super::loads::{self, LoadsSince};
use super::notes::notes;
use super::plan::{self, content_of, new_id, read_headers};
use super::staging::{Staging, drop_table};
use super::swap::{ATTEMPTS, is_swapped, try_swap};
use super::tables::{LeftoverKind, LiveTables, is_id};
use super::{
    Mode, RestoreError, Restored, RestoredTable, TablePlan, Wanted, check_content, check_filled,
    in_time,
};
use crate::aws::host::Host;
use crate::backup::{
    self, BackupError, Damage, MOST_BYTES, PartFile, Place, Span, bytes, coarse_enough,
    content_of_span, split,
};
use crate::sql::checksum::Checksum;
use crate::table::schema::{self, ColumnType, Table};

/// The most ranges in which the live tables are compared, and the staging tables.
const MOST_RANGES: usize = 200;

/// The most notes that are carried; each names a folder or a file.
const MOST_NOTES: usize = 20;

/// A restore that was opened, with its staging tables made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Its name, which stands in the names of the tables that it leaves.
    pub id: String,
    /// The run, if the files are a backup of rowgate's.
    pub run: Option<String>,
    /// Where the files were found.
    pub sources: Vec<String>,
    /// What of the files is left out or filled up.
    pub notes: Vec<String>,
    /// Loads that the ledger takes for done no longer once the tables are swapped.
    pub loads_since: Option<LoadsSince>,
    /// The tables, parents first.
    pub tables: Vec<OpenedTable>,
}

/// A table of such a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedTable {
    /// Its name.
    pub table: String,
    /// How many files it has.
    pub files: usize,
    /// In how many ranges the live table is looked at.
    pub live_ranges: usize,
    /// What the files hold, where a manifest says so.
    pub content: Option<Checksum>,
}

/// One part of the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// Write the rows of a file to the staging table.
    File(FileItem),
    /// Compute what a range of the live table holds.
    Live(RangeItem),
    /// Compute what a range of the staging table holds.
    Staging(RangeItem),
    /// Compute what a range of the table holds that was live before the swap.
    Old(RangeItem),
}

/// A file, as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileItem {
    /// The table.
    pub table: String,
    /// Its number among the table's files.
    pub number: usize,
    /// Its key in the bucket.
    pub key: String,
    /// Its ETag and its size, where no manifest says what it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<(String, u64)>,
}

/// Some keys of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeItem {
    /// The table.
    pub table: String,
    /// Its number among the table's ranges.
    pub number: usize,
    /// The keys.
    #[serde(flatten)]
    pub span: Span,
}

/// What comes back of an [`Item`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// The rows of a file are written.
    File(FileDone),
    /// What a range of the live table holds.
    Live(RangeDone),
    /// What a range of the staging table holds.
    Staging(RangeDone),
    /// What a range of the table holds that was live before the swap.
    Old(RangeDone),
}

/// A file whose rows are in the staging table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileDone {
    /// The table.
    pub table: String,
    /// Its number.
    pub number: usize,
    /// What it holds, where no manifest says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Checksum>,
    /// The file itself, if it has a row 0, which is written when all others are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zero: Option<FileItem>,
}

/// What a range holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeDone {
    /// The table.
    pub table: String,
    /// Its number.
    pub number: usize,
    /// Its rows.
    #[serde(flatten)]
    pub content: Checksum,
}

/// A restore whose files are written: its tables are compared, tried to be swapped, and looked at once
/// more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Its name.
    pub id: String,
    /// Where the files were found.
    pub sources: Vec<String>,
    /// What of the files is left out or filled up, and what was not done after the swap.
    pub notes: Vec<String>,
    /// Loads that the ledger takes for done no longer once the tables are swapped.
    pub loads_since: Option<LoadsSince>,
    /// The tables, parents first.
    pub tables: Vec<ComparedTable>,
    /// The number of the next try to swap them, from 1 on.
    pub attempt: u32,
    /// Whether they are swapped.
    pub swapped: bool,
}

/// What a table should be by the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedTable {
    /// Its name.
    pub table: String,
    /// What the files hold.
    pub content: Checksum,
    /// What the live table held when it was looked at.
    pub live: Checksum,
    /// The live table's greatest key before that; none of texts, since no text of a row is carried.
    pub greatest_key: Option<String>,
    /// In how many ranges the staging table is looked at.
    pub staging_ranges: usize,
    /// In how many ranges the live table is, or once it is swapped, the old one.
    pub live_ranges: usize,
}

/// Finds the files, refuses what cannot be done, makes the staging tables, and deals out what is to
/// be done: first a look at the live tables, then the files.
///
/// Rows of live tables that the files do not have go; there is no other mode. After an error no
/// table is left.
pub async fn open<H: Host>(
    place: &Place<'_, H>,
    wanted: &Wanted<'_>,
) -> Result<(Opening, Vec<Item>), RestoreError> {
    let Found { manifest, left_out, empty_files, tables } = find(place, wanted).await?;
    let live_tables = LiveTables::read(place.database).await?;
    let names: Vec<_> = tables.iter().map(|(table, _)| *table).collect();
    let obstacles = plan::obstacles(place, &names).await?;
    if !obstacles.is_empty() {
        return Err(RestoreError::Unfit { obstacles });
    }
    let (mut opened, mut lives, mut files, mut plans) = (vec![], vec![], vec![], vec![]);
    let mut null_columns = vec![];
    for (table, found) in tables {
        null_columns.push((table.name, read_headers(place, table, &found).await?));
        let is_missing = !live_tables.has(table.name);
        lives.push(match is_missing {
            true => Vec::new(),
            false => spans_of(place, table, table.name, names.len()).await?,
        });
        opened.push(OpenedTable {
            table: table.name.to_string(),
            files: found.len(),
            live_ranges: 0,
            content: manifest.as_ref().map(|manifest| content_of(manifest, table)).transpose()?,
        });
        let file = |(number, file)| Item::File(FileItem::of(table, number, file));
        files.extend(found.into_iter().enumerate().map(file));
        plans.push(table_plan(table, is_missing));
    }
    let notes = few(notes(&left_out, &empty_files, &null_columns));
    let loads_since = loads::count(place.database, &live_tables, manifest.as_ref(), &names).await?;
    let sources = wanted.sources.to_vec();
    let (id, run) = (new_id(place.database.host()), manifest.map(|manifest| manifest.run));
    let mut opening = Opening { id, run, sources, notes, loads_since, tables: opened };
    let lives = opening.fit(&names, lives, &files)?;
    for (opened, live) in opening.tables.iter_mut().zip(&lives) {
        opened.live_ranges = live.len();
    }
    make_all(place, &plans, &opening.id).await?;
    let items = [ranges(&names, &lives, Item::Live), files].concat();
    Ok((opening, items))
}

/// Does one part. Doing it twice, or twice at the same time, has the same effect.
pub async fn part<H: Host>(
    place: &Place<'_, H>,
    id: &str,
    run: Option<&str>,
    item: &Item,
) -> Result<Done, RestoreError> {
    check_id(id)?;
    Ok(match item {
        Item::File(file) => Done::File(write_file(place, id, run, file).await?),
        Item::Live(range) => {
            let name = table(&range.table)?.name;
            Done::Live(look(place, name, range).await?)
        }
        Item::Staging(range) => {
            let plan = table_plan(table(&range.table)?, false);
            Done::Staging(look(place, &Staging::new(place, &plan, id).name, range).await?)
        }
        Item::Old(range) => {
            let name = late::old_table(table(&range.table)?, id);
            Done::Old(look(place, &name, range).await?)
        }
    })
}

/// Once every part has come back, writes the rows 0, and deals out what is to be compared: last the
/// live tables, so that a change of them is seen as late as can be.
pub async fn compare<H: Host>(
    place: &Place<'_, H>,
    opening: &Opening,
    done: &[Done],
) -> Result<(Comparison, Vec<Item>), RestoreError> {
    check_id(&opening.id)?;
    let (mut compared, mut spans) = (vec![], vec![]);
    for opened in &opening.tables {
        let table = table(&opened.table)?;
        let files = add_up(table, opened.files, done.iter().filter_map(Done::file))?;
        let live = add_up(table, opened.live_ranges, done.iter().filter_map(Done::live))?;
        let plan = table_plan(table, false);
        let mut staging = Staging::new(place, &plan, &opening.id);
        if let Some(file) = zero_of(table, done) {
            staging.read_zero(&find_file(place, opening.run.as_deref(), file).await?).await?;
            staging.store_zero().await?;
        }
        let most = opening.tables.len();
        spans.push(spans_of(place, table, &staging.name, most).await?);
        let greatest_key = greatest_key(place, table).await?;
        spans.push(spans_of(place, table, table.name, most).await?);
        compared.push(ComparedTable {
            table: table.name.to_string(),
            content: opened.content.unwrap_or(files),
            live,
            greatest_key,
            staging_ranges: 0,
            live_ranges: 0,
        });
    }
    let Opening { id, sources, notes, loads_since, .. } = opening.clone();
    let (attempt, swapped) = (1, false);
    let mut comparison =
        Comparison { id, sources, notes, loads_since, tables: compared, attempt, swapped };
    let items = comparison.deal(spans)?;
    Ok((comparison, items))
}

/// Once every part has come back, tries to swap all tables in one statement, if the staging tables hold
/// what the files do, and the live ones what they did at first or `force` is given.
///
/// Answers what is to be looked at next: the live tables once more, if the swap has waited in vain for
/// others' transactions, and then this step is to be done again; or what was live before, and then
/// [`report`]. It computes nothing, so the number of rows does not matter. Done twice it has the same
/// effect. After an error the live tables are what they were, and the staging tables are gone.
pub async fn finish<H: Host>(
    place: &Place<'_, H>,
    comparison: &Comparison,
    done: &[Done],
    force: bool,
) -> Result<(Comparison, Vec<Item>), RestoreError> {
    check_id(&comparison.id)?;
    let mut comparison = comparison.clone();
    let tables = comparison.schema_tables()?;
    let names: Vec<_> = tables.iter().map(|table| table.name).collect();
    let checked = comparison.check(done, force);
    if is_swapped(place.database, &names, &comparison.id).await? {
        return Ok(comparison.old_items(place, &tables).await);
    }
    let tried = async {
        checked?;
        in_time(place)?;
        match try_swap(place.database, &names, &comparison.id).await? {
            None => Ok(None),
            Some(error) if comparison.attempt == ATTEMPTS => Err(RestoreError::NotSwapped(error)),
            Some(_) => comparison.next_try(place, &tables).await.map(Some),
        }
    };
    match tried.await {
        Ok(None) => Ok(comparison.old_items(place, &tables).await),
        Ok(Some(next)) => Ok(next),
        // The tables that would be dropped may be the live ones' successors.
        Err(error @ RestoreError::SwapUnknown { .. }) => Err(error),
        Err(error) => {
            // What cannot be dropped any more is named by `leftovers`.
            let _: Result<(), _> = abandon(place, &comparison.id).await;
            Err(comparison.naming_twice(place, error).await)
        }
    }
}

/// Once every part of what was live before has come back, or as much as could be looked at, says what
/// was done and which rows came meanwhile.
pub async fn report<H: Host>(
    place: &Place<'_, H>,
    comparison: &Comparison,
    done: &[Done],
) -> Result<Restored, RestoreError> {
    check_id(&comparison.id)?;
    let mut restored = comparison.restored();
    for (compared, table) in comparison.tables.iter().zip(comparison.schema_tables()?) {
        let old = done.iter().filter_map(Done::old);
        let now = add_up(table, compared.live_ranges, old).ok();
        let late = late::of(place, table, &comparison.id, &compared.seen(), now).await;
        restored.late.extend(late);
    }
    Ok(restored)
}

/// Drops the staging tables of a restore that is given up before [`finish`]; parts that are still
/// being done fail.
pub async fn abandon<H: Host>(place: &Place<'_, H>, id: &str) -> Result<(), RestoreError> {
    check_id(id)?;
    let left = LiveTables::read(place.database).await?.leftovers();
    for leftover in left.iter().filter(|left| left.id == id && left.kind == LeftoverKind::Staging) {
        drop_table(place.database, &leftover.name).await?;
    }
    Ok(())
}

impl FileItem {
    fn of(table: &Table, number: usize, file: PartFile) -> Self {
        let PartFile { key, e_tag, bytes, manifest } = file;
        let found = manifest.is_none().then_some((e_tag, bytes));
        Self { table: table.name.to_string(), number, key, found }
    }
}

impl Done {
    fn file(&self) -> Option<(&str, usize, Checksum)> {
        let Self::File(file) = self else { return None };
        Some((&file.table, file.number, file.content.unwrap_or_default()))
    }

    fn live(&self) -> Option<(&str, usize, Checksum)> {
        let Self::Live(range) = self else { return None };
        Some((&range.table, range.number, range.content))
    }

    fn staging(&self) -> Option<(&str, usize, Checksum)> {
        let Self::Staging(range) = self else { return None };
        Some((&range.table, range.number, range.content))
    }

    fn old(&self) -> Option<(&str, usize, Checksum)> {
        let Self::Old(range) = self else { return None };
        Some((&range.table, range.number, range.content))
    }
}

impl ComparedTable {
    fn seen(&self) -> Seen {
        Seen { content: self.live, greatest_key: self.greatest_key.clone() }
    }
}

impl Comparison {
    fn schema_tables(&self) -> Result<Vec<&'static Table>, RestoreError> {
        self.tables.iter().map(|compared| table(&compared.table)).collect()
    }

    /// Compares all that has come back, and takes over what the live tables hold now.
    fn check(&mut self, done: &[Done], force: bool) -> Result<(), RestoreError> {
        for compared in &mut self.tables {
            let table = table(&compared.table)?;
            if self.attempt == 1 {
                let ranges = done.iter().filter_map(Done::staging);
                let staging = add_up(table, compared.staging_ranges, ranges)?;
                check_content(table, compared.content, staging)?;
            }
            check_filled(table, compared.content, compared.live, force)?;
            let ranges = done.iter().filter_map(Done::live);
            let live = add_up(table, compared.live_ranges, ranges)?;
            if live != compared.live && !force {
                let (table, planned, found) = (table.name, compared.live.rows, live.rows);
                return Err(RestoreError::Changed { table, planned, found });
            }
            compared.live = live;
        }
        Ok(())
    }

    /// The live tables are to be looked at before the next try as well.
    async fn next_try<H: Host>(
        &self,
        place: &Place<'_, H>,
        tables: &[&'static Table],
    ) -> Result<(Self, Vec<Item>), RestoreError> {
        let mut next = Self { attempt: self.attempt + 1, ..self.clone() };
        let mut spans = Vec::new();
        for (compared, table) in next.tables.iter_mut().zip(tables) {
            compared.greatest_key = greatest_key(place, table).await?;
            spans.push(spans_of(place, table, table.name, tables.len()).await?);
        }
        let items = next.deal_one_kind(tables, spans, Item::Live);
        Ok((next, items))
    }

    /// What was live before is to be looked at; a table that cannot be gets no range that could come
    /// back, so that it is not known whether it was written to.
    async fn old_items<H: Host>(
        mut self,
        place: &Place<'_, H>,
        tables: &[&'static Table],
    ) -> (Self, Vec<Item>) {
        let loads = self.loads_since.take();
        let mut restored = self.restored();
        loads::mark(place.database, tables, loads, &mut restored).await;
        self = Self {
            swapped: true,
            loads_since: restored.loads_since,
            notes: restored.notes,
            ..self
        };
        let mut spans = Vec::new();
        for table in tables {
            let old = late::old_table(table, &self.id);
            spans.push(spans_of(place, table, &old, tables.len()).await.unwrap_or_default());
        }
        let items = self.deal_one_kind(tables, spans, Item::Old);
        for compared in &mut self.tables {
            compared.live_ranges = compared.live_ranges.max(1);
        }
        (self, items)
    }

    /// Deals out the staging tables and the live ones: of each table the spans of one, then of the
    /// other.
    fn deal(&mut self, spans: Vec<Vec<Span>>) -> Result<Vec<Item>, RestoreError> {
        let names = self.schema_tables()?;
        let every = |spans: &[Vec<Span>], which| {
            spans.iter().skip(which).step_by(2).cloned().collect::<Vec<_>>()
        };
        let items = |spans: &[Vec<Span>]| {
            let staging = ranges(&names, &every(spans, 0), Item::Staging);
            [staging, ranges(&names, &every(spans, 1), Item::Live)].concat()
        };
        let spans = coarse_enough(spans, |spans| is_carried(self, &items(spans)));
        for (compared, spans) in self.tables.iter_mut().zip(spans.chunks(2)) {
            (compared.staging_ranges, compared.live_ranges) = (spans[0].len(), spans[1].len());
        }
        Ok(items(&spans))
    }

    /// Deals out one kind of tables.
    fn deal_one_kind(
        &mut self,
        tables: &[&'static Table],
        spans: Vec<Vec<Span>>,
        kind: fn(RangeItem) -> Item,
    ) -> Vec<Item> {
        let items = |spans: &[Vec<Span>]| ranges(tables, spans, kind);
        let spans = coarse_enough(spans, |spans| is_carried(self, &items(spans)));
        for (compared, spans) in self.tables.iter_mut().zip(&spans) {
            compared.live_ranges = spans.len();
        }
        items(&spans)
    }

    /// Names a key that comes twice, for which the files are looked for and read once more.
    async fn naming_twice<H: Host>(
        &self,
        place: &Place<'_, H>,
        error: RestoreError,
    ) -> RestoreError {
        let RestoreError::SameKey { table: name, .. } = error else { return error };
        let Ok(table) = table(name) else { return error };
        let wanted = Wanted { sources: &self.sources, tables: &[table], mode: Mode::Replace };
        let Ok(mut found) = find(place, &wanted).await else { return error };
        let files = found.tables.pop().map(|(_, files)| files).unwrap_or_default();
        error.naming_twice(place, table, &files).await
    }

    fn restored(&self) -> Restored {
        let of = |compared: &ComparedTable| {
            let (rows, checksum) = (compared.content.rows, compared.content.hex());
            Some(RestoredTable { table: schema::table(&compared.table)?.name, rows, checksum })
        };
        let tables = self.tables.iter().filter_map(of).collect();
        let (notes, loads_since) = (self.notes.clone(), self.loads_since.clone());
        Restored { notes, loads_since, ..Restored::of(&self.id, tables) }
    }
}

fn check_id(id: &str) -> Result<(), RestoreError> {
    if is_id(id) { Ok(()) } else { Err(RestoreError::NoSuchRestore { id: id.into() }) }
}

fn table(name: &str) -> Result<&'static Table, RestoreError> {
    let unknown = || BackupError::damaged(name, Damage::UnknownTable).into();
    schema::table(name).ok_or_else(unknown)
}

/// As much of a plan as a staging table needs.
fn table_plan(table: &'static Table, is_missing: bool) -> TablePlan {
    let (content, live) = (Checksum::default(), Checksum::default());
    let (null_columns, odd_values) = (vec![], vec![]);
    TablePlan { table, files: vec![], content, live, is_missing, null_columns, odd_values }
}

impl Opening {
    /// The spans of the live tables, as coarse as they must be for everything to be carried, in this
    /// step and the next ones.
    fn fit(
        &self,
        tables: &[&'static Table],
        lives: Vec<Vec<Span>>,
        files: &[Item],
    ) -> Result<Vec<Vec<Span>>, RestoreError> {
        let items =
            |lives: &[Vec<Span>]| [ranges(tables, lives, Item::Live), files.to_vec()].concat();
        let lives = coarse_enough(lives, |lives| is_carried(self, &items(lives)));
        match is_carried(self, &items(&lives)) && self.is_compared(tables) {
            true => Ok(lives),
            false => Err(RestoreError::TooManyFiles { files: files.len() }),
        }
    }

    /// Whether the comparison can be carried, with one range of each table.
    fn is_compared(&self, tables: &[&'static Table]) -> bool {
        let most = Checksum { rows: u64::MAX, digest: u64::MAX };
        let compared = |table: &&'static Table| ComparedTable {
            table: table.name.to_string(),
            content: most,
            live: most,
            greatest_key: Some(i64::MIN.to_string()),
            staging_ranges: 1,
            live_ranges: 1,
        };
        let Self { id, sources, notes, loads_since, .. } = self.clone();
        let tables_compared = tables.iter().map(compared).collect();
        let (attempt, swapped) = (ATTEMPTS, false);
        let comparison = Comparison {
            id,
            sources,
            notes,
            loads_since,
            tables: tables_compared,
            attempt,
            swapped,
        };
        let whole = vec![vec![Span::default()]; tables.len()];
        let staging = ranges(tables, &whole, Item::Staging);
        is_carried(&comparison, &[staging, ranges(tables, &whole, Item::Live)].concat())
    }
}

/// Whether a state machine can carry a step's answer with its parts, and with what comes back of them.
fn is_carried(answer: &impl Serialize, items: &[Item]) -> bool {
    let back: usize = items.iter().map(|item| bytes(&most_of(item)) + 1).sum();
    bytes(&(answer, items)) + back + zeros(items) <= MOST_BYTES
}

/// The longest that can come back of a part, a row 0 aside.
fn most_of(item: &Item) -> Done {
    let content = Checksum { rows: u64::MAX, digest: u64::MAX };
    let range =
        |range: &RangeItem| RangeDone { table: range.table.clone(), number: range.number, content };
    match item {
        Item::File(FileItem { table, number, .. }) => {
            let (table, number, content) = (table.clone(), *number, Some(content));
            Done::File(FileDone { table, number, content, zero: None })
        }
        Item::Live(item) => Done::Live(range(item)),
        Item::Staging(item) => Done::Staging(range(item)),
        Item::Old(item) => Done::Old(range(item)),
    }
}

/// The bytes that come back of rows 0: one file of each table, the one with the longest name.
fn zeros(items: &[Item]) -> usize {
    let mut longest = BTreeMap::new();
    for item in items {
        let Item::File(file) = item else { continue };
        let most = longest.entry(file.table.as_str()).or_insert(0);
        *most = bytes(file).max(*most);
    }
    longest.into_values().map(|file| file + r#","zero":"#.len()).sum()
}

/// The first notes, and how many more there are.
fn few(mut notes: Vec<String>) -> Vec<String> {
    if notes.len() > MOST_NOTES {
        let more = notes.len() - MOST_NOTES;
        notes.truncate(MOST_NOTES);
        notes.push(format!("and {more} more; rowgate restore --plan names them all"));
    }
    notes
}

async fn make_all<H: Host>(
    place: &Place<'_, H>,
    plans: &[TablePlan],
    id: &str,
) -> Result<(), RestoreError> {
    for plan in plans {
        if let Err(error) = Staging::new(place, plan, id).make().await {
            let _: Result<(), _> = abandon(place, id).await;
            return Err(error);
        }
    }
    Ok(())
}

/// None of texts: no text of a row is carried.
async fn greatest_key<H: Host>(
    place: &Place<'_, H>,
    table: &Table,
) -> Result<Option<String>, RestoreError> {
    match table.key_column().column_type {
        ColumnType::Int { .. } => late::greatest_key(place, table).await,
        _ => Ok(None),
    }
}

/// The keys of one of several tables in spans, by its name in the database.
async fn spans_of<H: Host>(
    place: &Place<'_, H>,
    table: &Table,
    name: &str,
    tables: usize,
) -> Result<Vec<Span>, RestoreError> {
    let spans = split(place.database, table, name, MOST_RANGES / tables.max(1)).await;
    spans.map_err(|error| BackupError::Database(error).into())
}

/// The spans of tables as parts of the work.
fn ranges(
    tables: &[&'static Table],
    spans: &[Vec<Span>],
    kind: fn(RangeItem) -> Item,
) -> Vec<Item> {
    let mut items = Vec::new();
    for (table, spans) in tables.iter().zip(spans) {
        for (number, span) in spans.iter().enumerate() {
            let table = table.name.to_string();
            items.push(kind(RangeItem { table, number, span: *span }));
        }
    }
    items
}

async fn look<H: Host>(
    place: &Place<'_, H>,
    name: &str,
    range: &RangeItem,
) -> Result<RangeDone, RestoreError> {
    let content = content_of_span(place.database, table(&range.table)?, name, range.span).await;
    let content = content.map_err(BackupError::Database)?;
    Ok(RangeDone { table: range.table.clone(), number: range.number, content })
}

/// A file whose content is still that which was found.
async fn find_file<H: Host>(
    place: &Place<'_, H>,
    run: Option<&str>,
    item: &FileItem,
) -> Result<PartFile, RestoreError> {
    let FileItem { key, found, .. } = item;
    if let Some((e_tag, bytes)) = found.clone() {
        return Ok(PartFile { key: key.clone(), e_tag, bytes, manifest: None });
    }
    let manifest = backup::manifest(place.s3, place.bucket, run.unwrap_or_default()).await?;
    let part = manifest.parts().find(|part| part.key == *key);
    let part = part.ok_or_else(|| BackupError::damaged(key, Damage::Missing))?;
    Ok(PartFile::of_manifest(place.s3, place.bucket, part).await?)
}

/// Reads every byte first, so that no row is written because of a damaged file.
async fn write_file<H: Host>(
    place: &Place<'_, H>,
    id: &str,
    run: Option<&str>,
    item: &FileItem,
) -> Result<FileDone, RestoreError> {
    let table = table(&item.table)?;
    let file = find_file(place, run, item).await?;
    let content = match &file.manifest {
        Some(_) => file.check_hash(place.s3, place.bucket, table).await.map(|()| None)?,
        None => Some(read_foreign(place, table, &file).await?),
    };
    let plan = TablePlan { files: vec![file], ..table_plan(table, false) };
    let mut staging = Staging::new(place, &plan, id);
    staging.load(|_| ()).await?;
    Ok(FileDone {
        table: item.table.clone(),
        number: item.number,
        content,
        zero: staging.has_zero().then(|| item.clone()),
    })
}

/// What a file without a manifest holds; one that has a key twice is refused.
async fn read_foreign<H: Host>(
    place: &Place<'_, H>,
    table: &'static Table,
    file: &PartFile,
) -> Result<Checksum, RestoreError> {
    let mut seen = SeenRows::new(table);
    let content = file.read_rows(place.s3, place.bucket, table, |row| seen.add(0, row)).await?;
    match seen.obstacle(slice::from_ref(file)) {
        Some(obstacle) => Err(RestoreError::Unfit { obstacles: vec![obstacle] }),
        None => Ok(content),
    }
}

/// The content of all parts of a table, each counted once.
fn add_up<'d>(
    table: &'static Table,
    wanted: usize,
    parts: impl Iterator<Item = (&'d str, usize, Checksum)>,
) -> Result<Checksum, RestoreError> {
    let own = parts.filter(|(name, ..)| *name == table.name);
    let mut by_number = BTreeMap::new();
    for (_, number, content) in own {
        // Of one that came back twice the first, as in a backup.
        by_number.entry(number).or_insert(content);
    }
    let found = (0..wanted).filter(|number| by_number.contains_key(number)).count();
    if found != wanted || by_number.len() != wanted {
        return Err(BackupError::PartsMissing { table: table.name, wanted, found }.into());
    }
    let mut all = Checksum::default();
    by_number.into_values().for_each(|content| all.merge(content));
    Ok(all)
}

fn zero_of<'d>(table: &Table, done: &'d [Done]) -> Option<&'d FileItem> {
    done.iter().find_map(|done| match done {
        Done::File(file) if file.table == table.name => file.zero.as_ref(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::schema::{TABLES, wide};

    /// What a state machine carries, less the cause of a failure.
    const CARRIED: usize = (256 << 10) - (32 << 10);

    fn opening(notes: Vec<String>) -> Opening {
        Opening {
            id: "20270115_080000_1a2b".into(),
            run: None,
            sources: vec!["glue/".into()],
            notes,
            loads_since: None,
            tables: vec![],
        }
    }

    /// Files of a table whose keys have so many bytes.
    fn files(table: &Table, count: usize, bytes: usize) -> Vec<Item> {
        let file = |number| {
            Item::File(FileItem {
                table: table.name.to_string(),
                number,
                key: "k".repeat(bytes),
                found: Some(("e".repeat(32), u64::MAX)),
            })
        };
        (0..count).map(file).collect()
    }

    fn spans(count: i64) -> Vec<Span> {
        let key = |number: i64| (0 < number && number < count).then_some(i64::MIN + number);
        (0..count).map(|number| Span { after: key(number), until: key(number + 1) }).collect()
    }

    /// All that is carried once every part has come back.
    fn carried(opening: &Opening, items: &[Item]) -> usize {
        let done: Vec<_> = items.iter().map(most_of).collect();
        bytes(&(opening, items, done))
    }

    #[test]
    fn long_names_of_files_make_ranges_coarser_before_they_are_refused() {
        let jobs: &[&'static Table] = &[&TABLES[1]];
        let opening = opening(vec![]);
        let mut ranges_before = usize::MAX;
        for (count, fits) in [(1, true), (100, true), (145, true), (160, true), (200, false)] {
            let files = files(jobs[0], count, 1_024);
            let lives = match opening.fit(jobs, vec![spans(200)], &files) {
                Ok(lives) => lives,
                Err(error) => {
                    assert_eq!(error, RestoreError::TooManyFiles { files: count });
                    assert!(!fits, "{count} files are refused");
                    continue;
                }
            };
            assert!(fits, "{count} files are not refused");
            let items = [ranges(jobs, &lives, Item::Live), files].concat();
            assert!(carried(&opening, &items) < CARRIED, "{count}");
            assert!(lives[0].len() <= ranges_before);
            ranges_before = lives[0].len();
        }
        assert!(ranges_before < 200, "{ranges_before}");
    }

    #[test]
    fn short_names_leave_the_ranges_as_they_are() {
        let jobs: &[&'static Table] = &[&TABLES[1]];
        let lives = opening(vec![]).fit(jobs, vec![spans(200)], &files(jobs[0], 300, 60)).unwrap();
        assert_eq!(lives, [spans(200)]);
    }

    #[test]
    fn more_tables_than_can_be_compared_are_refused_before_anything_is_made() {
        let table: &'static Table = wide(2, 3);
        for (count, fits) in [(100, true), (2_000, false)] {
            let tables = vec![table; count];
            let lives = vec![spans(1); count];
            let found = opening(vec![]).fit(&tables, lives, &[]);
            assert_eq!(found.is_ok(), fits, "{count}");
        }
    }

    #[test]
    fn a_comparison_of_many_ranges_is_carried() {
        let mut comparison = Comparison {
            id: "20270115_080000_1a2b".into(),
            sources: vec![],
            notes: vec!["n".repeat(20_000); 7],
            loads_since: None,
            tables: vec![ComparedTable {
                table: "jobs".into(),
                content: Checksum::default(),
                live: Checksum::default(),
                greatest_key: None,
                staging_ranges: 0,
                live_ranges: 0,
            }],
            attempt: 1,
            swapped: false,
        };
        let items = comparison.deal(vec![spans(200), spans(200)]).unwrap();
        let of = &comparison.tables[0];
        assert_eq!(of.staging_ranges + of.live_ranges, items.len());
        assert!((100..400).contains(&items.len()), "{}", items.len());
        let done: Vec<_> = items.iter().map(most_of).collect();
        assert!(bytes(&(&comparison, &items, done)) < CARRIED);
    }

    #[test]
    fn notes_are_few() {
        let notes: Vec<_> = (0..25).map(|number| number.to_string()).collect();
        let kept = few(notes.clone());
        assert_eq!((&kept[..20], kept.len()), (&notes[..20], 21));
        assert!(kept[20].starts_with("and 5 more; "), "{}", kept[20]);
        assert_eq!(few(notes[..20].to_vec()), notes[..20]);
    }
}
