//! Migrations, missing tables, drift and grants, against a database that answers from memory.

pub(crate) mod fake;

use crate::world::{self, OFFICE, cut, database_error, error, run};
use fake::{Database, columns};
use rowgate_core::SettingsError;
use rowgate_core::migrate::{self, Difference, LEDGER_MIGRATIONS, Migration, MigrationStep, Users};

const WIDEN: Migration =
    Migration { number: 1, name: "widen", text: "ALTER TABLE jobs ONE;\nALTER TABLE jobs TWO;\n" };
const RENAME: Migration =
    Migration { number: 2, name: "rename", text: "ALTER TABLE jobs THREE;\n" };
const BOTH: &[Migration] = &[WIDEN, RENAME];
const ALL: [&str; 9] = [
    "departments",
    "jobs",
    "employees",
    "rowgate_loads",
    "rowgate_objects",
    "rowgate_rejects",
    "rowgate_ranges",
    "rowgate_ledger",
    "rowgate_locks",
];
const LEDGER: [&str; 6] = [
    "rowgate_loads",
    "rowgate_objects",
    "rowgate_rejects",
    "rowgate_ranges",
    "rowgate_ledger",
    "rowgate_locks",
];
/// A database from before there was a ledger.
const OLD: [&str; 3] = ["departments", "jobs", "employees"];

/// Runs `migrate` and gives its steps in words, or its error.
fn migrate(database: &Database, migrations: &[Migration]) -> Result<Vec<String>, String> {
    let mut steps = Vec::new();
    let target = fake::target();
    let client = database.client(&target);
    let result = run(migrate::migrate(&client, OFFICE, migrations, "a test", |step| {
        steps.push(match step {
            MigrationStep::Included(migration) => format!("included {migration}"),
            MigrationStep::Ran(migration) => format!("ran {migration}"),
            MigrationStep::Made(table) => format!("made {table}"),
            MigrationStep::Ledger(migration) => format!("ran ledger {migration}"),
        });
    }));
    result.map(|()| steps).map_err(|error| error.to_string())
}

fn compare(database: &Database) -> Vec<String> {
    let target = fake::target();
    let found = run(migrate::compare(&database.client(&target), OFFICE, "a test")).unwrap();
    found.differences.iter().map(Difference::to_string).collect()
}

#[test]
fn a_new_database_is_made_whole_and_has_every_migration() {
    let database = Database::new(&[]);
    let expected = [
        "made rowgate_locks",
        "included 0001_widen",
        "included 0002_rename",
        "made departments",
        "made jobs",
        "made employees",
        "made rowgate_loads",
        "made rowgate_objects",
        "made rowgate_rejects",
        "made rowgate_ranges",
        "made rowgate_ledger",
    ];
    assert_eq!(migrate(&database, BOTH).unwrap(), expected);
    assert_eq!(database.recorded(), ["0001_widen", "0002_rename"]);
    assert!(!database.log().iter().any(|sql| sql.starts_with("ALTER")));
    assert_eq!(migrate(&database, BOTH).unwrap(), [""; 0]);
    // Recorded under the file's own digest, which `sha256sum` shows too.
    assert_eq!(database.sha256(1), WIDEN.sha256());
    assert_eq!(WIDEN.sha256().len(), 64);
}

#[test]
fn without_migrations_no_history_is_made() {
    let database = Database::new(&[]);
    assert_eq!(migrate(&database, &[]).unwrap().len(), ALL.len());
    assert!(!database.tables().contains(&"rowgate_migrations".to_owned()));
}

#[test]
fn a_database_without_a_ledger_gets_one() {
    let database = Database::new(&OLD);
    assert_eq!(
        compare(&database),
        LEDGER.map(|table| format!("{table}: table: expected a table, found none"))
    );
    let made = ["rowgate_locks"].iter().chain(&LEDGER[..5]).map(|table| format!("made {table}"));
    assert_eq!(migrate(&database, &[]).unwrap(), made.collect::<Vec<_>>());
    assert_eq!(compare(&database), [""; 0]);
}

