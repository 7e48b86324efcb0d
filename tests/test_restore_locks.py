"""A restore beside others' transactions: it waits a little, looks again, and tells what came."""

import time
from concurrent.futures import ThreadPoolExecutor

import pymysql
import pytest
from backups import fill, made
from conftest import client, database
from test_restore import content, leftovers, tidy

# MySQL's number for a text that a character set cannot hold.
CANNOT_CONVERT = 3854


@pytest.fixture(autouse=True)
def clean(db):
    """The three tables without rows, and nothing of a restore beside them."""
    tidy(db)
    yield
    tidy(db)


@pytest.fixture
def other(stack):
    """Another client's connection, whose transactions stay open."""
    with database(stack) as connection:
        connection.autocommit(False)
        yield connection
        connection.rollback()


def wait_for_rename(db):
    """Until a RENAME waits for a lock."""
    sql = "SELECT id FROM information_schema.processlist WHERE info LIKE 'RENAME %%'"
    for _ in range(2_000):
        try:
            if db.rows(sql):
                return
        except pymysql.err.OperationalError as error:
            # MySQL's list is utf8mb3: it cannot show a statement that has an emoji just then.
            assert error.args[0] == CANNOT_CONVERT
        time.sleep(0.01)
    pytest.fail("no RENAME waits")


def test_a_restore_waits_for_a_reader_and_says_so(backup, restore, bucket, db, other):
    fill(db)
    before = content(db)
    made(backup("--json"))
    db.empty("jobs")
    other.rows("SELECT * FROM departments")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(restore, "latest")
        wait_for_rename(db)
        time.sleep(7)
        other.rollback()
        done = running.result()
    assert done.returncode == 0, done.stderr
    assert "waiting for others' transactions on the live tables, try 2" in done.stderr
    assert content(db) == before


def test_a_row_that_comes_between_two_tries_stops_it(backup, restore, bucket, db, stack, other):
    """Its writer waits behind the first RENAME, and has its turn when that gives up."""
    fill(db)
    made(backup("--json"))
    db.empty("jobs")
    other.rows("SELECT * FROM departments")

    def write():
        with database(stack) as writer:
            writer.rows("INSERT INTO departments VALUES (77, 'meanwhile')")

    with ThreadPoolExecutor() as pool:
        running = pool.submit(restore, "latest")
        wait_for_rename(db)
        pool.submit(write).result()
        done = running.result()
    assert done.returncode == 2
    assert "departments: the live table was written to meanwhile (2 rows, now 3)" in done.stderr
    assert db.count("departments") == 3 and db.count("jobs") == 0
    assert leftovers(db) == []


def test_a_row_that_comes_with_the_swap_is_named(backup, restore, bucket, db, other):
    """It was written before the swap, in a transaction that ended while the swap waited for it."""
    fill(db)
    db.rows("DELETE FROM departments WHERE id > 1")
    made(backup("--json"))
    other.rows("INSERT INTO departments VALUES (77, 'meanwhile')")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(restore, "latest")
        wait_for_rename(db)
        other.commit()
        done = running.result()
    assert done.returncode == 1
    (old,) = [name for name in leftovers(db) if name.startswith("departments__before_")]
    assert (
        "departments: restored, but it was written to while it was swapped (1 row, then 2); "
        f"see {old}, with the new keys 77" in done.stderr
    )
    assert db.count("departments") == 1 and db.count(old) == 2


def test_the_wait_of_others_is_as_before(backup, restore, bucket, db, stack):
    fill(db)
    made(backup("--json"))
    made(restore("latest", "--json"))
    query = {"sql": "SELECT @@session.lock_wait_timeout = @@global.lock_wait_timeout"}
    arns = {"resourceArn": stack["cluster_arn"], "secretArn": stack["secret_arn"]}
    service = client(stack, "rds-data")
    for _ in range(10):
        answer = service.execute_statement(**arns, **query, database="rowgate")
        assert answer["records"] == [[{"longValue": 1}]]


@pytest.mark.parametrize("by", ["command", "lambda", "files"])
def test_a_filled_table_is_not_emptied_without_force(
    backup, restore, files, bucket, db, by
):
    made(backup("--json"))
    db.rows("INSERT INTO jobs VALUES (1, 'live')")
    named = "jobs: the files have no row, and the live table has 1"
    source = ["latest"]
    if by == "files":
        schema = {"type": "record", "name": "jobs", "fields": [
            {"name": "id", "type": "int"}, {"name": "job_name", "type": "string"}]}
        bucket.write_avro("empty-export/jobs/part.avro", schema, [])
        source = ["empty-export/jobs/"]
    if by == "lambda":
        event = {"rowgate": "restore", "sources": source, "tables": ["jobs"]}
        kind, text = files.fail(event)
        assert (kind, named in text) == ("RestoreFailed", True)
        files.invoke(event | {"force": True})
    else:
        refused = restore(*source, "--table", "jobs")
        assert refused.returncode == 2 and named in refused.stderr
        assert db.count("jobs") == 1
        merged = restore(*source, "--table", "jobs", "--mode", "merge")
        assert merged.returncode == 0 and db.count("jobs") == 1
        assert restore(*source, "--table", "jobs", "--force").returncode == 0
    assert db.count("jobs") == 0
