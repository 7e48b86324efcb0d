"""`rowgate migrate` through the Data API, against real tables."""

from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

import pymysql
import pytest
from conftest import LEDGER, Db
from pymysql.constants import ER

PASSWORDS = {
    "ROWGATE_WRITER_PASSWORD": "Writer-of-the-tests_.~1",
    "ROWGATE_ADMIN_PASSWORD": "Admin-of-the-tests_.~2",
}

TABLES = ("departments", "jobs", "employees")


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


def test_a_comment_of_the_schema_stands_in_the_database(db):
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
    missing = [f"{table}: table: expected a table, found none" for table in TABLES + LEDGER]
    assert (done.returncode, done.stdout.splitlines()) == (1, missing)
    assert f"{len(missing)} differences between the database and the schema" in done.stderr
    assert db.rows(f"SHOW TABLES FROM {own}") == []

    made = migrate(DB_NAME=own)
    tables = "".join(f"made table {table}\n" for table in TABLES + LEDGER)
    assert (made.returncode, made.stdout) == (0, tables)
    done = migrate("--check", DB_NAME=own)
    assert (done.returncode, done.stdout) == (0, "the tables are as expected\n"), done.stderr


def test_every_kind_of_drift_is_named(migrate, db, own):
    assert migrate(DB_NAME=own).returncode == 0
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
            "jobs.job_name: collation: expected one of utf8mb4, found latin1_swedish_ci",
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
            "employees.name: key: expected none, found primary key",
        ),
        (
            "employees MODIFY datetime VARCHAR(255) NOT NULL COMMENT 'format=date-time' AFTER id",
            "employees.name: order: expected column 2 is name, found datetime\n"
            "employees.datetime: order: expected column 3 is datetime, found name",
        ),
        (
            "employees MODIFY job_id INT NULL DEFAULT 7 COMMENT 'references=jobs.id'",
            "employees.job_id: default: expected none, found 7",
        ),
        ("employees ADD notes TEXT NULL", "employees.notes: column: expected none, found text"),
        ("employees DROP job_id", "employees.job_id: column: expected int, found none"),
        ("employees COMMENT ''", 'employees: comment: expected "aliases=hired_employees", found ""'),
        ("departments ENGINE=MyISAM", "departments: engine: expected InnoDB, found MyISAM"),
        (
            "departments ADD UNIQUE by_name (department_name)",
            "departments: constraint or trigger: expected none, found UNIQUE by_name",
        ),
        (
            "employees ADD CONSTRAINT parent FOREIGN KEY (job_id) REFERENCES jobs (id)",
            "jobs: constraint or trigger: expected none, found FOREIGN KEY parent of employees\n"
            "employees: constraint or trigger: expected none, found FOREIGN KEY parent",
        ),
    ]:
        db.rows(f"ALTER TABLE {own}.{bend}")
        before = created(db, own)
        done = migrate(DB_NAME=own)
        assert (done.returncode, done.stdout) == (1, difference + "\n"), (bend, done.stderr)
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
    expected = "jobs: constraint or trigger: expected none, found TRIGGER upper\n"
    assert (done.returncode, done.stdout) == (1, expected)


@pytest.fixture
def users(migrate, db, own):
    """The two users, made for the database `own`."""
    done = migrate("--users", DB_NAME=own, **PASSWORDS)
    assert done.returncode == 0, done.stderr
    yield done
    db.rows("DROP USER rowgate_writer, rowgate_admin")


def test_users_are_made_and_named_without_their_passwords(migrate, users, own):
    assert users.stdout.splitlines()[len(TABLES + LEDGER) :] == [
        "user rowgate_writer has SELECT, INSERT, UPDATE on departments, jobs, employees",
        f"user rowgate_writer has SELECT, INSERT, UPDATE, DELETE on {', '.join(LEDGER)}",
        "user rowgate_admin has ALL on the whole database",
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
            "CREATE USER somebody",
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


def test_a_database_from_before_the_ledger_gets_it_and_its_rights(migrate, stack, db, own, users):
    for table in LEDGER:
        db.rows(f"DROP TABLE {own}.{table}")
    assert migrate("--check", DB_NAME=own).returncode == 1
    done = migrate("--users", DB_NAME=own, **PASSWORDS)
    assert done.stdout.splitlines()[: len(LEDGER)] == [f"made table {table}" for table in LEDGER]
    with connected(stack, own, "rowgate_writer", "WRITER") as writer:
        writer.rows("DELETE FROM rowgate_loads")


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
            refused(admin, "CREATE USER somebody")
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
