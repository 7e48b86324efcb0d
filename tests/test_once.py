"""Files have their effect once, whatever happens: order, overlap, pauses, kills and cuts."""

import itertools
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import LEDGER, Calls, client, database, put_faults, running, set_isolation
from events import s3_event
from files import Files, bootstraps, codes, counts, stored_jobs

# A file's three statements, of small rows.
BATCH_BYTES = 2_000
LEASE = 0.6
LOAD_OPTIONS = {"quiet/fail/": {"on_duplicate": "fail"}}


class Stack:
    """A stack of this file's own: small statements, short leases, transactions that idle out."""

    def __init__(self, report, db):
        self.report = report
        self.db = db
        self.files = Files(report, client(report, "s3"), client(report, "lambda"))
        self.calls = Calls(report["call_log"])
        self.s3_calls = Calls(report["s3_log"])

    def fault(self, *texts, service="data_api"):
        put_faults(self.report, *texts, service=service)

    def no_faults(self):
        self.fault()
        self.fault(service="s3")

    def empty(self):
        self.db.empty("jobs", *LEDGER)

    def put(self, key, body):
        return self.files.put(key, body)

    def event(self, key, e_tag, sequencer=None):
        return s3_event(self.files.bucket, key, e_tag, sequencer=sequencer)

    def load(self, event):
        (load,) = self.files.invoke(event)["loads"]
        return load

    def statuses(self):
        return [row["status"] for row in self.db.rows("SELECT status FROM rowgate_loads")]


@pytest.fixture(scope="module")
def module_stack():
    options = ("--lease", LEASE, "--transaction-idle", 0.3, "--batch-bytes", BATCH_BYTES)
    load_options = ("--load-options", json.dumps(LOAD_OPTIONS))
    with running(*map(str, options), *load_options) as report:
        with database(report) as db:
            yield Stack(report, db)


@pytest.fixture
def own(module_stack):
    module_stack.no_faults()
    module_stack.empty()
    yield module_stack
    module_stack.no_faults()


@pytest.fixture(params=["REPEATABLE READ", "READ COMMITTED"])
def at_level(own, request):
    """The order of versions does not rest on the isolation of transactions."""
    set_isolation(own.db, own.report, request.param)
    yield own
    set_isolation(own.db, own.report, "REPEATABLE READ")


def lines(version, rows=100):
    return "".join(f"{id},{version} {'x' * 30} {id}\n" for id in range(1, rows + 1)).encode()


def names(version, rows=100):
    return {id: f"{version} {'x' * 30} {id}" for id in range(1, rows + 1)}


# By S3's rule the shorter one is padded with zeros on its right.
SEQUENCERS = ["0055AED6DCD9028", "0055AED6DCD90281E5", "0055AED6DCD90281E50A", "0056"]


def test_four_versions_in_all_orders(at_level):
    own = at_level
    key = "quiet/jobs/x.csv"
    bodies = [lines(f"Version {number}", rows=3) for number in range(4)]
    orders = list(itertools.permutations(range(4)))
    for order in orders:
        own.empty()
        for number in order:
            e_tag = own.put(key, bodies[number])
            load = own.load(own.event(key, e_tag, SEQUENCERS[number]))
            newest = number == max(order[: order.index(number) + 1])
            assert load["status"] == ("complete" if newest else "stale"), order
        assert stored_jobs(own.db) == names("Version 3", rows=3), order
        # And each once more.
        for number in reversed(order):
            e_tag = own.put(key, bodies[number])
            status = own.load(own.event(key, e_tag, SEQUENCERS[number]))["status"]
            assert status in ("duplicate", "stale"), order
        assert stored_jobs(own.db) == names("Version 3", rows=3), order
    print(f"{len(orders)} orders")
    assert len(orders) == 24


def test_the_same_content_put_again_over_another(own):
    """A, B, A again: what counts is what is there now."""
    key = "quiet/jobs/x.csv"
    for sequencer, version, status in [
        ("01", "A", "complete"),
        ("02", "B", "complete"),
        ("03", "A", "complete"),
        ("03", "A", "duplicate"),
        ("04", "A", "duplicate"),
        ("02", "B", "stale"),
    ]:
        e_tag = own.put(key, lines(version, rows=3))
        assert own.load(own.event(key, e_tag, sequencer))["status"] == status
    assert stored_jobs(own.db) == names("A", rows=3)


