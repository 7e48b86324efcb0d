"""`rowgate backup --parallel`: each table in several places at once, without the snapshot."""

import random
import threading
from collections import Counter

import pytest
from backups import accepted, fill, left_uploads, made
from conftest import TABLES, Calls

pytestmark = pytest.mark.usefixtures("empty_tables")

FIRST, LAST = -(2**31), 2**31 - 1


def fill_jobs(db, ids, name="job {}"):
    """Jobs with these ids."""
    ids = list(ids)
    for start in range(0, len(ids), 5_000):
        rows = ", ".join(f"({id}, '{name.format(id)}')" for id in ids[start : start + 5_000])
        db.rows(f"INSERT INTO jobs VALUES {rows}")


def read_jobs(bucket, manifest):
    """The jobs of a backup, in the order of its files."""
    bucket.check(manifest)
    return [(row["id"], row["job_name"]) for row in bucket.rows(manifest, "jobs")]


@pytest.mark.parametrize("parallel", [2, 5, 8])
def test_what_is_backed_up_is_what_is_in_the_tables(backup, bucket, db, parallel):
    fill(db)
    db.rows("INSERT INTO jobs VALUES (%s, 'first'), (%s, 'last')", FIRST, LAST)
    manifest = made(backup("--parallel", str(parallel), "--json"))
    assert manifest["snapshot"] is False
    bucket.check(manifest)
    for table in TABLES:
        assert bucket.rows(manifest, table) == db.rows(f"SELECT * FROM `{table}` ORDER BY id")
    assert backup("verify", manifest["run"]).returncode == 0
    assert backup("verify", manifest["run"], "--live").returncode == 0
    (listed,) = backup("list").stdout.splitlines()
    assert listed.startswith(manifest["run"])


def test_one_place_is_the_snapshot(backup, bucket, db, calls):
    fill(db)
    assert made(backup("--parallel", "1", "--json"))["snapshot"] is True
    assert made(backup("--json"))["snapshot"] is True
    for wrong in ("0", "9", "all"):
        assert backup("--parallel", wrong).returncode == 2
    calls.mark()
    made(backup("--parallel", "2", "--json"))
    assert {call["operation"] for call in calls.since_mark()} == {"ExecuteStatement"}


# The least number of files is that of the quarters with ids in them; who takes from whom, and how
# much, is a matter of time, and tested in core/src/backup/spans.rs.
@pytest.mark.parametrize(
    ("ids", "least"),
    [
        ([*range(1, 60_001), LAST], 2),
        ([FIRST, *range(5, 60_005)], 2),
        ([*range(FIRST, FIRST + 30_000), *range(LAST - 30_000, LAST + 1)], 2),
        (sorted(random.Random(5).sample(range(FIRST, LAST), 60_000)), 4),
        (range(1, 60_001), 4),
    ],
    ids=["last-far-off", "first-far-off", "two-heaps", "scattered", "dense"],
)
def test_wherever_the_ids_are_several_take_part(backup, bucket, db, calls, fault, ids, least):
    fill_jobs(db, ids)
    # So that a fast reader cannot be done before another has begun.
    fault("execute:latency=5")
    calls.mark()
    manifest = made(backup("--parallel", "4", "--table", "jobs", "--json"))
    fault()
    assert read_jobs(bucket, manifest) == [(id, f"job {id}") for id in ids]
    assert backup("verify", manifest["run"]).returncode == 0

    parts = [part["rows"] for part in manifest["tables"][0]["parts"]]
    assert len(parts) >= least, parts
    # A plain reader would ask some 20 times; looking for keys in gaps is cheap, not free.
    assert len(calls.since_mark()) < 120
    assert max(call["response_bytes"] for call in calls.since_mark()) < 1 << 20


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_table_with_next_to_nothing(backup, bucket, db, rows):
    fill_jobs(db, [7, 1_000_000_000][:rows])
    manifest = made(backup("--parallel", "8", "--json"))
    assert [len(read_jobs(bucket, manifest)), manifest["tables"][0]["rows"]] == [rows, 0]


