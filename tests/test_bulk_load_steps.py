"""Files loaded in parts, by the steps that a state machine calls; this file plays the machine.

`tests/aws/test_bulk_load.py` has the real one play it.
"""

import json
import os
import random
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import (
    LEDGER,
    PROGRAM,
    TABLES,
    Calls,
    client,
    database,
    environment_of,
    put_faults,
    running,
)
from events import s3_event
from files import Files, bootstraps, codes, content, counts, ndjson, read_rows

RANGE_BYTES = 1_024
LOAD_OPTIONS = {
    "quiet/keep/": {"on_duplicate": "keep"},
    "quiet/fail/": {"on_duplicate": "fail"},
    "quiet/limited/": {"max_errors": 3},
    "quiet/strict/": {"strict": True},
    "quiet/few/": {"max_reject_lines": 2},
    "quiet/line/": {"fill": {"job_name": "@line"}},
    "quiet/load/": {"fill": {"job_name": "@load"}},
    "quiet/order/": {"date_order": "dmy"},
}


class Machine:
    """One execution of the state machine for one object."""

    def __init__(self, stack, key, name=None, sequencer=None, e_tag=None):
        self.stack = stack
        self.name = name or f"execution-{random.random()}"
        self.object = {"bucket": stack.files.bucket, "key": key}
        self.object |= {"sequencer": sequencer, "e_tag": e_tag}
        self.file = None

    def event(self, step, **members):
        return {"rowgate": "bulk_load", "step": step} | members

    def of_file(self, step, **members):
        return self.event(step, execution=self.name, file=self.file, **members)

    def open(self):
        event = self.event("open", execution=self.name, object=self.object)
        opened = self.stack.files.invoke(event)
        self.file = opened.get("file")
        return opened

    def scan(self, number):
        return self.stack.files.invoke(self.of_file("scan", range=number))

    def plan(self):
        return self.stack.files.invoke(self.of_file("plan"))

    def load(self, part):
        round = 0
        while True:
            event = self.of_file("load_part", part=part, round=round)
            answer = self.stack.files.invoke(event)
            assert answer["round"] == round + 1
            round += 1
            if not answer["unfinished"]:
                return round

    def finish(self, rows):
        return self.stack.files.invoke(self.of_file("finish", rows=rows))

    def in_parts(self):
        """Scans and plans; answers the plan."""
        opened = self.open()
        assert opened["next"] == "scan", opened
        self.all(self.scan, opened["ranges"])
        return self.plan()

    def run(self):
        """All of it, in any order where the order does not matter."""
        plan = self.in_parts()
        self.all(self.load, plan["parts"])
        return self.finish(plan["rows"])

    def all(self, step, numbers):
        numbers = random.sample(numbers, len(numbers))
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(step, numbers))


class Stack:
    def __init__(self, report, db):
        self.report = report
        self.db = db
        self.files = Files(report, client(report, "s3"), client(report, "lambda"))
        self.calls = Calls(report["call_log"])

    def fault(self, *texts):
        put_faults(self.report, *texts)

    def put(self, key, body):
        return self.files.put(key, body)

    def report_of(self, key, e_tag):
        return self.files.report(key, e_tag)


@pytest.fixture(scope="module")
def module_stack():
    options = ("--lease", "1", "--transaction-idle", "1", "--batch-bytes", "2000")
    ranges = ("--range-bytes", str(RANGE_BYTES))
    with running(*options, *ranges, "--load-options", json.dumps(LOAD_OPTIONS)) as report:
        with database(report) as db:
            yield Stack(report, db)


@pytest.fixture
def own(module_stack):
    module_stack.fault()
    module_stack.db.empty(*TABLES, *LEDGER)
    yield module_stack
    module_stack.fault()


def jobs(version, count, start=1):
    """Lines of which some have line breaks, commas and quotes in their quotes."""
    kinds = ['{id},{v} {id}\n', '{id},"{v}, {id}"\r\n', '{id},"{v}\n""{id}"""\n', '\n{id},"{v} {id}"\n']
    lines = (kinds[id % 4].format(id=id, v=version) for id in range(start, start + count))
    return "".join(lines)


