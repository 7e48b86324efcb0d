//! A restore call by call: a swap whose answer is lost, and time that is over.

use std::cell::{Cell as Shared, RefCell};
use std::task::Poll;
use std::time::Duration;

use crate::world::*;
use rowgate_core::avro::{AvroWriter, Codec};
use rowgate_core::backup::{PartFile, PartForm, Services};
use rowgate_core::restore::{self, Ending, Mode, RestoreError, RestorePlan, Restored, TablePlan};
use rowgate_core::{
    CallError, Cell, Checksum, Client, Host, Request, Response, SendError, Service, SignError,
};
use serde_json::{Value, json};

const ID: &str = "20270115_080000_1a2b";
const BEFORE: &str = "jobs__before_20270115_080000_1a2b";
const STAGING: &str = "jobs__restore_20270115_080000_1a2b";
const UNDONE: &str = "jobs__undone_20270115_080000_1a2b";

type Answer = Result<Response, SendError>;

fn tables(names: &[&str]) -> Answer {
    let records: Vec<Value> = names.iter().map(|name| json!([{ "stringValue": name }])).collect();
    answer(200, &json!({ "records": records }).to_string())
}

/// What the database says of a user with all rights.
fn all_rights() -> Answer {
    tables(&["GRANT ALL PRIVILEGES ON *.* TO `u`@`%`"])
}

fn undo(world: &World) -> Result<Vec<&'static str>, RestoreError> {
    let target = target();
    let client = Client::new(world, &target, Duration::from_secs(600));
    let undone = run(restore::undo(&client, OFFICE, ID, false, |_| ()));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    undone
}

fn statements(world: &World) -> Vec<String> {
    let body = |request: &Request| serde_json::from_slice::<Value>(&request.body).ok();
    let sql = |request: &Request| Some(body(request)?["sql"].as_str()?.to_owned());
    world.requests().iter().filter_map(sql).collect()
}

/// A swap with this answer: in a transaction, whose wait for locks is short and then as before.
fn swapped(answer: Answer) -> [Answer; 5] {
    [begun(), updated(0), answer, updated(0), ended()]
}

/// Before the swap, with nothing that holds the tables, and after it.
fn two_states() -> ([Answer; 3], Answer) {
    ([all_rights(), tables(&["jobs", BEFORE]), tables(&[])], tables(&["jobs", UNDONE]))
}

#[test]
fn all_tables_are_swapped_in_one_statement() {
    let both = tables(&["jobs", "employees", BEFORE, "employees__before_20270115_080000_1a2b"]);
    let world =
        World::new([all_rights(), both, tables(&[])].into_iter().chain(swapped(updated(0))));
    assert_eq!(undo(&world).unwrap(), ["employees", "jobs"]);
    assert_eq!(
        statements(&world)[3..],
        [
            "SET SESSION lock_wait_timeout = 5",
            "RENAME TABLE \
             `employees` TO `employees__undone_20270115_080000_1a2b`, \
             `employees__before_20270115_080000_1a2b` TO `employees`, \
             `jobs` TO `jobs__undone_20270115_080000_1a2b`, \
             `jobs__before_20270115_080000_1a2b` TO `jobs`",
            "SET SESSION lock_wait_timeout = DEFAULT",
        ]
    );
    let ids: Vec<_> =
        world.calls()[4..].iter().map(|(_, body)| body["transactionId"].clone()).collect();
    assert_eq!(ids, ["tx-1"; 4]);
}

#[test]
fn a_swap_without_an_answer_is_looked_for() {
    let (before, after) = two_states();
    let world = World::new(before.into_iter().chain(swapped(cut())).chain([after]));
    assert_eq!(undo(&world).unwrap(), ["jobs"]);
}

#[test]
fn a_swap_that_waited_in_vain_is_tried_again() {
    let (before, _) = two_states();
    let answers = before.into_iter().chain(swapped(database_error(1205)));
    let world = World::new(answers.chain(swapped(updated(0))));
    assert_eq!(undo(&world).unwrap(), ["jobs"]);
    let sent = statements(&world);
    assert_eq!(sent[4], sent[7]);
}

