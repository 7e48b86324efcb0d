//! The steps of a restore in parts.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::slice;

use super::super::checks::in_time;
use super::super::ending::{Ending, plan_end};
use super::super::error::RestoreError;
use super::super::find::find;
use super::super::foreign::SeenRows;
use super::super::found_files::FoundFiles;
use super::super::notes::notes;
use super::super::plan::{self, TablePlan, content_of, new_id, read_headers};
use super::super::restored::Restored;
use super::super::staging::Staging;
use super::super::swap::{ATTEMPTS, is_swapped, try_swap};
use super::super::tables::{LeftoverKind, TableNames, drop_table, make_missing};
use super::super::ties::Ties;
use super::super::wanted::Wanted;
use super::super::{late, loads};
use super::comparison::{ComparedTable, Comparison};
use super::ending::PlannedEnding;
use super::items::{Done, FileDone, FileItem, Item, RangeDone, RangeItem, add_up, ranges, zero_of};
use super::opened::{OpenedRestore, OpenedRestoreTable};
use super::tables::{check_id, greatest_key, spans_of, table, table_plan};
use crate::aws::host::Host;
use crate::backup::{self, BackupError, Damage, PartFile, PartForm, Services, content_of_span};
use crate::sql::checksum::Checksum;
use crate::table::schema::Table;

/// The most notes that are carried; each names a folder or a file.
const MOST_NOTES: usize = 20;

/// Finds the files, refuses what cannot be done, makes the staging tables, and deals out what is to
/// be done: first a look at the live tables, then the files.
///
/// Rows of live tables that the files do not have go; there is no other mode. After an error no
/// table is left.
pub async fn open<H: Host>(
    services: &Services<'_, H>,
    wanted: &Wanted<'_>,
) -> Result<(OpenedRestore, Vec<Item>), RestoreError> {
    let FoundFiles { manifest, left_out, empty_files, tables, .. } = find(services, wanted).await?;
    let live_tables = TableNames::read(services.database).await?;
    let names: Vec<_> = tables.iter().map(|(table, _)| *table).collect();
    let mut obstacles = plan::obstacles(services, &names).await?;
    let end = plan_end(services, wanted, &names, &live_tables).await?;
    obstacles.extend(end.obstacles);
    if !obstacles.is_empty() {
        return Err(RestoreError::Unfit { obstacles });
    }
    let (mut opened, mut lives, mut files, mut plans) = (vec![], vec![], vec![], vec![]);
    let mut null_columns = vec![];
    for (table, found) in tables {
        null_columns.push((table.name, read_headers(services, table, &found).await?));
        let is_missing = !live_tables.has(table.name);
        lives.push(match is_missing {
            true => Vec::new(),
            false => spans_of(services, table, table.name, names.len()).await?,
        });
        opened.push(OpenedRestoreTable {
            table: table.name.to_string(),
            files: found.len(),
            live_ranges: 0,
            content: manifest.as_ref().map(|manifest| content_of(manifest, table)).transpose()?,
        });
        let file = |(number, file)| Item::File(FileItem::of(table, number, file));
        files.extend(found.into_iter().enumerate().map(file));
        plans.push(table_plan(table, is_missing));
    }
    let (in_place, keep_orphans) = (end.ending == Ending::InPlace, wanted.keep_orphans);
    let ending = PlannedEnding { in_place, keep_orphans };
    ending.check_rows(opened.iter().filter_map(|table| table.content).map(|its| its.rows).sum())?;
    let notes = few(notes(&left_out, &empty_files, &null_columns));
    let loads_since =
        loads::count(services.database, &live_tables, manifest.as_ref(), &names).await?;
    let sources = wanted.sources.to_vec();
    let (id, run) = (new_id(services.database.host()), manifest.map(|manifest| manifest.run));
    let mut opening =
        OpenedRestore { id, run, sources, notes, loads_since, tables: opened, ending };
    let lives = opening.fit(&names, lives, &files)?;
    for (opened, live) in opening.tables.iter_mut().zip(&lives) {
        opened.live_ranges = live.len();
    }
    opening.ending.in_place |= make_all(services, &plans, &opening.id).await?;
    let items = [ranges(&names, &lives, Item::Live), files].concat();
    Ok((opening, items))
}

