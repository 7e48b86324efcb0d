//! A restore call by call: a swap whose answer is lost, and time that is over.
#![cfg(feature = "avro")]
#![allow(clippy::unwrap_used)]

#[allow(dead_code, reason = "other tests use the rest")]
mod world;

use std::cell::{Cell as Shared, RefCell};
use std::task::Poll;
use std::time::Duration;

use rowgate_core::avro::{AvroWriter, Codec};
use rowgate_core::backup::{PartFile, Place};
use rowgate_core::restore::{self, Mode, Plan, RestoreError, Restored, TablePlan};
use rowgate_core::schema::table;
use rowgate_core::{
    Cell, Checksum, Client, Host, Request, Response, SendError, Service, SignError,
};
use serde_json::{Value, json};
use world::*;

const ID: &str = "20270115_080000_1a2b";
const BEFORE: &str = "jobs__before_20270115_080000_1a2b";
const STAGING: &str = "jobs__restore_20270115_080000_1a2b";

type Answer = Result<Response, SendError>;

fn tables(names: &[&str]) -> Answer {
    let records: Vec<Value> = names.iter().map(|name| json!([{ "stringValue": name }])).collect();
    answer(200, &json!({ "records": records }).to_string())
}

fn undo(world: &World) -> Result<Vec<&'static str>, RestoreError> {
    let target = target();
    let client = Client::new(world, &target, Duration::from_secs(600));
    let undone = run(restore::undo(&client, ID));
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    undone
}

fn statements(world: &World) -> Vec<String> {
    world.calls().iter().map(|(_, body)| body["sql"].as_str().unwrap().to_owned()).collect()
}

/// Before the swap, and after it.
fn two_states() -> (Answer, Answer) {
    (tables(&["jobs", BEFORE]), tables(&["jobs", STAGING]))
}

#[test]
fn all_tables_are_swapped_in_one_statement() {
    let both = tables(&["jobs", "employees", BEFORE, "employees__before_20270115_080000_1a2b"]);
    let world = World::new([both, updated(0)]);
    assert_eq!(undo(&world).unwrap(), ["employees", "jobs"]);
    assert_eq!(
        statements(&world)[1],
        "RENAME TABLE \
         `employees` TO `employees__restore_20270115_080000_1a2b`, \
         `employees__before_20270115_080000_1a2b` TO `employees`, \
         `jobs` TO `jobs__restore_20270115_080000_1a2b`, \
         `jobs__before_20270115_080000_1a2b` TO `jobs`"
    );
}

#[test]
fn a_swap_without_an_answer_is_looked_for() {
    let (before, after) = two_states();
    let world = World::new([before, cut(), after]);
    assert_eq!(undo(&world).unwrap(), ["jobs"]);
    assert_eq!(statements(&world).len(), 3);
}

#[test]
fn a_swap_that_was_not_heard_is_sent_again() {
    let (before, _) = two_states();
    let world = World::new([before.clone(), cut(), before, updated(0)]);
    assert_eq!(undo(&world).unwrap(), ["jobs"]);
    let sent = statements(&world);
    assert_eq!(sent[1], sent[3]);
}

#[test]
fn a_swap_that_happens_while_it_is_sent_again_is_found() {
    let (before, after) = two_states();
    let no_such_table = database_error(1146);
    let world = World::new([before.clone(), cut(), before, no_such_table, after]);
    assert_eq!(undo(&world).unwrap(), ["jobs"]);
}

#[test]
fn a_swap_is_given_up_once_the_service_must_have_ended_it() {
    let (before, _) = two_states();
    let mut answers = vec![before.clone(), cut()];
    for look in 0..14 {
        answers.push(before.clone());
        if look < 2 {
            answers.push(cut());
        }
    }
    let world = World::new(answers);
    assert!(matches!(undo(&world), Err(RestoreError::NotSwapped(_))));
    assert!(world.slept() > Duration::from_secs(45), "{:?}", world.slept());
}

#[test]
fn where_nobody_can_look_nobody_knows() {
    let (before, _) = two_states();
    let world = World::new([before, cut(), error(403, "AccessDeniedException")]);
    let error = undo(&world).unwrap_err();
    assert_eq!(error, RestoreError::SwapUnknown { id: ID.into() });
    assert!(error.to_string().contains(ID), "{error}");
}