def names(version, count, start=1):
    kinds = ["{v} {id}", "{v}, {id}", '{v}\n"{id}"', "{v} {id}"]
    return {id: kinds[id % 4].format(id=id, v=version) for id in range(start, start + count)}


def stored(own):
    return {row["id"]: row["job_name"] for row in own.db.rows("SELECT * FROM jobs")}


def assert_tidy(own):
    """Nothing is left in the ledger but the file's own row."""
    assert own.db.count("rowgate_ranges") == 0
    assert own.db.count("rowgate_rejects") == 0
    return own.db.rows("SELECT * FROM rowgate_loads")


def test_a_file_in_parts_is_the_file(own):
    key = "quiet/jobs/x.csv"
    e_tag = own.put(key, ("id,job\n" + jobs("Job", 1_000)).encode())
    machine = Machine(own, key)
    finished = machine.run()
    assert (finished["status"], finished["received"], finished["stored"]) == ("complete", 1000, 1000)
    assert stored(own) == names("Job", 1_000)
    report = own.report_of(key, e_tag)
    assert (report["status"], counts(report)) == ("complete", (1000, 1000, 0, 0))
    assert report["load_id"] == finished["load_id"]
    (row,) = assert_tidy(own)
    assert (row["status"], row["received_rows"], row["load_id"]) == ("complete", 1000, report["load_id"])


def test_parts_fill_in_what_the_whole_file_would(own):
    body = ("id\n" + "".join(f"{id}\n\n" for id in range(1, 1_001))).encode()
    for folder in ("line", "load"):
        own.db.empty(*TABLES, *LEDGER)
        key = f"quiet/{folder}/jobs/x.csv"
        e_tag = own.put(key, body)
        assert Machine(own, key).run()["stored"] == 1_000
        load_id = own.report_of(key, e_tag)["load_id"]
        filled = {id: str(2 * id) if folder == "line" else load_id for id in range(1, 1_001)}
        assert stored(own) == filled


def test_a_file_that_a_line_can_end_is_not_cut(own):
    key = "quiet/order/jobs/x.csv"
    own.put(key, ("id,job\n" + jobs("Job", 300)).encode())
    assert Machine(own, key).open()["next"] == "load"


@pytest.mark.parametrize("suffix", ["csv", "ndjson"])
def test_any_rows_in_parts_are_as_one_after_the_other(own, suffix):
    """Wide and narrow rows of another table, with cells that are NULL."""
    rows = [
        {
            "id": id,
            "name": "Zoë" + "é" * random.randrange(200),
            "datetime": "2021-07-27T16:02:08Z",
            "department_id": random.choice([None, 7]),
            "job_id": id % 5 or None,
        }
        for id in range(1, 300)
    ]
    lines = (",".join("" if it is None else str(it) for it in row.values()) for row in rows)
    body = ndjson(rows) if suffix == "ndjson" else ("\n".join(lines)).encode()
    key = f"quiet/employees/x.{suffix}"
    own.put(key, body)
    assert Machine(own, key).run()["stored"] == len(rows)
    assert content(own.db, "employees") == rows
    if suffix == "csv":
        assert read_rows("employees", body) == rows