@pytest.mark.parametrize("position", range(3))
@pytest.mark.parametrize("operation", ["begin", "commit"])
def test_a_newer_version_while_an_older_one_is_loaded(at_level, operation, position):
    """The older one waits in each of its three transactions; in the last it is too late to stop. Where
    it waits to commit, the newer one's claim comes behind its fence."""
    own = at_level
    key = "quiet/jobs/x.csv"
    old = own.put(key, lines("Old"))
    own.fault(f"{operation}:latency=350:skip={position}:times=1")
    own.calls.mark()
    own.s3_calls.mark()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(own.load, own.event(key, old, "01"))
        # The whole file is read, since it is small, before its second version is put.
        wait_until(lambda: "GetObject" in [it["operation"] for it in own.s3_calls.since_mark()])
        is_in_transaction = operation == "commit"
        wait_until(lambda: (begun(own), committed(own)) == (position + is_in_transaction, position))
        new = own.put(key, lines("New"))
        second = own.load(own.event(key, new, "02"))
        assert second["status"] == "complete"
        assert first.result()["status"] in ("superseded", "complete")
        if (operation, position) != ("commit", 2):
            assert first.result()["status"] == "superseded"
    assert stored_jobs(own.db) == names("New")


def test_an_older_version_while_a_newer_one_is_loaded(at_level):
    own = at_level
    key = "quiet/jobs/x.csv"
    new = own.put(key, lines("New"))
    own.fault("commit:latency=150:times=1")
    own.calls.mark()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(own.load, own.event(key, new, "02"))
        wait_until(lambda: begun(own) == 1)
        old = own.put(key, lines("Old"))
        assert own.load(own.event(key, old, "01"))["status"] == "stale"
        assert first.result()["status"] == "complete"
    assert stored_jobs(own.db) == names("New")


def operations(own):
    return [call["operation"] for call in own.calls.since_mark()]


def begun(own):
    return operations(own).count("BeginTransaction")


def committed(own):
    return operations(own).count("CommitTransaction")


def wait_until(holds, seconds=10):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_holder_that_is_paused_past_its_lease_stores_nothing_more(own):
    key = "quiet/jobs/x.csv"
    e_tag = own.put(key, lines("Once"))
    event = own.event(key, e_tag, "01")
    own.fault("begin:latency=2500:skip=1:times=1")
    own.calls.mark()
    with ThreadPoolExecutor(1) as pool:
        paused = pool.submit(own.files.run, event)
        wait_until(lambda: committed(own) == 1)
        # It waits for the end of the lease, takes over, and goes on with the second statement.
        load = own.load(event)
        assert (load["status"], load["received"], load["stored"]) == ("complete", 100, 100)
        own.db.rows("UPDATE jobs SET job_name = 'Changed since'")
        error, answer = paused.result()
    assert (error, answer["errorType"]) == ("Unhandled", "LoadFailed")
    assert "the lease is over" in answer["errorMessage"]
    assert set(stored_jobs(own.db).values()) == {"Changed since"}
    (row,) = own.db.rows("SELECT status, attempts, stored_rows FROM rowgate_loads")
    assert row == {"status": "complete", "attempts": 2, "stored_rows": 100}


def test_a_file_that_failed_is_loaded_again_from_where_it_was(own):
    key = "quiet/fail/jobs/x.csv"
    e_tag = own.put(key, lines("Job"))
    # The claim; then for each statement its place in the ledger and the rows: the third ones.
    own.fault("execute:access-denied:skip=6:times=1")
    kind, message = own.files.fail(own.event(key, e_tag))
    assert kind == "LoadFailed" and "AccessDenied" in message
    (row,) = own.db.rows("SELECT status, stored_rows, next_row FROM rowgate_loads")
    assert row["status"] == "failed"
    assert 0 < row["next_row"] == row["stored_rows"] == own.db.count("jobs") < 100
    own.calls.mark()
    load = own.load(own.event(key, e_tag))
    assert (load["status"], load["received"], load["stored"]) == ("complete", 100, 100)
    assert committed(own) == 1
    assert stored_jobs(own.db) == names("Job")


def test_a_load_near_its_deadline_is_gone_on_with():
    """S3's own retries do it: each attempt commits what it can, and says that it is unfinished."""
    options = ("--timeout", "6", "--batch-bytes", str(BATCH_BYTES))
    with running(*options) as report, database(report) as db:
        own = Stack(report, db)
        own.fault("commit:latency=700")
        e_tag = own.put("incoming/jobs/x.csv", lines("Job"))
        own.files.wait_until(lambda: own.statuses() == ["complete"], "it is not finished", 40)
        load = own.files.report("incoming/jobs/x.csv", e_tag)
        assert (load["status"], counts(load)) == ("complete", (100, 100, 0, 0))
        assert db.value("SELECT attempts FROM rowgate_loads") >= 2
        assert "no time left" in own.files.failures("incoming/jobs/x.csv")[0]
        assert stored_jobs(db) == names("Job")


# Where it is struck: rows whose id exists, bad rows, and a last one without a line break. Rows are
# counted from 0.
FAIL_KEY = "quiet/fail/jobs/x.csv"
EXISTING = (5, 60)
BAD = (10, 90, 101)


