"""Leases are renewed while a file is only read, and a checking pass goes on where it was."""

import json
import time
from contextlib import contextmanager

import pytest
from conftest import LEDGER, Calls, client, database, put_faults, running
from events import s3_event
from files import Files, counts, job_lines, stored_jobs

LEASE = 2
LOAD_OPTIONS = {
    "quiet/limited/": {"max_errors": 10},
    "quiet/fail/": {"on_duplicate": "fail", "max_errors": 10},
}

# Sixteen ranges of S3, of which two are in flight at a time.
ROWS = 64_000
NAME = "x" * 250
LARGE = job_lines(ROWS, name=NAME)
SLOW = "get:latency=1000"


class Stack:
    def __init__(self, report, db):
        self.report = report
        self.db = db
        self.files = Files(report, client(report, "s3"), client(report, "lambda"))
        self.calls = Calls(report["call_log"])

    def fault(self, *texts, service="data_api"):
        put_faults(self.report, *texts, service=service)

    def event(self, key, body):
        return s3_event(self.files.bucket, key, self.files.put(key, body), sequencer="01")

    def load(self, event):
        (load,) = self.files.invoke(event)["loads"]
        return load

    def row(self):
        (row,) = self.db.rows("SELECT * FROM rowgate_loads")
        return row


@contextmanager
def stack(*options):
    load_options = ("--load-options", json.dumps(LOAD_OPTIONS))
    with running(*options, *load_options) as report, database(report) as db:
        yield Stack(report, db)


@pytest.fixture(scope="module")
def module_stack():
    with stack("--lease", str(LEASE)) as own:
        yield own


@pytest.fixture
def own(module_stack):
    module_stack.db.empty("jobs", *LEDGER)
    yield module_stack
    module_stack.fault()
    module_stack.fault(service="s3")


def test_a_checking_pass_that_takes_longer_than_the_lease(own):
    key = "quiet/limited/jobs/x.csv"
    event = own.event(key, b"0,\n" + LARGE)
    own.fault(SLOW, service="s3")
    began = time.monotonic()
    load = own.load(event)
    # Both readings; each takes at least this long.
    assert time.monotonic() - began > 2 * 3 * LEASE
    assert (load["status"], load["received"], load["stored"]) == ("partial", ROWS + 1, ROWS)
    row = own.row()
    assert (row["attempts"], row["is_decided"], row["stored_rows"]) == (1, 1, ROWS)
    assert own.db.count("jobs") == ROWS


def test_a_file_that_is_refused_after_longer_than_the_lease(own):
    key = "quiet/limited/jobs/x.csv"
    event = own.event(key, LARGE + b"".join(b"%d,\n" % id for id in range(11)))
    own.fault(SLOW, service="s3")
    assert own.load(event)["status"] == "rejected"
    row = own.row()
    report = json.loads(row["answer"])
    assert (row["attempts"], counts(report)) == (1, (ROWS + 11, 0, 0, ROWS + 11))
    assert len(own.files.rejected_rows(report)) == 11
    assert own.db.count("jobs") == 0


def test_earlier_rows_are_read_again_for_longer_than_the_lease(own):
    """The first row is a rejected one, so that the file is read from its start."""
    key = "quiet/jobs/x.csv"
    event = own.event(key, b"0,\n" + LARGE)
    # How many rows go into a call depends on how fast the machine is.
    before = {"next_row": 0}
    while before["next_row"] <= ROWS / 2:
        own.fault("execute:access-denied:skip=12:times=1")
        own.files.fail(event)
        before = own.row()
        assert before["status"] == "failed"
    own.fault()
    own.fault(SLOW, service="s3")
    began = time.monotonic()
    load = own.load(event)
    assert time.monotonic() - began > 3 * LEASE
    assert (load["status"], load["received"], load["stored"]) == ("partial", ROWS + 1, ROWS)
    assert own.row()["attempts"] == before["attempts"] + 1
    assert stored_jobs(own.db) == dict.fromkeys(range(1, ROWS + 1), NAME)


def invoke_until_done(own, event, most=20):
    """Where the load was after each invocation that did not come to its end, and the last answer."""
    places = []
    for _ in range(most):
        error, answer = own.files.run(event)
        if error is None:
            return places, answer["loads"][0]
        assert "no time left" in answer["errorMessage"], answer
        row = own.row()
        places.append((row["is_decided"], row["next_row"]))
        if not row["is_decided"]:
            assert (row["stored_rows"], row["kept_rows"], own.db.count("jobs")) == (0, 0, 1)
    pytest.fail(f"not loaded: {places}")


@pytest.mark.parametrize(("bad", "status"), [(5, "partial"), (15, "rejected")])
def test_a_checking_pass_goes_on_in_another_invocation(bad, status):
    """Each invocation has a second; the database, which is asked for each batch, takes its time. Besides
    the bad rows there is one whose id exists."""
    with stack("--timeout", "6", "--batch-bytes", "2000") as own:
        rows = job_lines(600, name="Job {} " + "x" * 30).splitlines(keepends=True)
        for at in range(bad):
            rows[at * 40] = b"%d,\n" % (at * 40 + 1)
        own.db.rows("INSERT INTO jobs VALUES (600, 'There')")
        event = own.event("quiet/fail/jobs/x.csv", b"".join(rows))
        own.fault("commit:latency=250")
        places, load = invoke_until_done(own, event)
        assert load["status"] == status
        assert places == sorted(set(places)) and len(places) > 2, places
        assert [is_decided for is_decided, _ in places].count(0) >= 2
        row = own.row()
        bad += 1
        good = 600 - bad if status == "partial" else 0
        assert (row["stored_rows"], own.db.count("jobs")) == (good, good + 1)
        report = json.loads(row["answer"])
        assert counts(report) == (600, good, 0, 600 - good)
        assert len(own.files.rejected_rows(report)) == bad
        assert own.db.count("rowgate_rejects") == 0


def test_no_call_is_begun_after_the_deadline():
    """Rows that the database refuses are tried in ever smaller parts, for which there is no time."""
    with stack("--timeout", "6") as own:
        own.db.rows(
            "CREATE TRIGGER refuse BEFORE INSERT ON jobs FOR EACH ROW "
            "IF NEW.id % 2 THEN SIGNAL SQLSTATE '45000'; END IF"
        )
        key = "quiet/jobs/x.csv"
        event = own.event(key, job_lines(16))
        own.fault("execute:latency=200")
        own.calls.mark()
        kind, message = own.files.fail(event)
        assert kind == "LoadFailed" and "no time left" in message
        # The lookup in the ledger aside, the last call ends the transaction.
        operations = [call["operation"] for call in own.calls.since_mark()]
        assert operations[-2:] == ["RollbackTransaction", "ExecuteStatement"]
        assert operations.count("ExecuteStatement") < 12
        assert own.db.value("SELECT COUNT(*) FROM information_schema.innodb_trx") == 0
        assert (own.row()["status"], own.db.count("jobs")) == ("unfinished", 0)
        own.fault()
        load = own.load(event)
        assert (load["status"], load["stored"], load["rejected"]) == ("partial", 8, 8)