def test_bad_rows_are_reported_as_of_a_whole_file(own):
    """The same counts, errors by the file's own lines, and every line in a reject file."""
    bad = {3: "3,", 200: "x,y", 201: "201,a,b", 599: "0,Zero"}
    lines = [bad.get(id, f"{id},Job {id} {'x' * 20}") for id in range(1, 601)]
    body = ("id,job\n" + "\n".join(lines)).encode()
    reports = {}
    for key in ("quiet/jobs/whole.csv", "quiet/jobs/parts.csv"):
        own.db.empty(*TABLES)
        e_tag = own.put(key, body)
        if "parts" in key:
            Machine(own, key).run()
        else:
            own.files.invoke(s3_event(own.files.bucket, key, e_tag))
        reports[key] = own.report_of(key, e_tag)
        assert own.db.count("jobs") == 596
    whole, parts = reports.values()
    for name in ("status", "bytes", "tables", "errors", "error_count", "settings", "table", "format"):
        assert parts[name] == whole[name], name
    start, end = parts["rejects"].split("*")
    found = [key for key in own.files.keys(start) if key.endswith(end)]
    assert len(found) == 3
    rejected = "".join(own.files.read(key).decode("utf-8-sig") for key in found).splitlines()
    assert sorted(int(line.split(",")[0]) for line in rejected if line[0] != "_") == [4, 201, 202, 600]
    (row,) = [row for row in assert_tidy(own) if row["object_key"] == "quiet/jobs/parts.csv"]
    assert row["error_codes"] == "missing,out_of_range,wrong_field_count,wrong_type"
    once = dict.fromkeys(("missing", "out_of_range", "wrong_field_count", "wrong_type"), 1)
    assert json.loads(row["rejected_by_code"]) == once


@pytest.mark.parametrize("program", ["today's", "older"])
def test_rows_by_their_errors_add_up_over_the_parts(own, program):
    """A part of a program that did not count them leaves them unknown."""
    key = "quiet/jobs/x.csv"
    lines = [f"{id},{'' if id % 3 == 0 else f'Job {id}'}{',b' if id % 10 == 0 else ''}" for id in range(1, 601)]
    own.put(key, "\n".join(lines).encode())
    machine = Machine(own, key)
    plan = machine.in_parts()
    assert len(plan["parts"]) > 2
    machine.all(machine.load, plan["parts"])
    if program == "older":
        own.db.rows("UPDATE rowgate_loads SET rejected_by_code = NULL WHERE error_codes IS NOT NULL LIMIT 1")
    machine.all(machine.load, plan["parts"])
    machine.finish(plan["rows"])
    (row,) = assert_tidy(own)
    assert row["error_codes"] == "missing,wrong_field_count"
    by_code = {"missing": 180, "wrong_field_count": 60} if program == "today's" else None
    assert json.loads(row["rejected_by_code"] or "null") == by_code


def test_each_part_gives_so_many_lines_back_and_the_report_has_the_rest(own):
    """Of each part all but two rejected lines are left out."""
    key = "quiet/few/jobs/x.csv"
    lines = [f"{id}," if id % 10 == 5 else f"{id},Job {id} {'x' * 20}" for id in range(1, 301)]
    e_tag = own.put(key, "\n".join(lines).encode())
    machine = Machine(own, key)
    parts = len(machine.in_parts()["parts"])
    machine.run()
    report = own.report_of(key, e_tag)
    start, end = report["rejects"].split("*")
    found = [key for key in own.files.keys(start) if key.endswith(end)]
    text = "".join(own.files.read(key).decode("utf-8-sig") for key in found)
    given = [int(line.split(",")[0]) for line in text.splitlines() if line[0] != "_"]
    assert 1 < parts == len(found) and len(given) == 2 * parts
    assert report["rejects_left_out"] == report["tables"]["jobs"]["rejected"] - len(given)
    left_out = set(range(5, 301, 10)) - set(given)
    assert report["rejects_full_at_line"] == min(left_out)