#[test]
fn a_swap_that_was_not_heard_and_did_not_happen_is_tried_again() {
    let (before, _) = two_states();
    let looks = (0..5).map(|_| before[1].clone());
    let answers = before.clone().into_iter().chain(swapped(cut())).chain(looks);
    let world = World::new(answers.chain(swapped(updated(0))));
    assert_eq!(undo(&world).unwrap(), ["jobs"]);
    assert!(world.slept() > Duration::from_secs(15), "{:?}", world.slept());
}

#[test]
fn a_swap_that_always_waits_in_vain_is_given_up() {
    let (before, _) = two_states();
    let tries = (0..12).flat_map(|_| swapped(database_error(1205)));
    let world = World::new(before.into_iter().chain(tries));
    assert!(matches!(undo(&world), Err(RestoreError::NotSwapped(_))));
}

#[test]
fn a_wait_is_told_and_ended_by_an_interruption() {
    let (before, _) = two_states();
    let tries = before.into_iter().chain((0..2).flat_map(|_| swapped(database_error(1205))));
    // While the second RENAME is in flight; what ends its transaction follows all the same.
    let world = World::new(tries).interrupted_after(11);
    let (target, mut told) = (target(), Vec::new());
    let client = Client::new(&world, &target, Duration::from_secs(600));
    let ended = run(restore::undo(&client, OFFICE, ID, false, |attempt| told.push(attempt)));
    assert_eq!(ended, Err(RestoreError::NotSwapped(CallError::Interrupted)));
    assert_eq!((told, world.answers_left()), (vec![2], 0));
}

#[test]
fn a_swap_without_an_answer_is_looked_for_once_after_an_interruption() {
    let (before, after) = two_states();
    for (found, expected) in [
        (after, Ok(vec!["jobs"])),
        (before[1].clone(), Err(RestoreError::SwapUnknown { id: ID.into() })),
    ] {
        let answers = before.clone().into_iter().chain(swapped(cut())).chain([found]);
        let world = World::new(answers).interrupted_after(6);
        assert_eq!(undo(&world), expected);
    }
}

#[test]
fn where_no_look_is_possible_the_outcome_is_unknown() {
    let (before, _) = two_states();
    let denied = error(403, "AccessDeniedException");
    let world = World::new(before.into_iter().chain(swapped(cut())).chain([denied]));
    let error = undo(&world).unwrap_err();
    assert_eq!(error, RestoreError::SwapUnknown { id: ID.into() });
    assert!(error.to_string().contains(ID), "{error}");
}

#[test]
fn a_swap_that_is_refused_is_not_looked_for() {
    let (before, _) = two_states();
    let world = World::new(before.into_iter().chain(swapped(database_error(1142))));
    assert!(matches!(undo(&world), Err(RestoreError::NotSwapped(_))));
}

