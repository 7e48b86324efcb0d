"""`rowgate migrate` through the Data API, against real tables."""

import json
import re
import subprocess
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

import pymysql
import pytest
import requests
from conftest import LEDGER, LEDGER_VERSION, PROGRAM, ROOT, Db, sender
from events import s3_event
from pymysql.constants import ER

PASSWORDS = {
    "ROWGATE_WRITER_PASSWORD": "Writer-of-the-tests_.~1",
    "ROWGATE_ADMIN_PASSWORD": "Admin-of-the-tests_.~2",
}

TABLES = ("departments", "jobs", "employees")
ALL = TABLES + LEDGER + LEDGER_VERSION

# The same in the order in which they are made: the lock comes first.
MADE = ("rowgate_locks", *TABLES, *LEDGER, "rowgate_ledger")

# How many migrations the ledger has, and so its version.
VERSION = len(list((ROOT / "sql/ledger").glob("*.sql")))


@pytest.fixture
def migrate(command):
    """Runs `rowgate migrate`."""
    return partial(command, "migrate")


@pytest.fixture
def own(db):
    """A database of this test's own, since its tables are bent; the name has a wildcard in it."""
    name = "own_tables"
    db.rows(f"CREATE DATABASE {name}")
    yield name
    db.rows(f"DROP DATABASE {name}")


def test_only_what_is_missing_is_made(migrate, db, empty_tables):
    db.rows("INSERT INTO departments VALUES (1, 'Sales')")
    db.rows("DROP TABLE jobs")
    done = migrate()
    assert (done.returncode, done.stdout) == (0, "made table jobs\n"), done.stderr
    assert (db.count("jobs"), db.count("departments")) == (0, 1)

    done = migrate()
    assert (done.returncode, done.stdout) == (0, "nothing to do: every table exists\n")


def test_a_comment_of_the_schema_is_in_the_database(db):
    comments = db.rows(
        "SELECT column_comment AS text FROM information_schema.columns "
        "WHERE table_schema = 'rowgate' AND table_name = 'employees' ORDER BY ordinal_position"
    )
    texts = [row["text"] for row in comments]
    assert texts == ["", "", "format=date-time", "references=departments.id", "references=jobs.id"]