/// Does one part. Doing it twice, or twice at the same time, has the same effect.
pub async fn part<H: Host>(
    services: &Services<'_, H>,
    id: &str,
    run: Option<&str>,
    item: &Item,
) -> Result<Done, RestoreError> {
    check_id(id)?;
    Ok(match item {
        Item::File(file) => Done::File(write_file(services, id, run, file).await?),
        Item::Live(range) => {
            let name = table(services.schema, &range.table)?.name;
            Done::Live(look(services, name, range).await?)
        }
        Item::Staging(range) => {
            let plan = table_plan(table(services.schema, &range.table)?, false);
            Done::Staging(look(services, &Staging::new(services, &plan, id).name, range).await?)
        }
        Item::Old(range) => {
            let name = late::old_table(table(services.schema, &range.table)?, id);
            Done::Old(look(services, &name, range).await?)
        }
    })
}

/// Once every part has come back, writes the rows 0, and deals out what is to be compared: last the
/// live tables, so that a change of them is seen as late as can be.
pub async fn compare<H: Host>(
    services: &Services<'_, H>,
    opening: &OpenedRestore,
    done: &[Done],
) -> Result<(Comparison, Vec<Item>), RestoreError> {
    check_id(&opening.id)?;
    let (mut compared, mut spans) = (vec![], vec![]);
    for opened in &opening.tables {
        let table = table(services.schema, &opened.table)?;
        let files = add_up(table, opened.files, done.iter().filter_map(Done::file))?;
        let live = add_up(table, opened.live_ranges, done.iter().filter_map(Done::live))?;
        let plan = table_plan(table, false);
        let mut staging = Staging::new(services, &plan, &opening.id);
        if let Some(file) = zero_of(table, done) {
            staging.read_zero(&find_file(services, opening.run.as_deref(), file).await?).await?;
            staging.store_zero().await?;
        }
        let most = opening.tables.len();
        spans.push(spans_of(services, table, &staging.name, most).await?);
        let greatest_key = greatest_key(services, table).await?;
        spans.push(spans_of(services, table, table.name, most).await?);
        compared.push(ComparedTable {
            table: table.name.to_string(),
            content: opened.content.unwrap_or(files),
            live,
            greatest_key,
            staging_ranges: 0,
            live_ranges: 0,
        });
    }
    let OpenedRestore { id, sources, notes, loads_since, ending, .. } = opening.clone();
    let (attempt, swapped, tables) = (1, false, compared);
    let mut comparison =
        Comparison { id, sources, notes, loads_since, tables, attempt, swapped, ending };
    comparison.check_rows()?;
    let items = comparison.deal(services.schema, spans)?;
    Ok((comparison, items))
}

/// Once every part has come back, tries to swap all tables in one statement, if the staging tables hold
/// what the files do, and the live ones what they did at first or `force` is given. Where foreign keys, CHECKs or
/// triggers hold the tables, it puts the rows in place instead, in one transaction.
///
/// Answers what is to be looked at next: the live tables once more, if the swap has waited in vain for
/// others' transactions, and then this step is to be done again; or what was live before, and then
/// [`report`]. A swap computes nothing, so that the number of rows does not matter. Done twice it has the same
/// effect. After an error the live tables are what they were, and the staging tables are gone.
pub async fn finish<H: Host>(
    services: &Services<'_, H>,
    comparison: &Comparison,
    done: &[Done],
    force: bool,
) -> Result<(Comparison, Vec<Item>), RestoreError> {
    check_id(&comparison.id)?;
    let mut comparison = comparison.clone();
    let tables = comparison.schema_tables(services.schema)?;
    let names: Vec<_> = tables.iter().map(|table| table.name).collect();
    let checked = comparison.check(services.schema, done, force);
    if is_swapped(services.database, &names, &comparison.id).await? {
        return Ok(comparison.old_items(services, &tables).await);
    }
    let tried = async {
        checked?;
        in_time(services)?;
        let ties = Ties::read(services.database, services.schema, &tables).await?;
        // What has come to hold them since the restore was opened counts as well.
        comparison.ending.in_place |= ties.is_any();
        if comparison.ending.in_place {
            comparison.check_rows()?;
            return comparison.put(services, &tables, ties, force).await.map(|()| None);
        }
        match try_swap(services.database, &names, &comparison.id).await? {
            None => Ok(None),
            Some(error) if comparison.attempt == ATTEMPTS => Err(RestoreError::NotSwapped(error)),
            Some(_) => comparison.next_try(services, &tables).await.map(Some),
        }
    };
    match tried.await {
        Ok(None) => Ok(comparison.old_items(services, &tables).await),
        Ok(Some(next)) => Ok(next),
        // The tables that would be dropped may be the live ones' successors.
        Err(error @ RestoreError::SwapUnknown { .. }) => Err(error),
        Err(error) => {
            // What cannot be dropped any more is named by `leftovers`.
            let _: Result<(), _> = abandon(services, &comparison.id).await;
            Err(comparison.naming_twice(services, error).await)
        }
    }
}