#[test]
fn a_swap_that_is_refused_is_not_looked_for() {
    let (before, _) = two_states();
    let world = World::new([before, database_error(1142)]);
    assert!(matches!(undo(&world), Err(RestoreError::NotSwapped(_))));
}

#[test]
fn what_is_not_there_is_not_brought_back() {
    let world = World::new([tables(&["jobs", STAGING])]);
    assert_eq!(undo(&world).unwrap_err(), RestoreError::NoSuchRestore { id: ID.into() });
}

/// A file of one job, as a plan has it.
fn file() -> (Vec<u8>, Plan) {
    file_of(&[[Cell::Int(1), Cell::Text("Cook".into())]])
}

/// A file of jobs for more than three statements, so well packed that one range has it all.
fn large_file() -> (Vec<u8>, Plan) {
    let name = "é".repeat(255);
    let jobs: Vec<_> =
        (1..=20_000).map(|id| [Cell::Int(id), Cell::Text(name.clone().into())]).collect();
    file_of(&jobs)
}

fn file_of(rows: &[[Cell<'_>; 2]]) -> (Vec<u8>, Plan) {
    let jobs = table("jobs").unwrap();
    let mut writer = AvroWriter::new(jobs, Codec::Deflate, [7; 16]);
    let mut content = Checksum::default();
    for row in rows {
        writer.push(row).unwrap();
        content.add(row);
    }
    let bytes = writer.finish().unwrap().0;
    let file = PartFile {
        key: "jobs.avro".into(),
        e_tag: "e".into(),
        bytes: bytes.len() as u64,
        manifest: None,
    };
    let table = TablePlan {
        table: jobs,
        files: vec![file],
        content,
        live: Checksum::default(),
        is_missing: false,
        null_columns: Vec::new(),
    };
    let plan = Plan {
        id: ID.into(),
        run: None,
        snapshot: None,
        mode: Mode::Replace,
        tables: vec![table],
        obstacles: Vec::new(),
        leftovers: Vec::new(),
    };
    (bytes, plan)
}

/// The pause before a range is asked for again uses the database's time up.
fn restore_for(time: Duration, world: &World, plan: &Plan) -> Result<Restored, RestoreError> {
    let restored = restore_with(world, time, plan);
    assert_eq!(world.answers_left(), 0, "calls that were not made");
    restored
}

fn restore_with<H: Host>(host: &H, time: Duration, plan: &Plan) -> Result<Restored, RestoreError> {
    let (target, endpoint) = (target(), endpoint());
    let place = Place {
        database: &Client::new(host, &target, time),
        s3: &Client::new(host, &endpoint, Duration::from_secs(60)),
        bucket: "b",
    };
    run_in_turns(restore::restore(&place, plan, false, |_, _| ()))
}

/// What SHOW CREATE TABLE answers.
fn described() -> Answer {
    let created =
        json!([[{ "stringValue": "jobs" }, { "stringValue": "CREATE TABLE `jobs` (…)" }]]);
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
    // A column that is not there: nobody sends that again.
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
    let world = World::new([
        described(),
        updated(0),
        object(bytes),
        database_error(1213),
        updated(1),
        rows(content, 1),
        no_rows(),
        updated(0),
    ]);
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
        object(bytes),
        updated(1),
        answer(200, &keys.to_string()),
        no_rows(),
        rows(content, 1),
        updated(0),
    ]);
    let error = restore_for(Duration::from_secs(600), &world, &plan).unwrap_err();
    assert_eq!(error, RestoreError::SameKey { table: "jobs", rows: 100_000, keys: 1 });
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
    assert_eq!(sent[1], format!("CREATE TABLE IF NOT EXISTS `{STAGING}` (…)"));
    assert_eq!(sent[2..], [format!("DROP TABLE IF EXISTS `{STAGING}`")]);
}

#[test]
fn a_restore_without_any_time_makes_no_call() {
    let (_, plan) = file();
    let world = World::new([]);
    let error = restore_for(Duration::ZERO, &world, &plan).unwrap_err();
    assert_eq!(error, RestoreError::OutOfTime);
}
