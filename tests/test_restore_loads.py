"""The ledger after a restore: what was loaded since the backup counts as done no longer."""

import pytest
from backups import made
from bulk_tables import restore as bulk_restore
from files import counts
from test_idempotency import is_replay, sender
from test_restore import tidy

pytestmark = pytest.mark.usefixtures("empty_tables")

FILE = "incoming/jobs/since.csv"
BODY = b"id,job\n10,of a file\n11,of a file\n"


@pytest.fixture(autouse=True)
def clean(db, empty_tables):
    """Nothing of a restore beside the tables."""
    tidy(db)
    yield
    tidy(db)


@pytest.fixture
def send(stack):
    return sender(stack)


def job(id):
    return [{"id": id, "job": f"Job {id}"}]


def age(db, minutes):
    """Has all loads so far have ended earlier."""
    db.rows(f"UPDATE rowgate_loads SET ended_at = ended_at - INTERVAL {minutes} MINUTE")


@pytest.fixture
def loaded(backup, bucket, db, files, send):
    """A backup between two requests, and a file behind it."""
    assert send("before", job(1)).status_code == 200
    # Longer ago than the few minutes before a backup that count as well.
    age(db, 10)
    made(backup("--json"))
    assert send("since", job(2)).status_code == 200
    assert files.load(FILE, BODY)["status"] == "complete"


def ids(db):
    return [row["id"] for row in db.rows("SELECT id FROM jobs ORDER BY id")]


def come_again(db, files, send):
    """What was sent before the backup is known, and what was since is done again."""
    assert ids(db) == [1]
    before, since = send("before", job(1)), send("since", job(2))
    assert (before.status_code, is_replay(before)) == (200, True)
    assert (since.status_code, is_replay(since)) == (200, False)
    assert since.json()["tables"]["jobs"]["stored"] == 1
    assert is_replay(send("since", job(2)))
    report = files.load(FILE, BODY)
    assert (report["status"], counts(report)) == ("complete", (2, 2, 0, 0))
    assert ids(db) == [1, 2, 10, 11]


def test_a_file_and_a_request_since_the_backup_are_done_again(loaded, restore, files, db, send):
    plan = made(restore("latest", "--plan", "--json"))["loads_since"]
    assert plan["loads"] == 2
    said = f"loads since {plan['since']} that no longer count as done: 2; their files are loaded"
    assert said in restore("latest", "--plan").stdout
    done = restore("latest")
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.count(said) == 2
    come_again(db, files, send)


def test_so_they_are_after_a_restore_in_parts(loaded, files, db, send):
    restored = bulk_restore(files, "latest")
    assert restored["loads_since"]["loads"] == 2 and "notes" not in restored
    come_again(db, files, send)


def test_so_they_are_after_a_restore_by_the_lambda(loaded, files, db, send):
    restored = files.invoke({"rowgate": "restore", "sources": ["latest"]})
    assert restored["loads_since"]["loads"] == 2
    come_again(db, files, send)


def test_loads_stay_in_the_history(loaded, restore, command, db):
    made(restore("latest", "--json"))
    found = db.rows("SELECT idempotency_key AS k, status FROM rowgate_loads ORDER BY started_at")
    assert [(row["k"], row["status"]) for row in found] == [
        ("before", "complete"), ("since", "undone"), (None, "undone")
    ]  # fmt: skip
    made(restore("latest", "--json"))
    assert db.count("rowgate_loads") == 3


def test_loads_of_other_tables_count_as_before(loaded, restore, db, send):
    plan = made(restore("latest", "--table", "departments", "--json"))
    assert plan["loads_since"]["loads"] == 0
    assert is_replay(send("since", job(2)))


def test_a_file_that_is_being_loaded_begins_anew_and_a_request_goes_on(loaded, restore, db):
    """A file has stored rows before, which are gone; a request stores its rows after the swap."""
    db.rows(
        "UPDATE rowgate_loads SET status = 'running', ended_at = NULL, "
        "lease_until = UTC_TIMESTAMP(3) + INTERVAL 1 MINUTE WHERE door = 's3' OR idempotency_key = 'since'"
    )
    assert made(restore("latest", "--json"))["loads_since"]["loads"] == 1
    found = {row["door"]: row["status"] for row in db.rows(
        "SELECT door, status FROM rowgate_loads WHERE idempotency_key = 'since' OR door = 's3'")}
    assert found == {"http": "running", "s3": "undone"}


def test_after_an_undo_so_are_the_loads_since_the_restore(loaded, restore, files, db, send):
    id = made(restore("latest", "--json"))["id"]
    age(db, 10)
    assert send("later", job(3)).status_code == 200
    undone = restore("undo", id)
    assert "that no longer count as done: 1;" in undone.stdout, undone.stdout
    assert ids(db) == [1, 2, 10, 11]
    assert not is_replay(send("later", job(3)))
    assert ids(db) == [1, 2, 3, 10, 11]


def test_files_that_do_not_say_their_time_leave_the_ledger_as_it_is(loaded, restore, bucket, db, send):
    fields = [{"name": "id", "type": "int"}, {"name": "job_name", "type": "string"}]
    schema = {"type": "record", "name": "jobs", "fields": fields}
    bucket.write_avro("export/jobs/x.avro", schema, [{"id": 1, "job_name": "x"}])
    assert "the files do not say of which time they are" in restore("export/jobs/", "--plan").stdout
    assert "loads_since" not in made(restore("export/jobs/", "--json"))
    assert is_replay(send("since", job(2)))


def test_where_the_ledger_cannot_be_told_that_is_said(loaded, restore, files, bucket, db, calls, fault):
    calls.mark()
    made(restore("latest", "--table", "jobs", "--json"))
    statements = [call["verb"] for call in calls.since_mark() if call["operation"] == "ExecuteStatement"]
    fault(f"execute:access-denied:skip={statements.index('UPDATE')}:times=1")
    done = restore("latest", "--table", "jobs")
    fault()
    assert done.returncode == 1 and "the ledger still takes loads since" in done.stderr
    assert ids(db) == [1]