def harness_body():
    rows = lines("Job").decode().splitlines()
    rows[BAD[0] - 1] = "10,"
    rows[BAD[1] - 1] = "ninety,x"
    return "\n".join([*rows, "101,"]).encode()


def prepare(own):
    own.no_faults()
    own.empty()
    for id in EXISTING:
        own.db.rows("INSERT INTO jobs VALUES (%s, 'There')", id)
    return own.event(FAIL_KEY, own.put(FAIL_KEY, harness_body()), "01")


def check(own, point):
    """Rows, ledger, report and reject file are as if nothing had happened."""
    expected = names("Job")
    for id in EXISTING:
        expected[id] = "There"
    for id in BAD[:2]:
        del expected[id]
    assert stored_jobs(own.db) == expected, point
    (row,) = own.db.rows("SELECT * FROM rowgate_loads")
    found = [row[f"{name}_rows"] for name in ("received", "stored", "kept", "rejected")]
    assert (row["status"], found) == ("partial", [101, 96, 0, 5]), point
    assert row["error_codes"] == "exists,missing,wrong_type", point
    assert json.loads(row["rejected_by_code"]) == {"exists": 2, "missing": 2, "wrong_type": 1}, point
    assert own.db.count("rowgate_rejects") == 0, point
    report = json.loads(row["answer"])
    assert (report["status"], counts(report)) == ("partial", (101, 96, 0, 5)), point
    written = own.files.report(FAIL_KEY, row["e_tag"])
    # A call of a process that was killed may arrive after those of its successor.
    times = ("started", "duration_ms", "database_ms")
    assert [written.pop(name) is not None for name in times] == [True] * 3
    assert report.items() >= written.items(), point
    rejected = own.files.rejected_rows(report)
    assert sorted(int(row["_line"]) for row in rejected) == [5, 10, 60, 90, 101], point
    assert len(codes(report)) == report["error_count"] == 5, point


def deliver_until_done(own, event):
    """As S3 would, but at once."""
    for attempts in range(1, 6):
        error, answer = own.files.run(event)
        if error is None:
            assert answer["loads"][0]["status"] in ("partial", "duplicate")
            return attempts
    pytest.fail(f"not loaded: {answer}")


def test_rejected_rows_that_a_killed_attempt_has_left_are_forgotten(own):
    """It was to begin anew. One of the rows exists, the other one is good."""
    event = prepare(own)
    own.fault("begin:access-denied:times=1")
    own.files.fail(event)
    load_id = own.db.value("SELECT load_id FROM rowgate_loads WHERE next_row = 0")
    for row in (EXISTING[0] - 1, 50):
        errors = f'[{row},1,[["exists",null,"id"]]]'
        own.db.rows("INSERT INTO rowgate_rejects VALUES (%s, %s, %s)", load_id, row, errors)
    assert deliver_until_done(own, event) == 1
    check(own, "with rejected rows left")


def test_kills_and_cuts_at_every_call(own, capsys):
    """The file has three statements; see `check` for what it must come to at every point."""
    event = prepare(own)
    own.calls.mark()
    own.s3_calls.mark()
    assert deliver_until_done(own, event) == 1
    check(own, "undisturbed")
    calls = len(own.calls.since_mark())
    # A claim, three transactions, two of them with a row that exists, and the end; and two calls each
    # time that a slow machine has the lease, which is short here, renewed while the file is read.
    assert calls in range(2 + 8 + 8 + 4 + 2, 40, 2)
    assert operations(own).count("CommitTransaction") == 3

    points = 0
    for call in range(calls):
        for kind in ("cut-before", "cut-after"):
            points += 1
            event = prepare(own)
            own.fault(f"any:{kind}:skip={call}:times=1")
            deliver_until_done(own, event)
            check(own, f"{kind} at call {call} of the Data API")
    for service, log, count in [
        ("data_api", own.calls, calls),
        # HEAD, GET, twice GET to have the text of the rows that exist, rejects, report.
        ("s3", own.s3_calls, 6),
    ]:
        for call in range(count):
            for kind in ("latency", "late"):
                points += 1
                event = prepare(own)
                kill_at(own, event, f"any:{kind}=5000:skip={call}:times=1", service, log, call)
                own.no_faults()
                deliver_until_done(own, event)
                check(own, f"killed with {kind} at call {call} of {service}")
    with capsys.disabled():
        print(f" [killed or cut at {points} points]", end="")
    assert points >= 60


def kill_at(own, event, fault, service, log, call):
    """Runs the function and kills its process while a call waits."""
    log.mark()
    own.fault(fault, service=service)
    with ThreadPoolExecutor(1) as pool:
        invocation = pool.submit(own.files.run, event)
        wait_until(lambda: len(log.since_mark()) >= call or invocation.done())
        time.sleep(0.04)
        for process in bootstraps(own.report["data_api"]):
            os.kill(process, signal.SIGKILL)
        invocation.result()