/// The tables of 88de9cf: the ledger has no version.
fn first_ledger() -> Database {
    Database::new(&ALL[..7])
}

/// What `migrate` says of the ledger's migrations from this one on.
fn ledger_steps(from: usize) -> Vec<String> {
    LEDGER_MIGRATIONS[from..].iter().map(|migration| format!("ran ledger {migration}")).collect()
}

fn newest() -> String {
    LEDGER_MIGRATIONS.len().to_string()
}

#[test]
fn every_file_of_the_ledger_is_one_of_its_migrations() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../sql/ledger");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension() == Some("sql".as_ref())).collect();
    files.sort();
    let texts: Vec<_> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let names = files.iter().map(|file| file.file_stem().unwrap().to_string_lossy());
    let known = LEDGER_MIGRATIONS.iter().map(|it| (it.to_string().into(), it.text));
    assert!(names.zip(texts.iter().map(String::as_str)).eq(known), "{files:?}");
}

#[test]
fn a_ledger_without_a_version_runs_every_migration_of_the_ledger() {
    let database = first_ledger();
    let made = ["made rowgate_locks", "made rowgate_ledger"].map(str::to_owned);
    let steps = [made.to_vec(), ledger_steps(0)].concat();
    assert_eq!(migrate(&database, &[]).unwrap(), steps);
    assert_eq!(database.ledger_version(), Some(newest()));
    assert_eq!(migrate(&database, &[]).unwrap(), [""; 0]);
    let statements: Vec<_> = LEDGER_MIGRATIONS.iter().flat_map(|it| it.statements()).collect();
    let sent: Vec<_> =
        database.log().into_iter().filter(|sql| statements.contains(&sql.as_str())).collect();
    assert_eq!(sent.len(), statements.len());
}

#[test]
fn a_new_ledger_has_every_migration() {
    let database = Database::new(&OLD);
    migrate(&database, &[]).unwrap();
    assert_eq!(database.ledger_version(), Some(newest()));
    assert!(!database.log().iter().any(|sql| sql.starts_with("ALTER")));
}

#[test]
fn migrations_of_the_ledger_go_on_where_they_were_ended() {
    for (at, migration) in LEDGER_MIGRATIONS.iter().enumerate() {
        for statement in migration.statements() {
            let database = first_ledger();
            database.fail(statement, cut());
            assert!(migrate(&database, &[]).unwrap_err().contains(&migration.to_string()));
            database.end_lease();
            assert_eq!(database.ledger_version().unwrap_or("0".into()), at.to_string());
            // What had its effect and got no answer is there already.
            database.fail(statement, database_error(1060));
            assert_eq!(migrate(&database, &[]).unwrap(), ledger_steps(at));
            assert_eq!(database.ledger_version(), Some(newest()));
        }
    }
    let database = first_ledger();
    database.fail("ALTER TABLE rowgate_loads", database_error(1366));
    assert!(migrate(&database, &[]).unwrap_err().contains("1366"));
}

#[test]
fn a_newer_ledger_is_left_alone_and_refused_if_it_says_so() {
    let database = Database::new(&ALL);
    database.set_ledger(99, 1);
    assert_eq!(migrate(&database, &[]).unwrap(), [""; 0]);
    assert_eq!(compare(&database), [""; 0]);
    database.set_ledger(99, 99);
    let refused = migrate(&database, &[]).unwrap_err();
    assert_eq!(
        refused,
        "the ledger is of version 99: a newer rowgate than this one has migrated it"
    );
    let expected = format!("rowgate_ledger: version: expected {}, found 99", newest());
    assert_eq!(compare(&database), [expected]);
    database.set_ledger(1, 1);
    let expected = format!("rowgate_ledger: version: expected {}, found 1", newest());
    assert_eq!(compare(&database), [expected]);
}