def test_more_errors_than_are_listed(own):
    key = "quiet/jobs/x.csv"
    e_tag = own.put(key, "".join(f"{id}, \n" for id in range(1, 3_001)).encode())
    assert Machine(own, key).run()["status"] == "rejected"
    report = own.report_of(key, e_tag)
    assert (counts(report), report["error_count"]) == ((3000, 0, 0, 3000), 3000)
    assert codes(report) == [(line, "job_name", "missing") for line in range(1, 101)]
    (row,) = assert_tidy(own)
    assert json.loads(row["rejected_by_code"]) == {"missing": 3_000}


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("quiet/keep/jobs/x.csv", b"1,a\n"),
        ("quiet/fail/jobs/x.csv", b"1,a\n"),
        ("quiet/limited/jobs/x.csv", b"1,a\n"),
        ("quiet/jobs/x.csv.gz", b"1,a\n"),
        ("quiet/jobs/packed.csv", b"\x1f\x8b\x08\x00 that is how gzip begins"),
        ("quiet/jobs/wide.csv", "1,a\n".encode("utf-16")),
        ("quiet/jobs/header.csv", b"id,title\n1,a\n"),
        ("quiet/nothing/x.csv", b"1,a\n"),
        ("quiet/jobs/not-there.csv", None),
    ],
)
def test_what_cannot_be_cut_is_loaded_as_a_whole(own, key, body):
    """In one piece, whatever there is to be said of it; and nothing is claimed before."""
    if body is not None:
        own.put(key, body * 1_000)
    machine = Machine(own, key)
    assert machine.open() == {"next": "load"}
    assert own.db.count("rowgate_loads") == 0
    answer = own.files.invoke(machine.event("load", object=machine.object, round=0))
    assert answer == {"unfinished": False, "round": 1}


def test_each_step_twice_is_as_each_once(own):
    key = "quiet/jobs/x.csv"
    own.put(key, jobs("Job", 300).encode())
    machine = Machine(own, key)
    opened = machine.open()
    assert machine.open() == opened
    machine.all(machine.scan, opened["ranges"] * 2)
    plan = machine.plan()
    assert machine.plan() == plan
    machine.all(machine.load, plan["parts"])
    own.db.rows("UPDATE jobs SET job_name = 'Changed since'")
    own.calls.mark()
    machine.all(machine.load, plan["parts"])
    assert "BeginTransaction" not in [call["operation"] for call in own.calls.since_mark()]
    finished = machine.finish(plan["rows"])
    # Its answer may be lost.
    again = machine.finish(plan["rows"])
    assert again == finished | {"status": "duplicate"}
    assert set(stored(own).values()) == {"Changed since"}
    assert len(assert_tidy(own)) == 1
    # And so may the whole execution be started again.
    assert Machine(own, key).open() == {"next": "end"}


def test_a_part_killed_at_every_call_has_its_effect_once(own, capsys):
    """A part of three statements with a row that is wrong, struck before and after each call."""
    key = "quiet/jobs/x.csv"
    lines = [f"{id},{'x' * 40} {id}\n" for id in range(1, 101)]
    lines[60] = "61,\n"
    own.put(key, "".join(lines).encode())
    machine = Machine(own, key)
    plan = machine.in_parts()
    part = plan["parts"][1]
    event = machine.of_file("load_part", part=part, round=0)
    own.calls.mark()
    machine.load(part)
    calls = len(own.calls.since_mark())
    points = 0
    for call in range(calls):
        for kind in ("cut-before", "cut-after", "latency", "late"):
            points += 1
            own.fault()
            own.db.empty("jobs", *LEDGER)
            machine.in_parts()
            wait = "=5000" if kind in ("latency", "late") else ""
            own.calls.mark()
            own.fault(f"any:{kind}{wait}:skip={call}:times=1")
            if wait:
                killed(own, event, call)
                own.fault()
            else:
                own.files.run(event)
            for other in plan["parts"]:
                attempt(machine, other)
            finished = machine.finish(plan["rows"])
            found = [finished[name] for name in ("received", "stored", "rejected")]
            assert found == [100, 99, 1], (kind, call)
            assert own.db.count("jobs") == 99, (kind, call)
            (row,) = assert_tidy(own)
            assert json.loads(row["rejected_by_code"]) == {"missing": 1}, (kind, call)
    with capsys.disabled():
        print(f" [killed or cut at {points} points]", end="")
    assert points >= 30


def attempt(machine, part):
    """As the state machine retries a step that fails."""
    for _ in range(5):
        error, answer = machine.stack.files.run(machine.of_file("load_part", part=part, round=0))
        if error is None:
            return answer
        time.sleep(0.1)
    return pytest.fail(f"not loaded: {answer}")


