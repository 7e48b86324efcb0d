"""Hostile files, by the bucket, `rowgate check` and `rowgate load --direct`: the status, the rows that are
stored, and what is given back, which is no more than the limit of reject files."""

import json

import pytest
from attack import measure, parametrized, size
from attack.measure import Attack, Bound
from attack.texts import FILES, rows
from conftest import LEDGER, PROGRAM, TABLES
from files import counts, job_lines, stored_jobs

BOUND = Bound(megabytes=150, seconds=600)
# What is given back of one file: 64 MiB of lines, their codes and words included.
REJECTED_BYTES = 65 << 20
GOOD, EMPTY = "complete", "empty"
DOORS = size(["check", "direct"], ["direct"])


@pytest.fixture
def attack(record_property):
    return Attack("file", record_property)


@pytest.fixture(autouse=True)
def clean(db):
    db.empty(*TABLES, *LEDGER)


@parametrized(FILES)
def test_a_file_in_the_bucket(files, db, attack, case):
    # The first starts the process that has to go on.
    files.invoke({"Records": []})
    key = f"incoming/jobs/hostile.{case.suffix}"
    with attack.case(f"{case.name}, bucket", BOUND, "bootstrap") as met:
        report = files.load(key, case.make(), BOUND.seconds)
        met.result = report["status"]
    assert (report["status"], db.count("jobs")) == (case.status, case.stored)
    counts(report)
    for name in ("rejects", "undecoded"):
        if report[name]:
            assert files.s3.head_object(Bucket=files.bucket, Key=report[name])["ContentLength"] < REJECTED_BYTES
    files.delete(key, *files.keys("rejects/incoming/jobs/hostile."))
    assert files.load("incoming/jobs/next.csv", job_lines(3, start=900_001))["status"] == GOOD


@pytest.mark.parametrize("door", DOORS)
@parametrized(FILES)
def test_a_file_by_the_command(environment, db, tmp_path, attack, case, door):
    path = tmp_path / f"jobs.{case.suffix}"
    path.write_bytes(case.make())
    commands = {"check": ["check"], "direct": ["load", "--direct", "--format", "json"]}
    with attack.case(f"{case.name}, {door}", BOUND) as met:
        done = measure.run([PROGRAM, *commands[door], path], environment)
        met.result, met.megabytes = done.status, done.megabytes
    assert done.status == int(case.status not in (GOOD, EMPTY)), done.errors
    assert "panicked" not in done.errors
    if door == "direct":
        assert json.loads(done.output)["status"] == case.status
    assert db.count("jobs") == (case.stored if door == "direct" else 0)
    written = [it.stat().st_size for it in tmp_path.iterdir() if it != path]
    assert sum(written) < REJECTED_BYTES


def test_a_file_that_is_replaced_while_it_is_loaded(files, db, attack):
    """The rows of the later one stay, and no row is lost."""
    key, count = "incoming/jobs/replaced.csv", size(100_000, 20_000)
    with attack.case("replaced while it is loaded", BOUND, "bootstrap") as met:
        first = files.put(key, rows(count))
        second = files.put(key, rows(count).replace(b"Job", b"New"))
        met.result = files.report(key, second)["status"]
        files.wait_until(lambda: files.keys(f"reports/{key}.{first}.json") or files.is_over(key), "no end")
    assert met.result == GOOD
    assert stored_jobs(db) == {id: f"New {id}" for id in range(1, count + 1)}
