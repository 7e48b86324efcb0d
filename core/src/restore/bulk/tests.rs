use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::super::error::RestoreError;
use super::comparison::{ComparedTable, Comparison};
use super::ending::{MOST_ROWS, PlannedEnding};
use super::items::{FileItem, Item, most_of, ranges};
use super::opened::OpenedRestore;
use super::steps::few;
use crate::backup::{KeyRange, bytes};
use crate::sql::checksum::Checksum;
use crate::table::schema::{OFFICE, Table, wide_tables};

/// What a state machine carries, less the cause of a failure.
const CARRIED: usize = (256 << 10) - (32 << 10);

fn opening(notes: Vec<String>) -> OpenedRestore {
    OpenedRestore {
        id: "20270115_080000_1a2b".into(),
        run: None,
        sources: vec!["glue/".into()],
        notes,
        loads_since: None,
        tables: vec![],
        ending: PlannedEnding::default(),
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

fn spans(count: i64) -> Vec<KeyRange> {
    let key = |number: i64| (0 < number && number < count).then_some(i64::MIN + number);
    (0..count).map(|number| KeyRange { after: key(number), until: key(number + 1) }).collect()
}

/// All that is carried once every part has come back.
fn carried(opening: &OpenedRestore, items: &[Item]) -> usize {
    let done: Vec<_> = items.iter().map(most_of).collect();
    bytes(&(opening, items, done))
}

#[test]
fn long_names_of_files_make_ranges_coarser_before_they_are_refused() {
    let jobs: &[&'static Table] = &[&OFFICE.tables()[1]];
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
    let jobs: &[&'static Table] = &[&OFFICE.tables()[1]];
    let lives = opening(vec![]).fit(jobs, vec![spans(200)], &files(jobs[0], 300, 60)).unwrap();
    assert_eq!(lives, [spans(200)]);
}

#[test]
fn more_tables_than_can_be_compared_are_refused_before_anything_is_made() {
    let table = wide_tables().next().unwrap();
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
        ending: PlannedEnding::default(),
    };
    let items = comparison.deal(OFFICE, vec![spans(200), spans(200)]).unwrap();
    let of = &comparison.tables[0];
    assert_eq!(of.staging_ranges + of.live_ranges, items.len());
    assert!((100..400).contains(&items.len()), "{}", items.len());
    let done: Vec<_> = items.iter().map(most_of).collect();
    assert!(bytes(&(&comparison, &items, done)) < CARRIED);
}

#[test]
fn more_rows_than_one_step_puts_in_place_are_refused() {
    let in_place = PlannedEnding { in_place: true, keep_orphans: false };
    let error = in_place.check_rows(MOST_ROWS + 1).unwrap_err();
    assert!(error.to_string().contains("use rowgate restore"), "{error}");
    assert_eq!(in_place.check_rows(MOST_ROWS), Ok(()));
    assert_eq!(PlannedEnding::default().check_rows(u64::MAX), Ok(()));
}

#[test]
fn notes_are_few() {
    let notes: Vec<_> = (0..25).map(|number| number.to_string()).collect();
    let kept = few(notes.clone());
    assert_eq!((&kept[..20], kept.len()), (&notes[..20], 21));
    assert!(kept[20].starts_with("and 5 more; "), "{}", kept[20]);
    assert_eq!(few(notes[..20].to_vec()), notes[..20]);
}