#[test]
fn an_old_database_runs_what_is_pending_and_then_gets_what_is_missing() {
    let database = Database::new(&["departments", "jobs"]);
    let steps = [
        "made rowgate_locks",
        "ran 0001_widen",
        "made employees",
        "made rowgate_loads",
        "made rowgate_objects",
        "made rowgate_rejects",
        "made rowgate_ranges",
        "made rowgate_ledger",
    ];
    assert_eq!(migrate(&database, &BOTH[..1]).unwrap(), steps);
    assert_eq!(migrate(&database, BOTH).unwrap(), ["ran 0002_rename"]);
    assert_eq!(migrate(&database, BOTH).unwrap(), [""; 0]);
    let alters: Vec<_> =
        database.log().into_iter().filter(|sql| sql.starts_with("ALTER")).collect();
    assert_eq!(alters, ["ALTER TABLE jobs ONE", "ALTER TABLE jobs TWO", "ALTER TABLE jobs THREE"]);
}

#[test]
fn a_new_database_that_was_cut_off_is_gone_on_with() {
    for fragment in ["INSERT INTO rowgate_migrations", "CREATE TABLE jobs"] {
        let database = Database::new(&[]);
        database.fail(fragment, database_error(1142));
        assert!(migrate(&database, BOTH).is_err());
        migrate(&database, BOTH).unwrap();
        assert_eq!(database.recorded(), ["0001_widen", "0002_rename"]);
        assert!(ALL.iter().all(|table| database.tables().contains(&(*table).to_owned())));
        assert!(!database.log().iter().any(|sql| sql.starts_with("ALTER")), "{fragment}");
    }
}

#[test]
fn a_migration_is_recorded_after_its_last_statement_only() {
    let database = Database::new(&ALL);
    database.fail("ALTER TABLE jobs TWO", database_error(1060));
    assert_eq!(
        migrate(&database, BOTH).unwrap_err(),
        "migration 0001_widen is not recorded: its statement 2 of 2 failed: \
         DatabaseErrorException (HTTP 400), MySQL error 1060"
    );
    assert_eq!(database.recorded(), [""; 0]);
    assert_eq!(migrate(&database, BOTH).unwrap(), ["ran 0001_widen", "ran 0002_rename"]);
    let once_more = database.log().iter().filter(|sql| *sql == "ALTER TABLE jobs ONE").count();
    assert_eq!(once_more, 2, "the next run begins with the first statement");
}

#[test]
fn ddl_is_never_sent_twice_and_goes_on_after_a_time_out() {
    let database = Database::new(&ALL);
    database.fail("ALTER TABLE jobs ONE", cut());
    let message = migrate(&database, BOTH).unwrap_err();
    assert!(message.ends_with("; it may still be running, or be done"), "{message}");
    let sent = database.bodies("ALTER TABLE jobs ONE");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0]["continueAfterTimeout"], true);

    let database = Database::new(&ALL);
    database.fail("ALTER TABLE jobs ONE", error(400, "StatementTimeoutException"));
    assert!(migrate(&database, BOTH).unwrap_err().contains("may still be running"));
}

#[test]
fn what_changed_since_it_was_recorded_is_named() {
    let database = Database::new(&ALL);
    migrate(&database, BOTH).unwrap();
    let before = database.log().len();
    for (changed, name) in [
        (Migration { text: "ALTER TABLE jobs SIX;", ..RENAME }, "0002_rename"),
        (Migration { name: "other", ..RENAME }, "0002_other"),
    ] {
        assert_eq!(
            migrate(&database, &[WIDEN, changed]).unwrap_err(),
            format!("migration {name} is not the one that was run: its text has changed")
        );
    }
    assert_eq!(
        migrate(&database, &[WIDEN]).unwrap_err(),
        "migration 0002_rename was run by a newer rowgate than this one"
    );
    let writes = database.log().split_off(before);
    assert!(writes.iter().all(|sql| is_harmless(sql)), "{writes:?}");
}