/// Once every part of what was live before has come back, or as much as could be looked at, says what
/// was done and which rows came meanwhile.
pub async fn report<H: Host>(
    services: &Services<'_, H>,
    comparison: &Comparison,
    done: &[Done],
) -> Result<Restored, RestoreError> {
    check_id(&comparison.id)?;
    let mut restored = comparison.restored(services.schema);
    for (compared, table) in
        comparison.tables.iter().zip(comparison.schema_tables(services.schema)?)
    {
        if comparison.ending.in_place {
            continue;
        }
        let old = done.iter().filter_map(Done::old);
        let now = add_up(table, compared.live_ranges, old).ok();
        let late = late::of(services, table, &comparison.id, &compared.seen(table), now).await;
        restored.late.extend(late);
    }
    Ok(restored)
}

/// Drops the staging tables of a restore that is given up before [`finish`]; parts that are still
/// being done fail.
pub async fn abandon<H: Host>(services: &Services<'_, H>, id: &str) -> Result<(), RestoreError> {
    check_id(id)?;
    let left = TableNames::read(services.database).await?.leftovers(services.schema);
    for leftover in left.iter().filter(|left| left.id == id && left.kind == LeftoverKind::Staging) {
        drop_table(services.database, &leftover.name).await?;
    }
    Ok(())
}

/// The first notes, and how many more there are.
pub(super) fn few(mut notes: Vec<String>) -> Vec<String> {
    if notes.len() > MOST_NOTES {
        let more = notes.len() - MOST_NOTES;
        notes.truncate(MOST_NOTES);
        notes.push(format!("and {more} more; rowgate restore --plan names them all"));
    }
    notes
}

/// Makes the staging tables, and answers whether a live one has foreign keys or CHECKs.
async fn make_all<H: Host>(
    services: &Services<'_, H>,
    plans: &[TablePlan],
    id: &str,
) -> Result<bool, RestoreError> {
    let missing: Vec<_> = plans.iter().filter(|it| it.is_missing).map(|it| it.table).collect();
    make_missing(services.database, &missing).await?;
    let mut has_constraints = false;
    for plan in plans {
        match Staging::new(services, plan, id).make().await {
            Ok(has) => has_constraints |= has,
            Err(error) => {
                let _: Result<(), _> = abandon(services, id).await;
                return Err(error);
            }
        }
    }
    Ok(has_constraints)
}

async fn look<H: Host>(
    services: &Services<'_, H>,
    name: &str,
    range: &RangeItem,
) -> Result<RangeDone, RestoreError> {
    let content =
        content_of_span(services.database, table(services.schema, &range.table)?, name, range.span)
            .await;
    let content = content.map_err(BackupError::Database)?;
    Ok(RangeDone { table: range.table.clone(), number: range.number, content })
}

/// A file whose content is still that which was found.
async fn find_file<H: Host>(
    services: &Services<'_, H>,
    run: Option<&str>,
    item: &FileItem,
) -> Result<PartFile, RestoreError> {
    let FileItem { key, found, .. } = item;
    if let Some((e_tag, bytes)) = found.clone() {
        let form = PartForm::Avro;
        return Ok(PartFile { key: key.clone(), e_tag, bytes, manifest: None, form });
    }
    let manifest = backup::manifest(services.s3, services.bucket, run.unwrap_or_default()).await?;
    let part = manifest.parts().find(|part| part.key == *key);
    let part = part.ok_or_else(|| BackupError::damaged(key, Damage::Missing))?;
    Ok(PartFile::of_manifest(services.s3, services.bucket, part).await?)
}

/// Reads every byte first, so that no row is written because of a damaged file.
async fn write_file<H: Host>(
    services: &Services<'_, H>,
    id: &str,
    run: Option<&str>,
    item: &FileItem,
) -> Result<FileDone, RestoreError> {
    let table = table(services.schema, &item.table)?;
    let file = find_file(services, run, item).await?;
    let content = match &file.manifest {
        Some(_) => file.check_hash(services.s3, services.bucket, table).await.map(|()| None)?,
        None => Some(read_foreign(services, table, &file).await?),
    };
    let plan = TablePlan { files: vec![file], ..table_plan(table, false) };
    let mut staging = Staging::new(services, &plan, id);
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
    services: &Services<'_, H>,
    table: &'static Table,
    file: &PartFile,
) -> Result<Checksum, RestoreError> {
    let mut seen = SeenRows::new(table);
    let content =
        file.read_rows(services.s3, services.bucket, table, |row| seen.add(0, row)).await?;
    match seen.obstacle(slice::from_ref(file)) {
        Some(obstacle) => Err(RestoreError::Unfit { obstacles: vec![obstacle] }),
        None => Ok(content),
    }
}