def killed(own, event, call):
    with ThreadPoolExecutor(1) as pool:
        invocation = pool.submit(own.files.run, event)
        end = time.monotonic() + 10
        while len(own.calls.since_mark()) < call and not invocation.done():
            assert time.monotonic() < end
            time.sleep(0.005)
        time.sleep(0.04)
        for process in bootstraps(own.report["data_api"]):
            os.kill(process, signal.SIGKILL)
        invocation.result()


def test_parts_that_are_not_done_are_a_failed_load_that_is_gone_on_with(own):
    key = "quiet/jobs/x.csv"
    e_tag = own.put(key, jobs("Job", 300).encode())
    machine = Machine(own, key)
    plan = machine.in_parts()
    left = plan["parts"].pop(2)
    machine.all(machine.load, plan["parts"])
    for rows in (plan["rows"], None):
        assert machine.finish(rows)["status"] == "failed"
        report = own.report_of(key, e_tag)
        assert report["status"] == "failed"
        stored_rows = own.db.count("jobs")
        cause = f"not all parts are done: 1 are left; rows: {stored_rows} of {rows or 'unknown'}"
        assert report["failure"] == cause
    assert report["tables"]["jobs"]["stored"] == own.db.count("jobs") < 300
    (row,) = own.db.rows("SELECT status FROM rowgate_loads WHERE door = 's3'")
    assert row["status"] == "failed"
    # An operator starts it again: only what is left is loaded.
    own.calls.mark()
    again = Machine(own, key)
    plan = again.in_parts()
    assert left in plan["parts"]
    again.all(again.load, plan["parts"])
    assert again.finish(plan["rows"])["stored"] == 300
    begun = [call["operation"] for call in own.calls.since_mark()].count("BeginTransaction")
    assert begun == 1
    assert stored(own) == names("Job", 300)
    assert [row["status"] for row in assert_tidy(own)] == ["complete"]


def test_a_plan_needs_every_scan_and_a_part_its_plan(own):
    key = "quiet/jobs/x.csv"
    own.put(key, jobs("Job", 300).encode())
    machine = Machine(own, key)
    ranges = machine.open()["ranges"]
    for number in ranges[1:]:
        machine.scan(number)
    kind, text = own.files.fail(machine.of_file("plan"))
    assert kind == "LoadFailed" and text.endswith("not all ranges have been scanned")
    kind, text = own.files.fail(machine.of_file("load_part", part=1, round=0))
    assert kind == "LoadFailed" and text.endswith("part 1 is not planned")
    assert own.db.count("jobs") == 0


def test_a_newer_version_stops_the_parts_of_an_older_one(own):
    key = "quiet/jobs/x.csv"
    old = own.put(key, jobs("Old", 300).encode())
    older = Machine(own, key, sequencer="01", e_tag=old)
    plan = older.in_parts()
    older.load(plan["parts"][0])
    e_tag = own.put(key, jobs("New", 300).encode())
    newer = Machine(own, key, sequencer="02", e_tag=e_tag)
    assert newer.run()["status"] == "complete"
    # The older object is gone, but that is not even looked at.
    older.all(older.load, plan["parts"])
    assert older.finish(plan["rows"])["status"] == "superseded"
    assert stored(own) == names("New", 300)
    assert {row["status"] for row in assert_tidy(own)} == {"superseded", "complete"}
    assert Machine(own, key, sequencer="01", e_tag=e_tag).open() == {"next": "end"}


def test_an_object_that_is_gone_is_reported_as_that(own):
    key = "quiet/jobs/x.csv"
    e_tag = own.put(key, jobs("Job", 300).encode())
    machine = Machine(own, key)
    plan = machine.in_parts()
    machine.load(plan["parts"][0])
    own.files.delete(key)
    machine.all(machine.load, plan["parts"])
    assert machine.finish(plan["rows"])["status"] == "gone"
    assert own.report_of(key, e_tag)["status"] == "gone"