#[test]
fn what_was_finished_by_hand_can_be_recorded() {
    let database = Database::new(&ALL);
    let target = fake::target();
    let record = |number| run(migrate::record(&database.client(&target), OFFICE, BOTH, number));
    assert_eq!(
        record(2).unwrap_err().to_string(),
        "migration 0002 cannot be recorded before 0001_widen"
    );
    assert_eq!(record(3).unwrap_err().to_string(), "there is no migration 0003");
    assert_eq!((record(1), record(1)), (Ok(true), Ok(false)));
    assert_eq!(migrate(&database, BOTH).unwrap(), ["ran 0002_rename"]);
}

#[test]
fn a_check_names_what_is_pending_or_missing_and_writes_nothing() {
    let database = Database::new(&[&["departments", "jobs"], &ALL[3..]].concat());
    let target = fake::target();
    let found = run(migrate::check(&database.client(&target), OFFICE, BOTH, "a test")).unwrap();
    let found: Vec<_> = found.differences.iter().map(Difference::to_string).collect();
    assert_eq!(
        found,
        [
            "rowgate_migrations: migration: expected 0001_widen, found none",
            "rowgate_migrations: migration: expected 0002_rename, found none",
            "employees: table: expected a table, found none",
        ]
    );
    assert!(database.log().iter().all(|sql| is_harmless(sql)), "{:?}", database.log());
}

/// A statement that changes nothing of the live tables.
fn is_harmless(sql: &str) -> bool {
    sql.starts_with("SELECT")
        || sql.contains("rowgate_locks")
        || sql == "DROP DATABASE IF EXISTS `rowgate_scratch_hr_db`"
}

#[test]
fn one_program_at_a_time_migrates_or_compares() {
    let database = Database::new(&ALL);
    let lock = ["h".repeat(32), "process 7 of anna".to_owned()];
    *database.lock.borrow_mut() = Some(lock.clone());
    let held = "another program migrates this database or compares its tables: process 7 of anna, \
                since 2027-01-15 08:00:00 UTC, until 2027-01-15 08:00:00 UTC unless it goes on";
    assert_eq!(migrate(&database, BOTH).unwrap_err(), held);
    let target = fake::target();
    let compared = run(migrate::compare(&database.client(&target), OFFICE, "a test"));
    assert_eq!(compared.unwrap_err().to_string(), held);
    assert_eq!(*database.lock.borrow(), Some(lock));
    assert!(database.log().iter().all(|sql| is_harmless(sql)), "{:?}", database.log());

    database.end_lease();
    migrate(&database, BOTH).unwrap();
    assert_eq!(*database.lock.borrow(), None, "it is given back");
}

#[test]
fn a_lock_stays_while_a_statement_may_still_be_running() {
    let database = Database::new(&ALL);
    database.fail("ALTER TABLE jobs ONE", cut());
    assert!(migrate(&database, BOTH).is_err());
    assert!(migrate(&database, BOTH).unwrap_err().contains("a test, since"));
    database.end_lease();
    database.fail("ALTER TABLE jobs TWO", database_error(1060));
    assert!(migrate(&database, BOTH).is_err());
    assert_eq!(*database.lock.borrow(), None);
}

#[test]
fn without_the_right_to_a_scratch_database_less_is_compared() {
    let target = fake::target();
    let less = |database: &Database| {
        let drift = run(migrate::compare(&database.client(&target), OFFICE, "a test")).unwrap();
        drift.less.unwrap().to_string()
    };
    let database = Database::new(&ALL);
    assert!(
        less(&database)
            .contains("the database user lacks DROP on the database rowgate_scratch_hr_db")
    );
    assert!(less(&Database::new(&ALL[..8])).contains("the table rowgate_locks is missing"));
    database.fail("INSERT INTO rowgate_locks", database_error(1142));
    assert!(less(&database).contains("may not write to it: run `rowgate migrate` as one"));
}