#[test]
fn a_missing_right_or_database_is_named() {
    for (code, named) in
        [(1142, "rowgate migrate --users"), (1044, "CREATE, DROP"), (1049, "CREATE DATABASE")]
    {
        let error = undo(&World::new([database_error(code)])).unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[test]
fn a_wait_that_cannot_be_set_swaps_nothing() {
    let (before, _) = two_states();
    let [rights, names, ties] = before;
    let world =
        World::new([rights, names, ties, begun(), database_error(1227), updated(0), ended()]);
    assert!(matches!(undo(&world), Err(RestoreError::NotSwapped(_))));
    assert!(!statements(&world).iter().any(|sql| sql.starts_with("RENAME")));
}

#[test]
fn what_is_not_there_is_not_brought_back() {
    let world = World::new([all_rights(), tables(&["jobs", STAGING])]);
    assert_eq!(undo(&world).unwrap_err(), RestoreError::NoSuchRestore { id: ID.into() });
}

#[test]
fn an_undo_by_a_user_without_its_rights_is_refused_at_once() {
    let rights = "GRANT SELECT, INSERT, CREATE, DROP, ALTER, REFERENCES ON *.* TO `u`@`%`";
    let world = World::new([tables(&[rights])]);
    let error = undo(&world).unwrap_err().to_string();
    assert!(error.contains("lacks UPDATE, TRIGGER on"), "{error}");
    assert_eq!(statements(&world), ["SHOW GRANTS"]);
}

/// A file of one job, as a plan has it.
fn file() -> (Vec<u8>, RestorePlan) {
    file_of(&[[Cell::Int(1), Cell::Text("Cook".into())]])
}

/// A file of jobs for more than three statements, so well packed that one range has it all.
fn large_file() -> (Vec<u8>, RestorePlan) {
    let name = "é".repeat(255);
    let jobs: Vec<_> =
        (1..=20_000).map(|id| [Cell::Int(id), Cell::Text(name.clone().into())]).collect();
    file_of(&jobs)
}

fn file_of(rows: &[[Cell<'_>; 2]]) -> (Vec<u8>, RestorePlan) {
    let jobs = OFFICE.table("jobs").unwrap();
    let mut writer = AvroWriter::new(jobs, Codec::Deflate, [7; 16]);
    let mut content = Checksum::default();
    for row in rows {
        writer.push(row).unwrap();
        content.add(jobs, row);
    }
    let bytes = writer.finish().unwrap().0;
    let file = PartFile {
        key: "jobs.avro".into(),
        e_tag: "e".into(),
        bytes: bytes.len() as u64,
        manifest: None,
        form: PartForm::Avro,
    };
    let table = TablePlan {
        table: jobs,
        files: vec![file],
        content,
        live: Checksum::default(),
        is_missing: false,
        null_columns: Vec::new(),
        odd_values: Vec::new(),
    };
    let plan = RestorePlan {
        id: ID.into(),
        run: None,
        snapshot: None,
        #[cfg(feature = "parquet")]
        export: None,
        mode: Mode::Replace,
        tables: vec![table],
        into_table: None,
        ending: Ending::Swap,
        ties: Vec::new(),
        keep_orphans: false,
        obstacles: Vec::new(),
        left_out: Vec::new(),
        empty_files: Vec::new(),
        loads_since: None,
        leftovers: Vec::new(),
    };
    (bytes, plan)
}

/// The pause before a range is asked for again uses the database's time up.
fn restore_for(
    time: Duration,
    world: &World,
    plan: &RestorePlan,
) -> Result<Restored, RestoreError> {
    let restored = restore_with(world, time, plan);
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    restored
}

fn restore_with<H: Host>(
    host: &H,
    time: Duration,
    plan: &RestorePlan,
) -> Result<Restored, RestoreError> {
    let (target, endpoint) = (target(), endpoint());
    let services = Services {
        schema: OFFICE,
        database: &Client::new(host, &target, time),
        s3: &Client::new(host, &endpoint, Duration::from_secs(60)),
        bucket: "b",
    };
    run_in_turns(restore::restore(&services, plan, false, |_, _| ()))
}

/// What SHOW CREATE TABLE answers.
fn described() -> Answer {
    let created =
        json!([[{ "stringValue": "jobs" }, { "stringValue": "CREATE TABLE `jobs` (\n  …\n)" }]]);
    answer(200, &json!({ "records": created }).to_string())
}

fn object(body: Vec<u8>) -> Answer {
    Ok(Response { status: 206, headers: Vec::new(), body })
}

/// What a range of keys holds that ends with this one.
fn rows(content: Checksum, last: i64) -> Answer {
    let record = json!([
        { "longValue": content.rows },
        { "stringValue": content.hex() },
        { "stringValue": last.to_string() },
    ]);
    answer(200, &json!({ "records": [record] }).to_string())
}

/// What a range without rows answers.
fn no_rows() -> Answer {
    let record = json!([{ "longValue": 0 }, { "stringValue": "0" }, { "isNull": true }]);
    answer(200, &json!({ "records": [record] }).to_string())
}

/// A world in which the first INSERT ends long after those that were sent later.
struct SlowInsert {
    world: World,
    inserts: Shared<u32>,
    /// The first words of the statements, as they ended.
    ended: RefCell<Vec<String>>,
}

impl Host for SlowInsert {
    fn sign(&self, request: &mut Request, service: Service) -> Result<(), SignError> {
        self.world.sign(request, service)
    }

    async fn send(&self, request: Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let answer = self.world.send(request).await;
        let Some(sql) = body["sql"].as_str() else { return answer };
        if sql.starts_with("INSERT") {
            self.inserts.set(self.inserts.get() + 1);
            if self.inserts.get() == 1 {
                wait_for_turns(1_000).await;
            }
        }
        self.ended.borrow_mut().push(sql.split(' ').next().unwrap().to_owned());
        answer
    }

    fn now(&self) -> Duration {
        self.world.now()
    }

    async fn sleep(&self, time: Duration) {
        self.world.sleep(time).await;
    }

    fn random(&self) -> u64 {
        self.world.random()
    }
}

async fn wait_for_turns(mut turns: u32) {
    std::future::poll_fn(|context| {
        turns -= 1;
        context.waker().wake_by_ref();
        if turns == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[test]
fn a_statement_that_travels_is_waited_for_after_another_failed() {
    let (bytes, plan) = large_file();
    // A column that is not there: that is not sent again.
    let answers = [described(), updated(0), object(bytes), updated(1), database_error(1054)];
    let host = SlowInsert {
        world: World::new(answers.into_iter().chain([updated(0)])),
        inserts: Shared::new(0),
        ended: RefCell::default(),
    };
    let error = restore_with(&host, Duration::from_secs(600), &plan).unwrap_err();
    assert!(matches!(error, RestoreError::Database { doing: "rows are not written", .. }));
    assert_eq!(host.world.answers_left(), 0);
    assert_eq!(host.ended.take(), ["SHOW", "CREATE", "INSERT", "INSERT", "DROP"]);
}

#[test]
fn rows_that_gave_way_to_others_are_sent_again() {
    let (bytes, plan) = file();
    let content = plan.tables[0].content;
    let written = [
        described(),
        updated(0),
        object(bytes),
        database_error(1213),
        updated(1),
        rows(content, 1),
        tables(&[]),
    ];
    // Nothing holds the table. The live table's greatest key and its content, the swap, and the old table's content.
    let answers = written.into_iter().chain([no_rows(), no_rows()]).chain(swapped(updated(0)));
    let world = World::new(answers.chain([no_rows()]));
    let restored = restore_for(Duration::from_secs(600), &world, &plan).unwrap();
    assert_eq!(restored.tables[0].rows, 1);
}

#[test]
fn many_rows_are_compared_in_two_halves() {
    let (bytes, mut plan) = file();
    let content = plan.tables[0].content;
    // As many as the plan says are not there.
    plan.tables[0].content.rows = 100_000;
    let keys = json!({ "records": [[{ "longValue": -9 }, { "longValue": 6 }]] });
    let world = World::new([
        described(),
        updated(0),
        object(bytes.clone()),
        updated(1),
        answer(200, &keys.to_string()),
        no_rows(),
        rows(content, 1),
        // The file once more, for a key that it has twice.
        object(bytes),
        updated(0),
    ]);
    let error = restore_for(Duration::from_secs(600), &world, &plan).unwrap_err();
    assert_eq!(error, RestoreError::SameKey { table: "jobs", rows: 100_000, keys: 1, twice: None });
    let bodies = world.requests().into_iter().map(|request| request.body);
    let bodies: Vec<_> = bodies.map(|body| String::from_utf8(body.to_vec()).unwrap()).collect();
    assert!(bodies[5].contains("WHERE `id` <= -1 "), "{}", bodies[5]);
    assert!(bodies[6].contains("WHERE `id` > -1 "), "{}", bodies[6]);
}

#[test]
fn rows_that_always_give_way_are_given_up() {
    let (bytes, plan) = file();
    let mut answers = vec![described(), updated(0), object(bytes)];
    answers.extend((0..10).map(|_| database_error(1213)));
    answers.push(updated(0));
    let world = World::new(answers);
    let error = restore_for(Duration::from_secs(600), &world, &plan).unwrap_err();
    assert!(matches!(error, RestoreError::Database { doing: "rows are not written", .. }));
}

#[test]
fn a_restore_that_is_out_of_time_drops_what_it_has_made() {
    let (bytes, plan) = file();
    let world = World::new([described(), updated(0), answer(503, ""), object(bytes), updated(0)]);
    let error = restore_for(Duration::from_millis(40), &world, &plan).unwrap_err();
    assert_eq!(error, RestoreError::OutOfTime);
    let sent: Vec<Value> = world
        .requests()
        .iter()
        .filter_map(|request| serde_json::from_slice(&request.body).ok())
        .collect();
    let sent: Vec<_> = sent.iter().map(|body| body["sql"].as_str().unwrap()).collect();
    assert_eq!(sent[1], format!("CREATE TABLE IF NOT EXISTS `{STAGING}` (\n  …\n)"));
    assert_eq!(sent[2..], [format!("DROP TABLE IF EXISTS `{STAGING}`")]);
}

#[test]
fn a_restore_without_any_time_makes_no_call() {
    let (_, plan) = file();
    let world = World::new([]);
    let error = restore_for(Duration::ZERO, &world, &plan).unwrap_err();
    assert_eq!(error, RestoreError::OutOfTime);
}

/// What the database computes of a table.
fn computed(content: Checksum) -> Answer {
    let row = json!([
        { "longValue": content.rows },
        { "stringValue": content.hex() },
        { "stringValue": "1" }
    ]);
    answer(200, &json!({ "records": [row] }).to_string())
}

fn keys(keys: &[&str]) -> Answer {
    let records: Vec<Value> = keys.iter().map(|key| json!([{ "stringValue": key }])).collect();
    answer(200, &json!({ "records": records }).to_string())
}

/// Up to the swap: the staging table is filled and compared, and nothing holds the live one.
fn filled(bytes: Vec<u8>, plan: &RestorePlan) -> Vec<Answer> {
    let content = plan.tables[0].content;
    vec![described(), updated(0), object(bytes), updated(1), computed(content), tables(&[])]
}

#[test]
fn the_live_tables_are_compared_before_each_try() {
    let (bytes, mut plan) = file();
    plan.tables[0].live = Checksum { rows: 1, digest: 7 };
    let live = plan.tables[0].live;
    let mut answers = filled(bytes, &plan);
    answers.extend([keys(&["1"]), computed(live)]);
    answers.extend(swapped(database_error(1205)));
    answers.extend([keys(&["2"]), computed(Checksum { rows: 2, digest: 8 }), updated(0)]);
    let world = World::new(answers);
    let error = restore_for(Duration::from_secs(600), &world, &plan).unwrap_err();
    assert_eq!(error, RestoreError::Changed { table: "jobs", planned: 1, found: 2 });
    assert_eq!(statements(&world).iter().filter(|sql| sql.starts_with("RENAME")).count(), 1);
}

#[test]
fn rows_that_came_while_the_tables_were_swapped_are_named() {
    let (bytes, mut plan) = file();
    let live = Checksum { rows: 1, digest: 7 };
    plan.tables[0].live = live;
    for (now, late) in
        [(Some(live), false), (Some(Checksum { rows: 3, digest: 9 }), true), (None, true)]
    {
        let mut answers = filled(bytes.clone(), &plan);
        answers.extend([keys(&["7"]), computed(live)]);
        answers.extend(swapped(updated(0)));
        answers.push(now.map_or(database_error(1142), computed));
        answers.extend(late.then(|| keys(&["8", "9"])));
        let world = World::new(answers);
        let restored = restore_for(Duration::from_secs(600), &world, &plan).unwrap();
        let found: Vec<_> = restored.late.iter().map(|it| (it.rows_before, it.rows_now)).collect();
        let expected = if late { vec![(1, now.map(|now| now.rows))] } else { vec![] };
        assert_eq!(found, expected);
        if let Some(found) = restored.late.first() {
            assert_eq!(
                (found.old_table.as_str(), &found.new_keys[..]),
                (BEFORE, &["8".into(), "9".into()][..])
            );
        }
    }
}

#[test]
fn a_table_is_not_emptied_unless_that_is_wanted() {
    let (_, mut plan) = file();
    plan.tables[0].content = Checksum::default();
    plan.tables[0].live = Checksum { rows: 5, digest: 7 };
    let world = World::new([]);
    let error = restore_for(Duration::from_secs(600), &world, &plan).unwrap_err();
    assert_eq!(error, RestoreError::Emptied { table: "jobs", live: 5 });
}

#[test]
fn the_first_error_of_a_probe_is_told_not_that_of_its_clean_up() {
    let (_, plan) = file();
    let world = World::new([described(), database_error(1142), database_error(1142)]);
    let (target, endpoint) = (target(), endpoint());
    let time = Duration::from_secs(60);
    let services = Services {
        schema: OFFICE,
        database: &Client::new(&world, &target, time),
        s3: &Client::new(&world, &endpoint, time),
        bucket: "b",
    };
    let error = run_in_turns(restore::probe(&services, &plan, |_, _| ())).unwrap_err();
    assert!(
        matches!(
            error,
            RestoreError::Database { doing: "the table beside the live one is not made", .. }
        ),
        "{error}"
    );
}