def test_narrow_rows_that_turn_wide(backup, bucket, db, stack):
    """The widest that a row may be, behind narrow ones: no answer passes its limit."""
    db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(15000) NOT NULL COMMENT 'aliases=job'")
    try:
        fill_jobs(db, range(1, 12_001))
        for id in range(6_001, 12_001, 60):
            db.rows("UPDATE jobs SET job_name = %s WHERE id = %s", "😀" * 15_000, id)
        calls = Calls(stack["call_log"])
        manifest = accepted(backup("--parallel", "4", "--table", "jobs", "--accept", "--json"))
        answered = calls.since_mark()
    finally:
        db.empty("jobs")
        db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(255) NOT NULL COMMENT 'aliases=job'")
    rows = read_jobs(bucket, manifest)
    assert [id for id, _ in rows] == list(range(1, 12_001))
    assert sum(len(name) for _, name in rows) > 1_500_000
    assert max(call["response_bytes"] for call in answered) < 1 << 20
    assert {call["status"] for call in answered} == {200}


def test_with_rows_written_meanwhile_the_files_are_what_the_manifest_says(
    backup, bucket, db, fault
):
    fill_jobs(db, range(1, 30_001))
    fault("execute:latency=20")
    results = []
    run = threading.Thread(target=lambda: results.append(backup("--parallel", "3", "--json")))
    run.start()
    chance, written = random.Random(3), 0
    while run.is_alive():
        id = chance.randint(1, 60_000)
        db.rows("REPLACE INTO jobs VALUES (%s, 'meanwhile')", id)
        db.rows("DELETE FROM jobs WHERE id = %s", chance.randint(1, 60_000))
        written += 1
    run.join()
    assert written > 10
    manifest = made(results[0])
    ids = [id for id, _ in read_jobs(bucket, manifest)]
    assert ids == sorted(set(ids))
    assert len(ids) == manifest["tables"][1]["rows"] > 29_000
    assert backup("verify", manifest["run"]).returncode == 0


@pytest.mark.parametrize("kind", ["cut-after", "cut-before", "unavailable", "internal"])
def test_a_page_that_is_lost_is_asked_for_again(backup, bucket, db, fault, kind):
    fill_jobs(db, range(1, 30_001))
    fault(f"execute:{kind}:skip=6:times=2", f"execute:{kind}:skip=4:times=1")
    manifest = made(backup("--parallel", "4", "--table", "jobs", "--json"))
    assert [id for id, _ in read_jobs(bucket, manifest)] == list(range(1, 30_001))
    assert len(bucket.manifests()) == 1


def test_after_a_failure_all_stop_and_nothing_is_left(
    backup, bucket, db, calls, s3_calls, fault, s3_fault
):
    """Files large enough to be written in pieces, so that there are uploads to be given up."""
    # Text that no codec packs: 24 MB in four places.
    db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(15000) NOT NULL COMMENT 'aliases=job'")
    try:
        for start in range(1, 8_001, 100):
            rows = ", ".join(f"({id}, REPEAT('x', 3500))" for id in range(start, start + 100))
            db.rows(f"INSERT INTO jobs VALUES {rows}")
        options = ("--parallel", "4", "--codec", "null", "--table", "jobs", "--accept")
        calls.mark()
        accepted(backup(*options, "--json"))
        made_before = bucket.manifests()
        done = [call["operation"] for call in calls.since_mark()]
        # Close to the end, when all four places have begun to write.
        late = done.count("ExecuteStatement") - 8
        for faults, s3_faults, message in [
            ([f"execute:access-denied:skip={late}"], [], "the database could not be read"),
            ([f"execute:internal:skip={late}"], [], "the database could not be read"),
            ([], ["multipart:internal:skip=6:times=12"], "could not be written"),
            ([], ["put:internal"], "manifest.json could not be written"),
        ]:
            fault(*faults)
            s3_fault(*s3_faults)
            calls.mark()
            s3_calls.mark()
            done = backup(*options)
            fault()
            s3_fault()
            assert done.returncode == 2 and message in done.stderr, done.stderr
            failed = [call for call in calls.since_mark() if call["status"] != 200]
            # One fails for good, after three attempts at the most; three others may meet it too.
            assert len(failed) <= 4 * 3
            assert bucket.manifests() == made_before
            # A fault that is left over may meet the giving up itself, which is tried three times.
            aborts = [c for c in s3_calls.since_mark() if c["operation"] == "AbortMultipartUpload"]
            refused = Counter(call["path"] for call in aborts if call["status"] == 500)
            assert left_uploads(s3_calls) == sum(count == 3 for count in refused.values())
            begun = [call["operation"] for call in s3_calls.since_mark()]
            assert "CreateMultipartUpload" in begun
        manifest = accepted(backup(*options, "--json"))
        assert manifest["tables"][0]["rows"] == 8_000
    finally:
        db.empty("jobs")
        db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(255) NOT NULL COMMENT 'aliases=job'")