#[test]
fn both_engines_describe_the_same_tables() {
    let database = Database::new(&ALL);
    assert_eq!(compare(&database), [""; 0]);
    // MySQL: no widths, no default of NULL written out, another collation.
    database.columns.replace(columns().into_iter().map(fake::as_mysql).collect());
    assert_eq!(compare(&database), [""; 0]);
}

#[test]
fn every_kind_of_drift_is_named_with_both_sides() {
    for (field, value, expected) in [
        (2, Some("varchar(100)"), "type: expected varchar(255), found varchar(100)"),
        (2, Some("text"), "type: expected varchar(255), found text"),
        (3, Some("YES"), "null: expected NOT NULL, found NULL"),
        (4, Some("PRI"), "key: expected none, found primary key"),
        (5, Some("'x'"), "default: expected none, found 'x'"),
        (6, Some("VIRTUAL GENERATED"), "extra: expected none, found virtual generated"),
        (
            7,
            Some("latin1_swedish_ci"),
            "collation: expected one of utf8mb4, found latin1_swedish_ci",
        ),
        (7, None, "collation: expected one of utf8mb4, found none"),
        (8, Some("aliases=work"), r#"comment: expected "aliases=job", found "aliases=work""#),
    ] {
        let database = Database::new(&ALL);
        let position = columns().iter().position(|row| row[1] == "job_name").unwrap();
        database.columns.borrow_mut()[position][field] = value.map_or(fake::NULL, str::to_owned);
        assert_eq!(compare(&database), [format!("jobs.job_name: {expected}")]);
    }
    let database = Database::new(&ALL);
    let position = columns().iter().position(|row| row[0] == "jobs" && row[1] == "id").unwrap();
    database.columns.borrow_mut()[position][6] = String::new();
    database.columns.borrow_mut()[position][2] = "int(10) unsigned".into();
    assert_eq!(
        compare(&database),
        [
            "jobs.id: type: expected int, found int unsigned",
            "jobs.id: extra: expected auto_increment, found none",
        ]
    );
}

#[test]
fn columns_that_are_missing_added_or_moved_are_named() {
    let database = Database::new(&ALL);
    let at = |name: &str| columns().iter().position(|row| row[1] == name).unwrap();
    database.columns.borrow_mut().remove(at("datetime"));
    assert_eq!(
        compare(&database),
        ["employees.datetime: column: expected varchar(255), found none"]
    );

    let database = Database::new(&ALL);
    database.columns.borrow_mut()[at("datetime")][1] = "hired".into();
    assert_eq!(
        compare(&database),
        [
            "employees.datetime: column: expected varchar(255), found none",
            "employees.hired: column: expected none, found varchar(255)",
        ]
    );

    let database = Database::new(&ALL);
    database.columns.borrow_mut().swap(at("name"), at("datetime"));
    assert_eq!(
        compare(&database),
        [
            "employees.name: order: expected column 2 is name, found datetime",
            "employees.datetime: order: expected column 3 is datetime, found name",
        ]
    );
}

#[test]
fn what_a_table_has_besides_its_columns_is_named() {
    let database = Database::new(&ALL);
    database.extras.borrow_mut().push(["jobs", "UNIQUE", "by_name"].map(str::to_owned));
    database.triggers.borrow_mut().push(["jobs", "TRIGGER", "audit"].map(str::to_owned));
    database.engines.borrow_mut().insert("departments".into(), "MyISAM".into());
    assert_eq!(
        compare(&database),
        [
            "departments: engine: expected InnoDB, found MyISAM",
            "jobs: constraint or trigger: expected none, found UNIQUE by_name",
            "jobs: constraint or trigger: expected none, found TRIGGER audit",
        ]
    );
}

#[test]
fn an_answer_of_another_shape_is_an_error() {
    let database = Database::new(&ALL);
    let answer = r#"{"records":[[{"stringValue":"jobs"}]]}"#;
    database.fail("information_schema.tables", world::answer(200, answer));
    let message = migrate(&database, &[]).unwrap_err();
    assert_eq!(message, "the database's description of itself is not readable");
}

const PASSWORDS: [(&str, &str); 2] = [
    ("ROWGATE_WRITER_PASSWORD", "Writer-0123456789_.~"),
    ("ROWGATE_ADMIN_PASSWORD", "Admin-0123456789"),
];

fn users(writer: &str) -> Result<Users, SettingsError> {
    let value = |name: &str| PASSWORDS.iter().find(|it| it.0 == name).map(|it| it.1.to_owned());
    Users::read(&|name| if name.contains("WRITER") { Some(writer.to_owned()) } else { value(name) })
}

#[test]
fn the_two_users_are_made_and_given_no_more_than_they_need() {
    let database = Database::new(&["departments", "jobs", "employees", "rowgate_loads"]);
    let target = fake::target();
    let users = users(PASSWORDS[0].1).unwrap();
    let grants = run(migrate::grant(&database.client(&target), OFFICE, &users)).unwrap();
    let grants: Vec<_> = grants.iter().map(ToString::to_string).collect();
    assert_eq!(
        grants,
        [
            "user rowgate_writer has SELECT, INSERT, UPDATE on departments, jobs, employees",
            "user rowgate_writer has SELECT, INSERT, UPDATE, DELETE on rowgate_loads",
            "user rowgate_admin has ALL on the whole database",
            "user rowgate_admin has CREATE, DROP, ALTER, INDEX, REFERENCES, SELECT on \
             rowgate_scratch_hr_db",
        ]
    );
    let (writer, admin) = ("'rowgate_writer'@'%'", "'rowgate_admin'@'%'");
    let sent = database.log();
    let sent: Vec<_> = sent.iter().filter(|sql| !sql.starts_with("SELECT")).collect();
    assert_eq!(
        sent,
        [
            &format!("CREATE USER IF NOT EXISTS {writer} IDENTIFIED BY 'Writer-0123456789_.~'"),
            &format!("CREATE USER IF NOT EXISTS {admin} IDENTIFIED BY 'Admin-0123456789'"),
            &format!("GRANT SELECT, INSERT, UPDATE ON `hr_db`.`departments` TO {writer}"),
            &format!("GRANT SELECT, INSERT, UPDATE ON `hr_db`.`jobs` TO {writer}"),
            &format!("GRANT SELECT, INSERT, UPDATE ON `hr_db`.`employees` TO {writer}"),
            &format!("GRANT SELECT, INSERT, UPDATE, DELETE ON `hr_db`.`rowgate_loads` TO {writer}"),
            &format!(r"GRANT ALL ON `hr\_db`.* TO {admin}"),
            &format!(
                r"GRANT CREATE, DROP, ALTER, INDEX, REFERENCES, SELECT ON `rowgate\_scratch\_hr\_db`.* TO {admin}"
            ),
        ]
    );
}

#[test]
fn a_password_is_plain_long_and_never_shown() {
    for wrong in
        ["short", "fifteen-letters", "a'; DROP TABLE jobs; --", "sixteen letters!", "ñññññññññ"]
    {
        let message = users(wrong).unwrap_err().to_string();
        assert!(message.starts_with("setting ROWGATE_WRITER_PASSWORD: not 16 to 128"), "{message}");
        assert!(!message.contains(wrong));
    }
    let message = Users::read(&|_| None).unwrap_err().to_string();
    assert_eq!(message, "settings missing: ROWGATE_WRITER_PASSWORD, ROWGATE_ADMIN_PASSWORD");
    assert!(!format!("{:?}", users(PASSWORDS[0].1).unwrap()).contains("0123456789"));

    let database = Database::new(&ALL);
    database.fail("CREATE USER", database_error(1819));
    let target = fake::target();
    let users = users(PASSWORDS[0].1).unwrap();
    let error = run(migrate::grant(&database.client(&target), OFFICE, &users)).unwrap_err();
    assert!(error.to_string().starts_with("user rowgate_writer is not made: "), "{error}");
    assert!(!format!("{error:?}").contains("0123456789"), "{error:?}");
}