@pytest.mark.parametrize("before", [RANGE_BYTES // 3, RANGE_BYTES * 5 // 2])
def test_ranges_of_another_size_are_not_mixed_with_todays(own, before):
    """BULK_RANGE_BYTES was another one for an execution that has scanned, planned, loaded some parts
    and broken off."""
    key = "quiet/jobs/x.csv"
    body = jobs("Job", 500).encode()
    own.put(key, body)
    first = Machine(own, key)
    first.open()
    first.file["range_bytes"] = before
    first.all(first.scan, list(range(-(-len(body) // before))))
    plan = first.plan()
    first.all(first.load, plan["parts"][1::2])
    assert first.finish(None)["status"] == "failed"
    assert 0 < own.db.count("jobs") < 500

    finished = Machine(own, key).run()
    assert (finished["status"], finished["received"], finished["stored"]) == ("complete", 500, 500)
    assert stored(own) == names("Job", 500)
    assert len(assert_tidy(own)) == 1


def test_an_execution_that_lost_its_file_stores_nothing(own):
    key = "quiet/jobs/x.csv"
    own.put(key, jobs("Job", 300).encode())
    machine = Machine(own, key)
    plan = machine.in_parts()
    own.db.rows("UPDATE rowgate_loads SET holder = 'another holder' WHERE door = 's3'")
    lost, held = "the lease is over; another attempt may be in progress", "another attempt is at it"
    for event, cause in [
        (machine.of_file("scan", range=0), lost),
        (machine.of_file("plan"), lost),
        (machine.of_file("load_part", part=0, round=0), lost),
        (machine.of_file("finish", rows=plan["rows"]), held),
    ]:
        kind, text = own.files.fail(event)
        assert (kind, text) == ("LoadFailed", f"s3://{own.files.bucket}/{key}: {cause}")
    assert own.db.count("jobs") == 0


def test_the_history_has_the_file_and_none_of_its_parts(own):
    key = "quiet/jobs/x.csv"
    own.put(key, jobs("Job", 300).encode())
    machine = Machine(own, key)
    plan = machine.in_parts()
    machine.load(plan["parts"][0])
    assert own.db.count("rowgate_loads") == 2
    listed = subprocess.run(
        [PROGRAM, "loads", "--format", "json"],
        env=environment_of(own.report),
        capture_output=True,
        check=True,
    )
    (load,) = json.loads(listed.stdout)
    assert (load["key"], load["door"], load["status"]) == (key, "s3", "running")


def test_a_part_near_its_deadline_is_gone_on_with():
    options = ("--timeout", "6", "--batch-bytes", "2000", "--range-bytes", "6000")
    with running(*options) as report, database(report) as db:
        own = Stack(report, db)
        own.put("quiet/jobs/x.csv", "".join(f"{id},{'x' * 40}\n" for id in range(1, 301)).encode())
        machine = Machine(own, "quiet/jobs/x.csv")
        plan = machine.in_parts()
        own.fault("commit:latency=700")
        rounds = machine.all(machine.load, plan["parts"])
        own.fault()
        assert max(rounds) > 1
        assert machine.finish(plan["rows"])["stored"] == db.count("jobs") == 300


def test_rows_of_parts_that_collide_by_another_unique_key_are_named(own):
    key = "quiet/jobs/x.csv"
    own.db.rows("ALTER TABLE jobs ADD UNIQUE uq_name (job_name)")
    taken = {7_001: "Job 4", 7_002: "Job 604"}
    for id, name in taken.items():
        own.db.rows("INSERT INTO jobs VALUES (%s, %s)", id, name)
    e_tag = own.put(key, jobs("Job", 1_000).encode())
    try:
        finished = Machine(own, key).run()
    finally:
        own.db.rows("ALTER TABLE jobs DROP INDEX uq_name")
    found = (finished["status"], finished["stored"], finished["rejected"], own.db.count("jobs"))
    assert found == ("partial", 998, 2, 1_000)
    kept = own.db.rows("SELECT id, job_name FROM jobs WHERE id > 7000 OR id IN (4, 604)")
    assert {row["id"]: row["job_name"] for row in kept} == taken
    errors = own.report_of(key, e_tag)["errors"]
    # Which of the two depends on when the process has looked at the table.
    assert {error["code"] for error in errors} <= {"conflict", "database_refused"}
    assert sorted(error["index"] for error in errors) == [3, 603]
