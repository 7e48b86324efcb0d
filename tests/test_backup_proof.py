"""A backup that exits 0 can be restored: what it looks for before it reads, and what it counts."""

from contextlib import contextmanager

import pytest
from backups import accepted, fill, made
from conftest import set_isolation
from test_restore import tidy

pytestmark = pytest.mark.usefixtures("clean")

# How tables are bent, how they are bent back, and how the obstacle is named.
BENDS = {
    "column": (
        "ALTER TABLE jobs ADD notes TEXT NULL",
        "ALTER TABLE jobs DROP notes",
        "jobs.notes: column: expected none, found text",
    ),
    "character set": (
        "ALTER TABLE jobs MODIFY job_name VARCHAR(255) CHARACTER SET latin1 NOT NULL "
        "COMMENT 'aliases=job'",
        "ALTER TABLE jobs MODIFY job_name VARCHAR(255) CHARACTER SET utf8mb4 NOT NULL "
        "COMMENT 'aliases=job'",
        "jobs.job_name: collation: expected one of utf8mb4, found latin1_swedish_ci",
    ),
}


@pytest.fixture
def clean(db):
    """The three tables without rows, and nothing of a restore beside them."""
    tidy(db)
    yield
    tidy(db)


@contextmanager
def bent(db, kind):
    """Tables that a restore would refuse; gives how the obstacle is named."""
    bend, unbend, named = BENDS[kind]
    db.rows(bend)
    try:
        yield named
    finally:
        db.rows(unbend)


@pytest.mark.parametrize("kind", BENDS)
@pytest.mark.parametrize("options", [[], ["--parallel", "3"]], ids=["snapshot", "parallel"])
def test_what_a_restore_would_refuse_is_said_before_it_reads(
    backup, restore, bucket, db, calls, kind, options
):
    db.rows("INSERT INTO jobs VALUES (1, 'a'), (2, 'b')")
    with bent(db, kind) as named:
        calls.mark()
        refused = backup(*options)
        assert refused.returncode == 2 and named in refused.stderr
        assert bucket.keys("backups/") == []
        operations = [call["operation"] for call in calls.since_mark()]
        assert operations == ["ExecuteStatement"] * 5

        skipped = backup("--skip", *options)
        assert skipped.returncode == 0 and f"left out: {named}" in skipped.stderr
        manifest = accepted(backup("--accept", "--json", *options))
        assert manifest["obstacles"] == [named]
        assert [table["rows"] for table in manifest["tables"]] == [0, 2, 0]
        assert f"in the way: {named}" in restore(manifest["run"], "--plan").stdout
        nothing = backup("--skip", "--table", "jobs", *options)
        assert nothing.returncode == 2 and named in nothing.stderr
    made(restore(manifest["run"], "--json"))
    assert len(bucket.manifests()) == 2


def test_a_unique_key_that_the_schema_does_not_say_is_not_in_the_way(backup, restore, bucket, db):
    db.rows("INSERT INTO jobs VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    db.rows("ALTER TABLE jobs ADD UNIQUE by_name (job_name)")
    try:
        before = db.rows("SELECT * FROM jobs ORDER BY id")
        made(backup("--json"))
        db.rows("UPDATE jobs SET job_name = CONCAT('x', id)")
        made(restore("latest", "--table", "jobs", "--json"))
        assert db.rows("SELECT * FROM jobs ORDER BY id") == before
        assert db.rows("SHOW INDEX FROM jobs WHERE Key_name = 'by_name'")
    finally:
        db.rows("ALTER TABLE jobs DROP INDEX by_name")


@pytest.mark.parametrize("kind", BENDS)
def test_the_lambda_says_it_too(files, bucket, db, kind):
    db.rows("INSERT INTO jobs VALUES (1, 'a')")
    with bent(db, kind) as named:
        for event in ({"rowgate": "backup"}, {"rowgate": "bulk_backup", "step": "open"}):
            failure, text = files.fail(event)
            assert failure in ("BackupFailed", "Refused") and named in text
        assert bucket.keys("backups/") == []
        answer = files.invoke({"rowgate": "backup", "obstacles": "skip"})
        assert answer["obstacles"] == [named]
        assert [table["table"] for table in answer["tables"]] == ["departments", "employees"]
        answer = files.invoke({"rowgate": "backup", "obstacles": "accept"})
        assert answer["obstacles"] == [named] and answer["rows"] == 1
        opened = files.invoke({"rowgate": "bulk_backup", "step": "open", "obstacles": "skip"})
        assert [table["table"] for table in opened["tables"]] == ["departments", "employees"]


@pytest.mark.parametrize("level", ["READ COMMITTED", "SERIALIZABLE"])
def test_without_repeatable_reads_there_is_no_snapshot(
    backup, files, bucket, db, stack, command, level
):
    fill(db)
    set_isolation(db, stack, level)
    named = f"transactions are {level.replace(' ', '-')}, so there is no snapshot"
    try:
        refused = backup()
        assert refused.returncode == 2 and named in refused.stderr
        failure, text = files.fail({"rowgate": "backup"})
        assert failure == "BackupFailed" and named in text
        assert bucket.keys("backups/") == []
        doctor = command("doctor")
        assert doctor.returncode == 1 and "transaction_isolation" in doctor.stdout
        parallel = made(backup("--parallel", "2", "--json"))
        assert parallel["snapshot"] is False
    finally:
        set_isolation(db, stack, "REPEATABLE READ")
    assert made(backup("--json"))["snapshot"] is True
    assert backup("verify", parallel["run"], "--live").returncode == 0
