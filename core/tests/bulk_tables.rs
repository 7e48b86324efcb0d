//! Backups and restores in parts, call by call: how tables are cut, and what is carried between steps.

use std::time::Duration;

use crate::world::*;
use rowgate_core::avro::Codec;
use rowgate_core::backup::bulk::{
    self, MOST_PARTS, OpenedBackup, OpenedBackupTable, PartItem, PartWritten, WrittenFile,
};
use rowgate_core::backup::{BackupError, KeyRange, OnObstacle, Services};
use rowgate_core::data_api::Target;
use rowgate_core::restore::bulk::{
    self as restore, ComparedTable, Comparison, Done, Item, PlannedEnding, RangeDone,
};
use rowgate_core::restore::{LoadsSince, RestoreError, Restored};
use rowgate_core::s3::S3Endpoint;
use rowgate_core::{Checksum, Client, Response, SendError};
use serde_json::{Value, json};

/// What a state machine of AWS carries at most.
const CARRIED: usize = 256 << 10;

const ID: &str = "20270115_080000_1a2b";

type Answer = Result<Response, SendError>;

/// Runs a step in a world with this script, all of which it must use up.
fn step<T>(world: &World, step: impl AsyncFnOnce(&Services<'_, World>) -> T) -> T {
    let (target, endpoint): (Target, S3Endpoint) = (target(), endpoint());
    let time = Duration::from_secs(600);
    let services = Services {
        schema: OFFICE,
        database: &Client::new(world, &target, time),
        s3: &Client::new(world, &endpoint, time),
        bucket: "b",
    };
    let answer = run_in_turns(step(&services));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    answer
}

fn rows(rows: &[&[i64]]) -> Answer {
    let cells = |row: &&[i64]| row.iter().map(|cell| json!({ "longValue": cell })).collect();
    let records: Vec<Value> = rows.iter().map(cells).collect();
    answer(200, &json!({ "records": records }).to_string())
}

/// A world whose tables are not told of, which is in nothing's way, and then answers these.
fn looked(answers: impl IntoIterator<Item = Answer>) -> World {
    World::new((0..5).map(|_| rows(&[])).chain(answers))
}

fn open(world: &World) -> (OpenedBackup, Vec<PartItem>) {
    let jobs = [OFFICE.table("jobs").unwrap()];
    let refuse = OnObstacle::Refuse;
    step(world, async |services| bulk::open(services, &jobs, Codec::Snappy, refuse).await).unwrap()
}

fn ends(items: &[PartItem]) -> Vec<Option<i64>> {
    items.iter().map(|item| item.span.until).collect()
}

#[test]
fn a_table_of_less_than_a_million_rows_is_one_part() {
    let (opening, items) = open(&looked([rows(&[&[999_999, 1, i64::MAX]])]));
    assert_eq!((ends(&items), opening.tables[0].parts), (vec![None], 1));
    let empty = answer(200, r#"{"records":[[{"longValue":0},{"isNull":true},{"isNull":true}]]}"#);
    assert_eq!(ends(&open(&looked([empty])).1), [None]);
}

#[test]
fn a_large_table_is_cut_where_its_rows_are() {
    let (first, last) = (i64::MAX - 2_999_999, i64::MAX);
    let found = rows(&[&[first, last], &[1, 1]]);
    let nothing = || rows(&[]);
    // 500 pieces in statements of 100; then more closely, until that leaves no gap out.
    let looks = [found, nothing(), nothing(), nothing(), nothing()];
    let piece = |number: i64| [first + 6_000 * number, first + 6_000 * number + 5_999];
    let closer: Vec<[i64; 2]> = [[1, 1]].into_iter().chain((0..500).map(piece)).collect();
    let closer = closer.chunks(100).map(|pieces| {
        let pieces: Vec<&[i64]> = pieces.iter().map(|piece| &piece[..]).collect();
        rows(&pieces)
    });
    let extent = rows(&[&[1_000_000, 1, last]]);
    let world = looked([extent].into_iter().chain(looks).chain(closer));
    let (opening, items) = open(&world);
    assert_eq!(opening.tables[0].parts, 4);
    assert_eq!((items[0].span.after, items[3].span.until), (None, None));
    assert!(items.windows(2).all(|pair| pair[0].span.until == pair[1].span.after));
    let middle = items[1].span.until.unwrap();
    assert!(middle - first > 1_490_000 && last - middle > 1_490_000, "{middle}");
    let largest = world.calls().iter().map(|(_, body)| body["sql"].as_str().unwrap().len()).max();
    assert!(largest < Some(65_536), "{largest:?}");
}

#[test]
fn what_steps_tell_each_other_fits_whatever_the_names() {
    let table = "t".repeat(44);
    let span = KeyRange { after: Some(i64::MIN + 1), until: Some(i64::MIN + 2) };
    let file = WrittenFile { tag: "0".repeat(8), bytes: 1 << 40, sha256: "0".repeat(64) };
    let content = Checksum { rows: 1 << 40, digest: u64::MAX };
    let part = |part| {
        let item = PartItem { table: table.clone(), part, span };
        let written = PartWritten { table: table.clone(), part, content, file: Some(file.clone()) };
        serde_json::to_vec(&(item, written)).unwrap().len()
    };
    let all: usize = (0..MOST_PARTS).map(part).sum();
    assert!(all < CARRIED - 20_000, "{all}");
}

#[test]
fn there_is_no_manifest_without_every_part() {
    let tables = vec![OpenedBackupTable { table: "jobs".into(), parts: 2 }];
    let opening = OpenedBackup {
        run: "20270115T080000Z-1a2b3c4d".into(),
        started: "s".into(),
        codec: "null".into(),
        tables,
    };
    let part = |part| {
        let content = Checksum::default();
        PartWritten { table: "jobs".into(), part, content, file: None }
    };
    for (done, found) in
        [(vec![], 0), (vec![part(1)], 1), (vec![part(0), part(0)], 1), (vec![part(0), part(2)], 2)]
    {
        let world = World::new([answer(404, "")]);
        let ended = step(&world, async |services| bulk::finish(services, &opening, &done).await);
        assert_eq!(ended, Err(BackupError::PartsMissing { table: "jobs", wanted: 2, found }));
    }
}

fn tables(names: &[&str]) -> Answer {
    let records: Vec<Value> = names.iter().map(|name| json!([{ "stringValue": name }])).collect();
    answer(200, &json!({ "records": records }).to_string())
}

const STAGING: &str = "jobs__restore_20270115_080000_1a2b";
const BEFORE: &str = "jobs__before_20270115_080000_1a2b";

fn compared(attempt: u32) -> Comparison {
    let content = |digest| Checksum { rows: 1, digest };
    let table = ComparedTable {
        table: "jobs".into(),
        content: content(7),
        live: content(8),
        greatest_key: Some("1".into()),
        staging_ranges: 1,
        live_ranges: 1,
    };
    Comparison {
        id: ID.into(),
        sources: vec!["glue/jobs/".into()],
        notes: vec![],
        loads_since: None,
        tables: vec![table],
        attempt,
        swapped: false,
        ending: PlannedEnding::default(),
    }
}

fn range(digest: u64) -> RangeDone {
    RangeDone { table: "jobs".into(), number: 0, content: Checksum { rows: 1, digest } }
}

/// The step that swaps, when this has come back: a digest of the staging table and one of the live
/// table.
fn finish(world: &World, staging: u64, live: u64) -> Result<(Comparison, Vec<Item>), RestoreError> {
    try_again(world, &compared(1), &[Done::Staging(range(staging)), Done::Live(range(live))])
}

fn try_again(
    world: &World,
    compared: &Comparison,
    done: &[Done],
) -> Result<(Comparison, Vec<Item>), RestoreError> {
    step(world, async |services| restore::finish(services, compared, done, false).await)
}

/// What is answered to a look at how many rows a table has, and which keys.
fn extent() -> Answer {
    rows(&[&[1, 1, 1]])
}

/// Nothing holds the tables, and the swap is answered like this.
fn swapped(answer: Answer) -> [Answer; 6] {
    [rows(&[]), begun(), updated(0), answer, updated(0), ended()]
}

fn statements(world: &World) -> Vec<String> {
    let sql = |(_, body): &(String, Value)| Some(body["sql"].as_str()?.to_owned());
    world.calls().iter().filter_map(sql).collect()
}

#[test]
fn the_swap_is_made_of_what_was_compared_and_the_old_table_is_looked_at_next() {
    let there = tables(&["jobs", STAGING]);
    let world = World::new([there].into_iter().chain(swapped(updated(0))).chain([extent()]));
    let (next, items) = finish(&world, 7, 8).unwrap();
    assert!(next.swapped);
    assert!(matches!(&items[..], [Item::Old(range)] if range.table == "jobs"), "{items:?}");
    let swap = format!("RENAME TABLE `jobs` TO `{BEFORE}`, `{STAGING}` TO `jobs`");
    assert_eq!(statements(&world)[3], swap);
}

#[test]
fn a_swap_that_was_done_is_not_done_again() {
    let world = World::new([tables(&["jobs", BEFORE]), extent()]);
    let (next, items) = finish(&world, 7, 8).unwrap();
    assert_eq!((next.swapped, items.len()), (true, 1));
    assert!(!statements(&world).iter().any(|sql| sql.starts_with("RENAME")));
}

#[test]
fn a_swap_that_waited_in_vain_looks_at_the_live_tables_before_the_next_try() {
    let there = || tables(&["jobs", STAGING]);
    let waited = [there()].into_iter().chain(swapped(database_error(1205)));
    let world = World::new(waited.chain([tables(&["9"]), extent()]));
    let (next, items) = finish(&world, 7, 8).unwrap();
    assert_eq!((next.swapped, next.attempt), (false, 2));
    assert_eq!(next.tables[0].greatest_key.as_deref(), Some("9"));
    assert!(matches!(&items[..], [Item::Live(_)]), "{items:?}");

    // The staging table is not looked at again; the live one that was written to stops it.
    let world = World::new([there(), there(), updated(0)]);
    let error = try_again(&world, &next, &[Done::Live(range(9))]).unwrap_err();
    assert_eq!(error, RestoreError::Changed { table: "jobs", planned: 1, found: 1 });
    let world = World::new([there()].into_iter().chain(swapped(updated(0))).chain([extent()]));
    assert!(try_again(&world, &next, &[Done::Live(range(8))]).unwrap().0.swapped);
}

#[test]
fn the_twelfth_swap_that_waited_in_vain_is_the_last() {
    let there = || tables(&["jobs", STAGING]);
    let tried = [there()].into_iter().chain(swapped(database_error(1205)));
    let world = World::new(tried.chain([there(), updated(0)]));
    let error = try_again(&world, &compared(12), &[Done::Live(range(8))]).unwrap_err();
    assert!(matches!(error, RestoreError::NotSwapped(_)), "{error}");
    assert_eq!(statements(&world).last().unwrap(), &format!("DROP TABLE IF EXISTS `{STAGING}`"));
}

#[test]
fn the_ledger_is_told_once_the_tables_are_swapped_and_where_that_fails_it_is_said() {
    let since = LoadsSince { since: "2027-01-15T08:00:00Z".into(), loads: 9 };
    let compared = Comparison { loads_since: Some(since), ..compared(1) };
    let done = [Done::Staging(range(7)), Done::Live(range(8))];
    let there = || tables(&["jobs", STAGING]);
    let told = [updated(0), updated(3), extent()];
    let swap = || [there()].into_iter().chain(swapped(updated(0)));
    let (next, _) = try_again(&World::new(swap().chain(told)), &compared, &done).unwrap();
    assert_eq!((next.loads_since.unwrap().loads, next.notes.len()), (3, 0));

    let world = World::new(swap().chain([database_error(1142), extent()]));
    let (next, items) = try_again(&world, &compared, &done).unwrap();
    assert!(next.swapped && items.len() == 1);
    assert!(
        next.loads_since.is_none() && next.notes.concat().contains("do the restore again"),
        "{next:?}"
    );
}

/// The last step, when this has come back of the old table.
fn report(world: &World, done: &[Done]) -> Restored {
    let compared = Comparison { swapped: true, ..compared(1) };
    step(world, async |services| restore::report(services, &compared, done).await).unwrap()
}

#[test]
fn an_old_table_that_is_as_it_was_is_not_named() {
    let restored = report(&World::new([]), &[Done::Old(range(8))]);
    assert_eq!((restored.late, restored.tables[0].rows), (vec![], 1));
}

#[test]
fn an_old_table_that_changed_or_could_not_be_looked_at_is_named() {
    for (done, now) in [(vec![Done::Old(range(9))], Some(1)), (vec![], None)] {
        let world = World::new([tables(&["2", "3"])]);
        let late = report(&world, &done).late.remove(0);
        assert_eq!((late.old_table.as_str(), late.rows_before, late.rows_now), (BEFORE, 1, now));
        assert_eq!(late.new_keys, ["2", "3"]);
    }
}

#[test]
fn a_key_that_comes_twice_is_looked_for_and_where_that_fails_the_counts_are_told() {
    let there = || tables(&["jobs", STAGING]);
    let world = World::new([there(), there(), updated(0), answer(404, "")]);
    let less = RangeDone { content: Checksum::default(), ..range(0) };
    let done = [Done::Staging(less), Done::Live(range(8))];
    let error = try_again(&world, &compared(1), &done).unwrap_err();
    assert_eq!(error, RestoreError::SameKey { table: "jobs", rows: 1, keys: 0, twice: None });
}

#[test]
fn rows_that_differ_stop_it_and_the_staging_tables_go() {
    let there = || tables(&["jobs", STAGING]);
    for (staging, live) in [(9, 8), (7, 9)] {
        let world = World::new([there(), there(), updated(0)]);
        let error = finish(&world, staging, live).unwrap_err();
        match staging {
            9 => assert!(matches!(error, RestoreError::Differs { table: "jobs", .. }), "{error}"),
            _ => assert!(matches!(error, RestoreError::Changed { table: "jobs", .. }), "{error}"),
        }
        assert!(error.is_final());
        assert_eq!(statements(&world)[2], format!("DROP TABLE IF EXISTS `{STAGING}`"));
    }
}