def test_what_went_wrong_is_said(migrate):
    done = migrate(DB_CLUSTER_ARN="", DB_NAME="")
    assert done.returncode == 2
    assert "settings missing: DB_CLUSTER_ARN, DB_NAME" in done.stderr

    done = migrate(AWS_SECRET_ACCESS_KEY="wrong")
    assert done.returncode == 2
    assert "InvalidSignatureException (HTTP 403)" in done.stderr

    done = migrate("--record", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no migration 0001" in done.stderr


def test_a_check_compares_and_writes_nothing(migrate, db, own):
    done = migrate("--check", DB_NAME=own)
    missing = [f"{table}: table: expected a table, found none" for table in ALL]
    assert (done.returncode, done.stdout.splitlines()) == (1, missing)
    assert f"{len(missing)} differences between the database and the schema" in done.stderr
    assert db.rows(f"SHOW TABLES FROM {own}") == []

    made = migrate(DB_NAME=own)
    tables = "".join(f"made table {table}\n" for table in MADE)
    assert (made.returncode, made.stdout) == (0, tables)
    done = migrate("--check", DB_NAME=own)
    assert (done.returncode, done.stdout) == (0, "the tables are as expected\n"), done.stderr


def test_every_kind_of_drift_is_named(migrate, db, own):
    assert migrate(DB_NAME=own).returncode == 0
    utf8mb4 = "FROM information_schema.character_sets WHERE character_set_name = 'utf8mb4'"
    default = db.value(f"SELECT default_collate_name {utf8mb4}")
    for bend, difference in [
        (
            "jobs MODIFY job_name VARCHAR(100) NOT NULL COMMENT 'aliases=job'",
            "jobs.job_name: type: expected varchar(255), found varchar(100)",
        ),
        (
            "jobs MODIFY job_name VARCHAR(255) NULL COMMENT 'aliases=job'",
            "jobs.job_name: null: expected NOT NULL, found NULL",
        ),
        (
            "jobs MODIFY job_name VARCHAR(255) CHARACTER SET latin1 NOT NULL COMMENT 'aliases=job'",
            f"jobs.job_name: collation: expected {default}, found latin1_swedish_ci",
        ),
        (
            "jobs MODIFY job_name VARCHAR(255) NOT NULL COMMENT 'aliases=work'",
            'jobs.job_name: comment: expected "aliases=job", found "aliases=work"',
        ),
        ("jobs MODIFY id INT NOT NULL", "jobs.id: extra: expected auto_increment, found none"),
        (
            "jobs MODIFY id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT",
            "jobs.id: type: expected int, found bigint unsigned",
        ),
        (
            "employees MODIFY id INT NOT NULL, DROP PRIMARY KEY, ADD PRIMARY KEY (id, name)",
            "employees.id: extra: expected auto_increment, found none\n"
            "employees: primary key: expected `id`, found `id`, `name`",
        ),
        (
            "employees MODIFY datetime VARCHAR(255) NOT NULL COMMENT 'format=date-time' AFTER id",
            "employees.name: order: expected column 2 is name, found datetime\n"
            "employees.datetime: order: expected column 3 is datetime, found name",
        ),
        (
            "employees MODIFY job_id INT NULL DEFAULT 7 COMMENT 'references=jobs.id'",
            "employees.job_id: default: expected none, found '7'",
        ),
        ("employees ADD notes TEXT NULL", "employees.notes: column: expected none, found text"),
        ("employees DROP job_id", "employees.job_id: column: expected int, found none"),
        ("employees COMMENT ''", 'employees: comment: expected "aliases=hired_employees", found ""'),
        ("departments ENGINE=MyISAM", "departments: engine: expected InnoDB, found MyISAM"),
        (
            "departments ADD UNIQUE by_name (department_name)",
            "departments: unique key: expected none, found `by_name` (`department_name`)",
        ),
        (
            "departments ADD INDEX by_name (department_name(9))",
            "departments: index: expected none, found `by_name` (`department_name`(9))",
        ),
        (
            "departments ADD CONSTRAINT named CHECK (department_name <> '')",
            "departments: check: expected none, found `named` CLAUSE",
        ),
        (
            "jobs ADD at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
            "jobs.at: column: expected none, found timestamp",
        ),
        (
            "jobs DEFAULT CHARSET latin1",
            f"jobs: collation of new columns: expected {default}, found latin1_swedish_ci",
        ),
        (
            "employees ADD CONSTRAINT parent FOREIGN KEY (job_id) REFERENCES jobs (id)",
            "jobs: reference: expected none, found FOREIGN KEY parent of employees\n"
            "employees: index: expected none, found `parent` (`job_id`)\n"
            "employees: foreign key: expected none, found `parent` (`job_id`) to `jobs` (`id`)",
        ),
    ]:
        db.rows(f"ALTER TABLE {own}.{bend}")
        before = created(db, own)
        done = migrate(DB_NAME=own)
        found = re.sub(r"(`named`) .*<>.*", r"\1 CLAUSE", done.stdout)
        assert (done.returncode, found) == (1, difference + "\n"), (bend, done.stderr)
        assert created(db, own) == before, "a comparison changes nothing"

        for table in reversed(TABLES):
            db.rows(f"DROP TABLE {own}.{table}")
        assert migrate(DB_NAME=own).returncode == 0


def created(db, database):
    return [db.rows(f"SHOW CREATE TABLE {database}.{table}") for table in TABLES]


def test_a_trigger_is_named(migrate, db, own):
    assert migrate(DB_NAME=own).returncode == 0
    db.rows(f"CREATE TRIGGER {own}.upper BEFORE INSERT ON {own}.jobs FOR EACH ROW SET @x = 1")
    done = migrate("--check", DB_NAME=own)
    expected = "jobs: trigger: expected none, found upper\n"
    assert (done.returncode, done.stdout) == (1, expected)


SCRATCH = "rowgate_scratch_own_tables"

# Columns whose DEFAULT, ON UPDATE and collation the engines write in forms of their own.
EXACT = """CREATE TABLE things (
  id INT NOT NULL PRIMARY KEY,
  a DECIMAL(9,2) NOT NULL DEFAULT 1.5 COMMENT 'it''s',
  b VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT 'it''s \\\\',
  c DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  d INT NULL DEFAULT (1 + 1),
  e TINYINT(1) NOT NULL DEFAULT 0,
  KEY by_b (b(10), a DESC)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"""


@pytest.fixture
def things(migrate, db, own, tmp_path):
    """The schema.json of a table that the database `own` has, too."""
    (tmp_path / "things.sql").write_text(EXACT + ";\n")
    engine = "mariadb" if "MariaDB" in db.value("SELECT VERSION()") else "mysql"
    file = tmp_path / "schema.json"
    read = [PROGRAM, "schema", "read", tmp_path / "things.sql", "--output", file, "--engine", engine]
    subprocess.run(read, check=True)
    done = migrate("--schema", file, DB_NAME=own)
    assert done.returncode == 0, done.stdout + done.stderr
    return partial(migrate, "--check", "--schema", file, DB_NAME=own)


def test_the_database_itself_reads_what_is_compared(things, db, own):
    done = things()
    assert (done.returncode, done.stdout) == (0, "the tables are as expected\n"), done.stderr
    for bend, difference in [
        (
            "MODIFY c DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)",
            "things.c: on update: expected CURRENT_TIMESTAMP(3), found none",
        ),
        (
            "MODIFY a DECIMAL(9,2) NOT NULL DEFAULT 1.51 COMMENT 'it''s'",
            "things.a: default: expected '1.50', found '1.51'",
        ),
        ("ALTER d SET DEFAULT 2", "things.d: default: expected (1 + 1), found '2'"),
        (
            "MODIFY b VARCHAR(40) COLLATE utf8mb4_bin NOT NULL DEFAULT 'it''s \\\\'",
            "things.b: collation: expected utf8mb4_unicode_ci, found utf8mb4_bin",
        ),
        (
            "DROP KEY by_b, ADD KEY by_b (b(10), a)",
            "things: index: expected `by_b` (`b`(10), `a` DESC), found `by_b` (`b`(10), `a`)",
        ),
    ]:
        db.rows(f"ALTER TABLE {own}.things {bend}")
        done = things()
        found = done.stdout.replace("expected 1 + 1", "expected (1 + 1)")
        assert (done.returncode, found) == (1, difference + "\n"), (bend, done.stderr)
        db.rows(f"DROP TABLE {own}.things")
        db.rows(EXACT.replace("things", f"{own}.things"))
    assert databases(db) == []


# Staff and teams refer to each other, so that neither can be made whole before the other.
TIED = """CREATE TABLE teams (id INT NOT NULL PRIMARY KEY, lead_id INT NULL, KEY of_lead (lead_id));
CREATE TABLE staff (
  id INT NOT NULL PRIMARY KEY, team_id INT NOT NULL, boss_id INT NULL, age INT NOT NULL,
  CONSTRAINT of_team FOREIGN KEY (team_id) REFERENCES teams (id) ON DELETE CASCADE,
  CONSTRAINT of_boss FOREIGN KEY (boss_id) REFERENCES staff (id),
  CONSTRAINT grown CHECK (age > 15), UNIQUE KEY once (team_id, age)
);
ALTER TABLE teams ADD CONSTRAINT of_lead FOREIGN KEY (lead_id) REFERENCES staff (id);
"""


def test_tables_that_refer_to_each_other_are_made_and_compared(migrate, db, own, tmp_path):
    (tmp_path / "tied.sql").write_text(TIED)
    engine = "mariadb" if "MariaDB" in db.value("SELECT VERSION()") else "mysql"
    file = tmp_path / "schema.json"
    read = [PROGRAM, "schema", "read", tmp_path / "tied.sql", "--output", file, "--engine", engine]
    subprocess.run(read, check=True)
    check = partial(migrate, "--check", "--schema", file, DB_NAME=own)
    done = migrate("--schema", file, DB_NAME=own)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (check().returncode, check().stdout) == (0, "the tables are as expected\n")
    db.rows(f"ALTER TABLE {own}.teams DROP FOREIGN KEY of_lead")
    expected = "teams: foreign key: expected `of_lead` (`lead_id`) to `staff` (`id`), found none\n"
    assert check().stdout == expected
    db.rows(f"ALTER TABLE {own}.teams ADD CONSTRAINT of_lead FOREIGN KEY (lead_id) REFERENCES staff (id) ON DELETE SET NULL")
    assert check().stdout == expected.replace("found none", "found `of_lead` (`lead_id`) to `staff` (`id`) ON DELETE SET NULL")

    # Of a table that is not served the scratch database has nothing.
    described = json.loads(file.read_text())
    described["tables"] = [table for table in described["tables"] if table["name"] == "staff"]
    file.write_text(json.dumps(described))
    only_staff = check()
    assert only_staff.stdout == "staff: reference: expected none, found FOREIGN KEY of_lead of teams\n", only_staff.stderr
    db.rows(f"ALTER TABLE {own}.staff DROP FOREIGN KEY of_team")
    assert "staff: foreign key: expected `of_team` to `teams`, found none\n" in check().stdout
    for table in ("teams DROP FOREIGN KEY of_lead", "staff DROP FOREIGN KEY of_boss"):
        db.rows(f"ALTER TABLE {own}.{table}")


def databases(db):
    names = [list(row.values())[0] for row in db.rows("SHOW DATABASES")]
    return [name for name in names if name.startswith("rowgate_scratch")]


def hold(db, own, minutes):
    """The lock, as another program holds it whose lease ends then."""
    db.rows(
        f"INSERT INTO {own}.rowgate_locks VALUES ('migrate', 'x', 'process 7 of anna', "
        f"UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL {minutes} MINUTE)"
    )


def test_a_second_migration_names_the_one_at_work(migrate, db, own):
    assert migrate(DB_NAME=own).returncode == 0
    hold(db, own, minutes=5)
    for arguments in [(), ("--check",)]:
        done = migrate(*arguments, DB_NAME=own)
        assert done.returncode == 2
        assert re.search(r"process 7 of anna, since 20\d\d-\S+ \S+ UTC, until 20", done.stderr), done.stderr
    assert db.count(f"{own}`.`rowgate_locks") == 1


def test_a_dead_migration_s_lock_ends_and_what_it_left_is_dropped(things, db, own):
    hold(db, own, minutes=-1)
    db.rows(f"CREATE DATABASE {SCRATCH}")
    db.rows(f"CREATE TABLE {SCRATCH}.things (id INT)")
    done = things()
    assert (done.returncode, done.stdout) == (0, "the tables are as expected\n"), done.stderr
    assert (databases(db), db.count(f"{own}`.`rowgate_locks")) == ([], 0)


def test_the_admin_may_make_the_scratch_database_and_no_other(stack, own, users):
    with connected(stack, own, "rowgate_admin", "ADMIN") as admin:
        admin.rows(f"CREATE DATABASE {SCRATCH}")
        admin.rows(f"CREATE TABLE {SCRATCH}.a (id INT PRIMARY KEY)")
        admin.rows(f"CREATE TABLE {SCRATCH}.b (id INT REFERENCES a (id), KEY i (id))")
        admin.rows(f"SELECT * FROM {SCRATCH}.b")
        admin.rows(f"DROP DATABASE {SCRATCH}")
        refused(admin, "CREATE DATABASE rowgate_scratch_ownxtables")


@pytest.fixture
def users(migrate, db, own):
    """The two users, made for the database `own`."""
    done = migrate("--users", DB_NAME=own, **PASSWORDS)
    assert done.returncode == 0, done.stderr
    yield done
    db.rows("DROP USER rowgate_writer, rowgate_admin")


def test_users_are_made_and_named_without_their_passwords(migrate, users, own):
    assert users.stdout.splitlines()[len(ALL) :] == [
        "user rowgate_writer has SELECT, INSERT, UPDATE on departments, jobs, employees",
        f"user rowgate_writer has SELECT, INSERT, UPDATE, DELETE on {', '.join(LEDGER)}",
        "user rowgate_writer has SELECT on rowgate_ledger",
        "user rowgate_admin has ALL on the whole database",
        f"user rowgate_admin has CREATE, DROP, ALTER, INDEX, REFERENCES, SELECT on {SCRATCH}",
    ]
    again = migrate("--users", DB_NAME=own, **PASSWORDS)
    assert again.returncode == 0, again.stderr
    everything = users.stdout + users.stderr + again.stdout + again.stderr
    assert not any(password in everything for password in PASSWORDS.values())


def test_the_writer_writes_rows_and_nothing_else(stack, db, own, users):
    with connected(stack, own, "rowgate_writer", "WRITER") as writer:
        writer.rows("INSERT INTO jobs VALUES (1, 'Cook')")
        writer.rows("UPDATE jobs SET job_name = 'Clerk' WHERE id = 1")
        assert writer.value("SELECT job_name FROM jobs") == "Clerk"
        for sql in [
            "DELETE FROM jobs",
            "TRUNCATE jobs",
            "DROP TABLE jobs",
            "ALTER TABLE jobs ADD x INT",
            "CREATE TABLE mine (id INT)",
            "RENAME TABLE jobs TO work",
            "CREATE USER another",
            "SELECT * FROM mysql.user",
            "SELECT * FROM rowgate.jobs",
        ]:
            refused(writer, sql)
    assert db.count(f"{own}`.`jobs") == 1


def test_the_writer_sees_a_unique_key_that_was_added(stack, db, own, users):
    """An update by `on_duplicate` depends on that."""
    db.rows(f"ALTER TABLE {own}.jobs ADD UNIQUE by_name (job_name)")
    with connected(stack, own, "rowgate_writer", "WRITER") as writer:
        keys = writer.rows(
            "SELECT DISTINCT INDEX_NAME AS name FROM information_schema.STATISTICS "
            "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'jobs' AND NON_UNIQUE = 0"
        )
    assert sorted(key["name"] for key in keys) == ["PRIMARY", "by_name"]


def test_the_writer_may_delete_in_the_ledger(stack, own, users):
    with connected(stack, own, "rowgate_writer", "WRITER") as writer:
        writer.rows("INSERT INTO rowgate_rejects VALUES ('a', 1, '')")
        for table in LEDGER:
            writer.rows(f"DELETE FROM {table}")
            refused(writer, f"DROP TABLE {table}")
        refused(writer, "DELETE FROM jobs")
        assert writer.value("SELECT version FROM rowgate_ledger") == VERSION
        refused(writer, "UPDATE rowgate_ledger SET version = 0")


def test_a_database_from_before_the_ledger_gets_it_and_its_rights(migrate, stack, db, own, users):
    ledger = ("rowgate_locks", *LEDGER, "rowgate_ledger")
    for table in ledger:
        db.rows(f"DROP TABLE {own}.{table}")
    assert migrate("--check", DB_NAME=own).returncode == 1
    done = migrate("--users", DB_NAME=own, **PASSWORDS)
    assert done.stdout.splitlines()[: len(ledger)] == [f"made table {table}" for table in ledger]
    with connected(stack, own, "rowgate_writer", "WRITER") as writer:
        writer.rows("DELETE FROM rowgate_loads")


@pytest.fixture
def first_ledger(migrate, db):
    """The ledger of 88de9cf in the stack's own database, with rows in it."""
    for table in LEDGER + LEDGER_VERSION:
        db.rows(f"DROP TABLE {table}")
    text = (ROOT / "tests/fixtures/ledger_of_88de9cf.sql").read_text()
    for statement in text.split(";\n"):
        if "CREATE TABLE" in statement:
            db.rows(statement)
    row = "INSERT INTO rowgate_loads (load_id, door, key_id, settings, next_row, status, holder, "
    row += "lease_until, started_at) VALUES (%s, 'http', 'aBcDeFgH', %s, %s, %s, '', NOW(), NOW())"
    for load_id, settings, next_row, status in FIRST_ROWS:
        db.rows(row, load_id, settings, next_row, status)
    db.rows("INSERT INTO rowgate_rejects VALUES ('a', 1, 'x')")
    db.rows("INSERT INTO rowgate_ranges (load_id, range_number, scan) VALUES ('a', 0, 'x')")
    yield
    for table in LEDGER + LEDGER_VERSION:
        db.rows(f"DROP TABLE IF EXISTS {table}")
    assert migrate().returncode == 0


def settings_of(on_error="skip", max_errors="null", max_error_rate="null"):
    return (
        f'{{"on_error":"{on_error}","on_duplicate":"update","strict":false,'
        f'"check_references":false,"max_errors":{max_errors},"max_error_rate":{max_error_rate}}}'
    )


# Id, settings, the next row, status; the last ones are to be checked from their start.
FIRST_ROWS = [
    ("a", settings_of(), 7, "failed"),
    ("b", settings_of(), 0, "unfinished"),
    ("c", settings_of(max_errors=3), 7, "failed"),
    ("d", settings_of(max_errors=3), 0, "complete"),
    ("e", None, 0, "complete"),
    ("f", settings_of(max_errors=3), 0, "unfinished"),
    ("g", settings_of(max_error_rate=0.5), 0, "failed"),
    ("h", settings_of(on_error="reject"), 0, "running"),
]


def ledger_steps(first=1):
    names = sorted(path.stem for path in (ROOT / "sql/ledger").glob("*.sql"))
    return [f"ran ledger migration {name}" for name in names[first - 1 :]]


def test_an_older_ledger_is_refused_and_migrated_with_its_rows(
    empty_tables, migrate, stack, db, files, command, first_ledger
):
    post = sender(stack)
    key = "quiet/jobs/old-ledger.csv"
    event = s3_event(files.bucket, key, files.put(key, b"1,Clerk\n"), sequencer="01")

    def claims():
        url, rows = stack["edge"] + "/tables/jobs/rows", [{"id": 2, "job": "Cook"}]
        headers = {"x-api-key": stack["api_key"], "idempotency-key": "old-ledger"}
        return requests.post(url, json=rows, headers=headers)

    def refuses(words):
        answer = claims()
        assert (answer.status_code, words in answer.json()["detail"]) == (500, True), answer.text
        kind, text = files.fail(event)
        assert (kind, words in text) == ("LoadFailed", True), text

    refuses(f"the ledger is older than version {VERSION}: run `rowgate migrate`")
    # What such a ledger lacks, the history does without.
    listed = json.loads(command("loads", "--json").stdout)
    assert sorted(load["load_id"] for load in listed) == [row[0] for row in FIRST_ROWS]
    assert not any("rejected_by_code" in load for load in listed)
    # Without a claim the ledger is not needed.
    assert post("/tables/jobs/rows", [{"id": 3, "job": "Guard"}]).status_code == 200
    done = migrate("--check")
    assert "rowgate_ledger: table: expected a table, found none" in done.stdout
    done = migrate()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["made table rowgate_locks", "made table rowgate_ledger", *ledger_steps()]

    rows = db.rows("SELECT load_id, is_decided FROM rowgate_loads ORDER BY load_id")
    assert [(row["load_id"], row["is_decided"]) for row in rows] == [
        (row[0], int(row[0] < "f")) for row in FIRST_ROWS
    ]
    assert [db.count(table) for table in ("rowgate_rejects", "rowgate_ranges")] == [1, 1]
    count = "SELECT COUNT(*) FROM rowgate_loads WHERE key_id = %s"
    assert db.value(count, "aBcDeFgH") == len(FIRST_ROWS)
    assert db.value(count, "ABCDEFGH") == 0
    assert claims().status_code == 200
    assert files.invoke(event)["loads"][0]["status"] == "complete"
    assert migrate().stdout == "nothing to do: every table exists\n"

    # As a newer rowgate leaves it: one that this one can work with, and one that it cannot.
    db.rows("UPDATE rowgate_ledger SET version = 99")
    assert files.invoke(event)["loads"][0]["status"] == "duplicate"
    assert migrate().returncode == 0
    db.rows("UPDATE rowgate_ledger SET oldest_program = 99")
    refuses(f"the ledger is of version 99, and this rowgate of version {VERSION} cannot work with it")
    done = migrate()
    assert (done.returncode, "a newer rowgate than this one" in done.stderr) == (2, True)
    db.rows("UPDATE rowgate_ledger SET version = 1, oldest_program = 1")
    refuses("run `rowgate migrate`")
    assert migrate().stdout.splitlines() == ledger_steps(first=2)


def test_the_statements_of_the_ledgers_migrations_can_be_repeated(migrate, db, first_ledger):
    """As after a run that was ended before it recorded what it had done."""
    assert migrate().returncode == 0
    before = [db.rows(f"SHOW CREATE TABLE {table}") for table in LEDGER]
    for version in range(VERSION):
        db.rows("UPDATE rowgate_ledger SET version = %s", version)
        assert migrate().stdout.splitlines() == ledger_steps(first=version + 1)
    db.rows("DELETE FROM rowgate_ledger")
    assert migrate().stdout.splitlines() == ledger_steps()
    assert [db.rows(f"SHOW CREATE TABLE {table}") for table in LEDGER] == before


def test_a_migrated_ledger_is_a_new_one(migrate, db, own, first_ledger):
    """Column by column, keys included."""
    assert migrate().returncode == 0
    assert migrate(DB_NAME=own).returncode == 0
    for table in LEDGER + LEDGER_VERSION:
        (here,) = db.rows(f"SHOW CREATE TABLE {table}")
        (new,) = db.rows(f"SHOW CREATE TABLE {own}.{table}")
        assert here["Create Table"] == new["Create Table"]


def test_the_admin_does_everything_in_its_database_only(stack, db, own, users):
    db.rows("CREATE DATABASE ownxtables")
    try:
        with connected(stack, own, "rowgate_admin", "ADMIN") as admin:
            admin.rows("INSERT INTO jobs VALUES (1, 'Cook')")
            admin.rows("DELETE FROM jobs")
            admin.rows("CREATE TABLE jobs_next LIKE jobs")
            admin.rows("RENAME TABLE jobs TO jobs_old, jobs_next TO jobs")
            admin.rows("DROP TABLE jobs_old")
            refused(admin, "SELECT * FROM rowgate.jobs")
            refused(admin, "CREATE USER another")
            # `_` is a wildcard in a right on a database, unless it is escaped.
            refused(admin, "CREATE TABLE ownxtables.mine (id INT)")
    finally:
        db.rows("DROP DATABASE ownxtables")


def test_passwords_are_asked_for_before_anything_is_done(migrate, db, own):
    done = migrate("--users", DB_NAME=own)
    assert done.returncode == 2
    missing = "settings missing: ROWGATE_WRITER_PASSWORD, ROWGATE_ADMIN_PASSWORD"
    assert missing in done.stderr

    weak = "it's weak; DROP TABLE jobs"
    done = migrate("--users", DB_NAME=own, **{**PASSWORDS, "ROWGATE_ADMIN_PASSWORD": weak})
    assert done.returncode == 2
    assert "setting ROWGATE_ADMIN_PASSWORD: not 16 to 128 letters, digits" in done.stderr
    assert weak not in done.stderr
    assert db.rows(f"SHOW TABLES FROM {own}") == []


@contextmanager
def connected(stack, database, user, password):
    url = urlsplit(stack["database_url"])
    connection = Db(
        host=url.hostname,
        port=url.port or 3306,
        user=user,
        password=PASSWORDS[f"ROWGATE_{password}_PASSWORD"],
        database=database,
        autocommit=True,
    )
    with connection:
        yield connection


def refused(connection, sql):
    denied = (
        ER.TABLEACCESS_DENIED_ERROR,
        ER.DBACCESS_DENIED_ERROR,
        ER.SPECIFIC_ACCESS_DENIED_ERROR,
    )
    with pytest.raises(pymysql.MySQLError) as error:
        connection.rows(sql)
    assert error.value.args[0] in denied, (sql, error.value)
