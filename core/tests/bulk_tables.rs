//! Backups and restores in parts, call by call: how tables are cut, and what is carried between steps.
#![cfg(feature = "avro")]
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "other tests use the rest")]
mod world;

use std::time::Duration;

use rowgate_core::avro::Codec;
use rowgate_core::backup::bulk::{
    self, MOST_PARTS, OpenedTable, Opening, PartItem, PartWritten, WrittenFile,
};
use rowgate_core::backup::{BackupError, OnObstacle, Place, Span};
use rowgate_core::data_api::Target;
use rowgate_core::restore::RestoreError;
use rowgate_core::restore::bulk::{self as restore, ComparedTable, Comparison, Done, RangeDone};
use rowgate_core::s3::Endpoint;
use rowgate_core::schema::table;
use rowgate_core::{Checksum, Client, Response, SendError};
use serde_json::{Value, json};
use world::*;

/// What a state machine of AWS carries at most.
const CARRIED: usize = 256 << 10;

const ID: &str = "20270115_080000_1a2b";

type Answer = Result<Response, SendError>;

/// Runs a step in a world with this script, all of which it must use up.
fn step<T>(world: &World, step: impl AsyncFnOnce(&Place<'_, World>) -> T) -> T {
    let (target, endpoint): (Target, Endpoint) = (target(), endpoint());
    let time = Duration::from_secs(600);
    let place = Place {
        database: &Client::new(world, &target, time),
        s3: &Client::new(world, &endpoint, time),
        bucket: "b",
    };
    let answer = run_in_turns(step(&place));
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

fn open(world: &World) -> (Opening, Vec<PartItem>) {
    let jobs = [table("jobs").unwrap()];
    let refuse = OnObstacle::Refuse;
    step(world, async |place| bulk::open(place, &jobs, Codec::Snappy, refuse).await).unwrap()
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
    let span = Span { after: Some(i64::MIN + 1), until: Some(i64::MIN + 2) };
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
    let tables = vec![OpenedTable { table: "jobs".into(), parts: 2 }];
    let opening = Opening {
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
        let ended = step(&world, async |place| bulk::finish(place, &opening, &done).await);
        assert_eq!(ended, Err(BackupError::PartsMissing { table: "jobs", wanted: 2, found }));
    }
}

fn tables(names: &[&str]) -> Answer {
    let records: Vec<Value> = names.iter().map(|name| json!([{ "stringValue": name }])).collect();
    answer(200, &json!({ "records": records }).to_string())
}

const STAGING: &str = "jobs__restore_20270115_080000_1a2b";
const BEFORE: &str = "jobs__before_20270115_080000_1a2b";

/// The last step, when this has come back: a digest of the staging table and one of the live table.
fn finish(world: &World, staging: u64, live: u64) -> Result<String, RestoreError> {
    let content = |digest| Checksum { rows: 1, digest };
    let compared = ComparedTable {
        table: "jobs".into(),
        content: content(7),
        live: content(8),
        staging_ranges: 1,
        live_ranges: 1,
    };
    let comparison = Comparison { id: ID.into(), tables: vec![compared] };
    let range = |digest| RangeDone { table: "jobs".into(), number: 0, content: content(digest) };
    let done = [Done::Staging(range(staging)), Done::Live(range(live))];
    step(world, async |place| {
        let restored = restore::finish(place, &comparison, &done, false).await?;
        Ok(restored.tables[0].checksum.clone())
    })
}

fn statements(world: &World) -> Vec<String> {
    let sql = |(_, body): &(String, Value)| Some(body["sql"].as_str()?.to_owned());
    world.calls().iter().filter_map(sql).collect()
}

#[test]
fn the_last_step_compares_and_swaps_and_reads_no_row() {
    let swap = [begun(), updated(0), updated(0), updated(0), ended()];
    let world = World::new([tables(&["jobs", STAGING])].into_iter().chain(swap));
    assert_eq!(finish(&world, 7, 8).unwrap(), "0000000000000007");
    let swap = format!("RENAME TABLE `jobs` TO `{BEFORE}`, `{STAGING}` TO `jobs`");
    assert_eq!(statements(&world)[2], swap);
}

#[test]
fn a_swap_that_was_done_is_not_done_again() {
    let world = World::new([tables(&["jobs", BEFORE])]);
    assert!(finish(&world, 7, 8).is_ok());
    assert_eq!(statements(&world).len(), 1);
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
