"""A Data API that takes less than rowgate sends at first, or ends a statement: every door goes on in
smaller statements, and a row that is too large by itself is named.

`ROWGATE_LARGEST_PARAMETER=65536 pytest` runs the other suites in front of such a service.
"""

import subprocess

import pytest
from bulk_tables import back_up
from bulk_tables import restore as restore_in_parts
from conftest import PROGRAM, TABLES, database, environment_of, running, sender
from files import counts
from test_bulk_load_steps import Machine, Stack
from test_restore import leftovers

KIB = 1024
LIMIT = 64 * KIB
# Four times as many bytes in a request's body as they have as characters.
NAME = "\\é" * 100
MANY = 4_000


class Own(Stack):
    """A stack of its own, with all doors."""

    def __init__(self, report, db):
        super().__init__(report, db)
        self.post = sender(report)

    def command(self, *arguments):
        environment = environment_of(self.report)
        return subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, text=True)

    def refusals(self):
        """How many calls were refused since the mark."""
        return sum(call["status"] in (400, 413) for call in self.calls.since_mark())

    def jobs(self):
        return {row["id"]: row["job_name"] for row in self.db.rows("SELECT * FROM jobs")}

    def clean(self):
        self.fault()
        for name in leftovers(self.db):
            self.db.rows(f"DROP TABLE `{name}`")
        self.db.empty(*TABLES, "rowgate_loads", "rowgate_objects")
        self.calls.mark()


def own_stack(*options):
    with running(*options) as report, database(report) as db:
        yield Own(report, db)


@pytest.fixture(scope="module")
def limited():
    yield from own_stack("--largest-parameter", str(LIMIT), "--range-bytes", "500000")


@pytest.fixture
def own(limited):
    limited.clean()
    return limited


def rows(count):
    return [{"id": id, "job": f"{NAME} {id}"} for id in range(1, count + 1)]


def names(count):
    return {row["id"]: row["job"] for row in rows(count)}


def lines(count):
    return "".join(f'{row["id"]},{row["job"]}\n' for row in rows(count)).encode()


@pytest.mark.parametrize("on_duplicate", ["fail", "keep", "update"])
def test_a_request_is_stored_whole_in_smaller_statements(own, on_duplicate):
    answer = own.post("/tables/jobs/rows", rows(MANY), on_duplicate=on_duplicate)
    assert answer.status_code == 200, answer.text
    assert answer.json()["tables"]["jobs"]["stored"] == MANY
    assert own.jobs() == names(MANY)
    assert 4 <= own.refusals() <= 10


def test_a_request_that_is_refused_stores_nothing_in_smaller_statements_either(own):
    own.db.rows("INSERT INTO jobs VALUES (%s, 'there')", MANY)
    answer = own.post("/tables/jobs/rows", rows(MANY))
    assert answer.status_code == 409
    assert [error["index"] for error in answer.json()["errors"]] == [MANY - 1]
    assert own.jobs() == {MANY: "there"}
    answer = own.post("/tables/jobs/rows", rows(MANY), on_error="skip")
    assert (answer.status_code, own.db.count("jobs")) == (207, MANY)


def test_a_file_is_loaded_in_smaller_batches(own):
    report = own.files.load("incoming/jobs/large.csv", lines(4 * MANY))
    assert (report["status"], counts(report)) == ("complete", (4 * MANY, 4 * MANY, 0, 0))
    assert own.jobs() == names(4 * MANY)
    assert 4 <= own.refusals() <= 10
    assert own.files.load("incoming/jobs/large.csv", lines(4 * MANY))["status"] == "duplicate"


def test_a_file_is_loaded_in_parts(own):
    own.put("quiet/jobs/x.csv", lines(2 * MANY))
    finished = Machine(own, "quiet/jobs/x.csv").run()
    assert (finished["status"], finished["stored"]) == ("complete", 2 * MANY)
    assert own.jobs() == names(2 * MANY)
    assert own.refusals() > 4


@pytest.mark.parametrize("in_parts", [False, True])
def test_tables_are_restored(own, in_parts):
    assert own.post("/tables/jobs/rows", rows(MANY)).status_code == 200
    run = back_up(own.files)["run"]
    own.db.rows("DELETE FROM jobs")
    own.calls.mark()
    if in_parts:
        assert restore_in_parts(own.files, run, tables=["jobs"], force=True).get("late", []) == []
    else:
        done = own.command("restore", run, "--table", "jobs", "--force")
        assert done.returncode == 0, done.stderr
    assert own.jobs() == names(MANY)
    assert own.refusals() >= 4


def test_a_statement_that_takes_too_long_is_sent_in_smaller_ones(own):
    own.fault("execute:time-out:skip=6:times=2")
    report = own.files.load("incoming/jobs/slow.csv", lines(MANY))
    assert (report["status"], report["tables"]["jobs"]["stored"]) == ("complete", MANY)
    assert own.jobs() == names(MANY)


@pytest.fixture(scope="module")
def narrow():
    """One that takes no row with a long name."""
    yield from own_stack("--largest-parameter", "500")


LONG = "é" * 255


def test_a_row_that_does_not_fit_is_named_by_every_door(narrow):
    narrow.clean()
    answer = narrow.post("/tables/jobs/rows", [*rows(2), {"id": 3, "job": LONG}])
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:rowgate:problem:row_too_large")
    assert answer.json()["detail"].startswith("table jobs, row at index 2: its 5")
    assert narrow.jobs() == {}

    narrow.files.put("incoming/jobs/x.csv", f"1,a\n2,b\n3,{LONG}\n".encode())
    narrow.files.wait_until(lambda: narrow.files.is_over("incoming/jobs/x.csv"), "it goes on")
    failures = narrow.files.failures("incoming/jobs/x.csv")
    assert failures and all("row at index 2 (line 3): its 5" in failure for failure in failures)
    assert narrow.jobs() == {}

    narrow.db.rows("INSERT INTO jobs VALUES (1, 'a'), (2, 'b'), (3, %s)", LONG)
    run = back_up(narrow.files)["run"]
    done = narrow.command("restore", run, "--table", "jobs", "--force")
    assert done.returncode != 0
    assert "jobs: row 3 of its files has 5" in done.stderr, done.stderr
    assert (leftovers(narrow.db), narrow.db.count("jobs")) == ([], 3)
