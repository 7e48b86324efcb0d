"""Backups and restores in parts, each step an invocation: what a state machine makes of big tables."""

import json
import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress

import pytest
from backups import ODD, fill
from bulk_tables import RESTORE, Backup, Restore, back_up, restore
from conftest import TABLES, database
from files import bootstraps
from test_restore import JOBS_OF_SPARK, content, leftovers, set_to_zero, tidy
from test_restore_locks import wait_for_rename

# Below a million rows a table is one part.
MANY = 1_200_000


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


@pytest.fixture
def many_jobs(db):
    """More than a million, most of them far up; by what both engines know."""
    db.rows("CREATE TABLE digits (d INT PRIMARY KEY)")
    db.rows("INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)")
    number = " + ".join(f"{10**power} * d{power}.d" for power in range(6))
    numbers = ", ".join(f"digits d{power}" for power in range(6))
    first = MANY - 10**6
    for start, count in ((-first, first), (2**31 - 1 - 10**6, 10**6)):
        db.rows(
            f"INSERT INTO jobs SELECT {start} + n, CONCAT('Job ', n) "
            f"FROM (SELECT {number} AS n FROM {numbers}) AS numbers WHERE n < {count}"
        )
    db.rows("DROP TABLE digits")
    yield
    db.rows("TRUNCATE TABLE jobs")


def manifest_of(bucket, answer):
    manifest = bucket.manifest(answer["run"])
    bucket.check(manifest)
    return manifest


def test_what_comes_out_is_a_backup_like_any_other(files, bucket, db, backup):
    fill(db)
    set_to_zero(db, "departments", 1)
    before = content(db)
    answer = back_up(files, codec="deflate")
    manifest = manifest_of(bucket, answer)
    assert (manifest["snapshot"], manifest["codec"]) == (False, "deflate")
    for table in TABLES:
        assert bucket.rows(manifest, table) == before[table]
    verified = backup("verify", answer["run"], "--live")
    assert verified.returncode == 0, verified.stderr
    whole = files.invoke({"rowgate": "backup", "codec": "deflate", "parallel": 2})
    assert answer["tables"] == whole["tables"]
    other = bucket.manifest(whole["run"])
    assert manifest.keys() == other.keys()
    for mine, theirs in zip(manifest["tables"], other["tables"], strict=True):
        assert mine.keys() == theirs.keys() and mine["fingerprint"] == theirs["fingerprint"]


def test_a_large_table_is_written_and_restored_in_parts(files, bucket, db, backup, many_jobs):
    """In any order, one of them twice; the rows are then as they were, by the database's own word."""
    checksum = db.value("SELECT SUM(CRC32(CONCAT(id, job_name))) FROM jobs")
    run = Backup(files, tables=["jobs"])
    assert [item["after"] for item in run.items][:1] == [None]
    assert len(run.items) == 2 and run.items[0]["until"] == run.items[1]["after"]
    # Ids have a gap of two thousand million, and the parts are as large as each other all the same.
    items = [*run.items, run.items[1]]
    random.Random(1).shuffle(items)
    done = [run.part(item) for item in items]
    assert {part["rows"] for part in done} == {MANY // 2}
    answer = run.finish(done)
    manifest = manifest_of(bucket, answer)
    assert len(manifest["tables"][0]["parts"]) == 2
    ids = [row["id"] for row in bucket.rows(manifest, "jobs")]
    assert len(ids) == MANY and ids == sorted(set(ids))
    assert backup("verify", answer["run"], "--live").returncode == 0

    db.rows("DELETE FROM jobs WHERE id < 0")
    machine = Restore(files, answer["run"])
    kinds = [next(iter(item)) for item in machine.items]
    assert kinds == ["live"] * kinds.count("live") + ["file", "file"]
    items = [*machine.items, machine.items[-1]]
    random.Random(2).shuffle(items)
    compared = machine.compare(machine.parts(items))
    kinds = [next(iter(item)) for item in compared["items"]]
    assert kinds.count("staging") == 2 and kinds[-1] == "live"
    restored = machine.finish(compared, machine.parts(compared["items"]))
    assert restored["tables"] == answer["tables"]
    assert db.value("SELECT SUM(CRC32(CONCAT(id, job_name))) FROM jobs") == checksum


def test_without_every_part_there_is_no_manifest(files, bucket, db):
    fill(db)
    run = Backup(files)
    done = [run.part(item) for item in run.items]
    assert len(done) == 3
    for missing in done:
        less = [part for part in done if part is not missing]
        kind, text = files.fail(run.end(less))
        assert (kind, text) == ("Refused", f"{missing['table']}: 0 parts came back of 1")
    strangers = [part | {"part": 7} for part in done]
    assert files.fail(run.end(strangers))[0] == "Refused"
    key = f"backups/{run.opened['run']}/jobs/part-00000-{done[1]['file']['tag']}.avro"
    body = bucket.read(key)
    bucket.write(key, body[:-1])
    assert files.fail(run.end(done)) == (
        "Refused", f"{key}: the file has another size than the manifest says"
    )  # fmt: skip
    bucket.delete(key)
    assert files.fail(run.end(done)) == ("Refused", f"{key}: the file is missing")
    assert bucket.manifests() == []
    bucket.write(key, body)
    manifest_of(bucket, run.finish(done))


def test_an_attempt_that_ends_late_changes_nothing(files, bucket, db):
    """What the first attempt wrote goes, and what comes after the end is no part of the backup."""
    fill(db)
    run = Backup(files, tables=["jobs"])
    run.part(run.items[0])
    db.rows("UPDATE jobs SET job_name = 'other' WHERE id = 1")
    done = [run.part(item) for item in run.items]
    answer = run.finish(done)
    manifest = manifest_of(bucket, answer)
    folder = f"backups/{answer['run']}/"
    assert len(bucket.keys(folder)) == 2
    assert bucket.rows(manifest, "jobs")[0]["job_name"] == "other"
    run.part(run.items[0])
    assert run.finish(done) == answer
    assert manifest_of(bucket, answer) == manifest
    assert files.invoke({"rowgate": "verify", "run": answer["run"]})["rows"] == len(ODD)


def test_an_end_prunes_and_is_counted(files, bucket, db):
    fill(db)
    counted = lambda: files.log.read_text().count('"BackupsSucceeded":1')  # noqa: E731
    before = counted()
    older = back_up(files, tables=["jobs"])["run"]
    assert counted() == before
    assert back_up(files, keep=1)["pruned"] == [older]
    assert counted() == before + 1


def test_empty_tables_have_no_files(files, bucket, db):
    answer = back_up(files)
    manifest = manifest_of(bucket, answer)
    assert [(table["rows"], table["parts"]) for table in manifest["tables"]] == [(0, [])] * 3
    fill(db)
    before = content(db)
    machine = Restore(files, answer["run"])
    compared = machine.compare(machine.parts(machine.items))
    kind, text = files.fail(machine.end(compared, machine.parts(compared["items"])))
    assert (kind, "--force empties it" in text) == ("Refused", True)
    assert content(db) == before and leftovers(db) == []
    restore(files, answer["run"], force=True)
    assert [db.count(table) for table in TABLES] == [0, 0, 0]


@pytest.mark.parametrize("by", ["bulk", "command", "lambda"])
def test_a_backup_of_any_kind_is_restored(files, bucket, db, backup, by):
    fill(db)
    set_to_zero(db, "departments", 1)
    db.rows("INSERT INTO jobs VALUES (-2147483648, 'first')")
    before = content(db)
    match by:
        case "bulk":
            run = back_up(files)["run"]
        case "command":
            run = json.loads(backup("--json").stdout)["run"]
        case "lambda":
            run = files.invoke({"rowgate": "backup", "parallel": 3})["run"]
    db.empty("employees")
    db.rows("UPDATE jobs SET job_name = 'other'")
    db.rows("DELETE FROM departments WHERE id = 0")
    restored = restore(files, "latest")
    assert content(db) == before
    assert [table["table"] for table in restored["tables"]] == ["departments", "jobs", "employees"]
    assert leftovers(db) == [f"{table}__before_{restored['id']}" for table in sorted(TABLES)]
    assert backup("verify", run, "--live").returncode == 0


def test_files_of_others_are_restored(files, bucket, db):
    bucket.delete("glue/")
    rows = [{"id": number, "job_name": name} for number, name in enumerate(ODD)]
    bucket.write_avro("glue/jobs/part-00000-tid.avro", JOBS_OF_SPARK, rows[:4])
    bucket.write_avro("glue/jobs/run-1-part-r-00001", JOBS_OF_SPARK, rows[4:])
    db.rows("DROP TABLE jobs")
    restored = restore(files, "glue/jobs/")
    assert restored["tables"][0]["rows"] == len(ODD)
    # One of them has the number 0.
    assert db.rows("SELECT * FROM jobs ORDER BY id") == rows

    bucket.write_avro("glue/jobs/twice.avro", JOBS_OF_SPARK, rows[5:6])
    machine = Restore(files, "glue/jobs/")
    compared = machine.compare(machine.parts(machine.items))
    kind, text = files.fail(machine.end(compared, machine.parts(compared["items"])))
    assert (kind, text) == (
        "Refused",
        f"jobs: the files have {len(ODD) + 1} rows and only {len(ODD)} keys; the key 5 is there twice, "
        "in glue/jobs/run-1-part-r-00001 and in glue/jobs/twice.avro",
    )
    assert not any("__restore_" in name for name in leftovers(db))

    bucket.write_avro("glue/jobs/twice.avro", JOBS_OF_SPARK, rows[5:6] * 2)
    machine = Restore(files, "glue/jobs/twice.avro")
    kind, text = files.fail(machine.event(machine.items[-1]))
    assert (kind, text) == (
        "Refused",
        "jobs: the key 5 is there twice, in glue/jobs/twice.avro; rows whose key came before: 1",
    )
    assert db.count(f"jobs__restore_{machine.id}") == 0


def test_every_step_may_be_done_twice(files, bucket, db):
    fill(db)
    set_to_zero(db, "jobs", 1)
    before = content(db)
    back_up(files)
    db.empty("jobs")
    machine = Restore(files, "latest")
    done = machine.parts(machine.items)
    assert machine.parts(machine.items) == done
    compared = machine.compare(done)
    assert machine.compare(done) == compared
    looked = machine.parts(compared["items"])
    assert machine.parts(compared["items"]) == looked
    restored = machine.finish(compared, looked)
    assert machine.finish(compared, looked) == restored
    assert content(db) == before
    # A late step finds no table to write to.
    file = next(item for item in machine.items if "file" in item)
    assert files.fail(machine.event(file))[0] == "RestoreFailed"
    assert content(db) == before


@pytest.mark.parametrize("force", [False, True])
def test_a_live_table_that_changes_meanwhile_stops_it(files, bucket, db, force):
    fill(db)
    back_up(files)
    db.rows("DELETE FROM jobs WHERE id = 1")
    machine = Restore(files, "latest", force=force)
    compared = machine.compare(machine.parts(machine.items))
    db.rows("INSERT INTO jobs VALUES (99, 'meanwhile')")
    before = content(db)
    looked = machine.parts(compared["items"])
    if force:
        machine.finish(compared, looked)
        assert db.count("jobs") == len(ODD)
    else:
        kind, text = files.fail(machine.end(compared, looked))
        assert kind == "Refused" and "jobs: the live table was written to meanwhile" in text
        assert content(db) == before and leftovers(db) == []


def test_a_reader_is_waited_for_and_the_live_tables_are_looked_at_before_each_try(
    files, bucket, db, other
):
    fill(db)
    before = content(db)
    back_up(files)
    db.empty("jobs")
    machine = Restore(files, "latest")
    compared = machine.compare(machine.parts(machine.items))
    looked = machine.parts(compared["items"])
    other.rows("SELECT * FROM departments")
    waited = machine.try_swap(compared, looked)
    assert (waited["swapped"], waited["attempt"]) == (False, 2)
    assert [next(iter(item)) for item in waited["items"]] == ["live"] * 3
    other.rollback()
    restored = machine.finish(waited, machine.parts(waited["items"]))
    assert content(db) == before and "late" not in restored

    machine = Restore(files, "latest")
    compared = machine.compare(machine.parts(machine.items))
    other.rows("SELECT * FROM departments")
    waited = machine.try_swap(compared, machine.parts(compared["items"]))
    db.rows("INSERT INTO departments VALUES (78, 'between two tries')")
    other.rollback()
    kind, text = files.fail(machine.end(waited, machine.parts(waited["items"])))
    named = "departments: the live table was written to meanwhile (2 rows, now 3)"
    assert kind == "Refused" and named in text
    assert db.count("departments") == 3 and not any("__restore_" in name for name in leftovers(db))


def test_a_row_that_comes_with_the_swap_is_named(files, bucket, db, other):
    """It was written before the swap, in a transaction that ended while the swap waited for it."""
    fill(db)
    db.rows("DELETE FROM departments WHERE id > 1")
    back_up(files)
    machine = Restore(files, "latest")
    compared = machine.compare(machine.parts(machine.items))
    looked = machine.parts(compared["items"])
    other.rows("INSERT INTO departments VALUES (77, 'meanwhile')")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(machine.try_swap, compared, looked)
        wait_for_rename(db)
        other.commit()
        swapped = running.result()
    assert swapped["swapped"]
    restored = machine.report(swapped, machine.parts(swapped["items"]))
    old = f"departments__before_{machine.id}"
    late = {"table": "departments", "old_table": old, "rows_before": 1, "rows_now": 2}
    late |= {"greatest_key": "1", "new_keys": ["77"]}
    assert restored["late"] == [late]
    # Where the old tables could not be looked at, that is said.
    unknown = machine.report(swapped, [])["late"]
    assert [table["rows_now"] for table in unknown] == [None] * 3
    assert db.count("departments") == 1 and db.count(old) == 2


def test_what_is_left_out_is_said_at_the_end(files, bucket, db):
    fill(db)
    back_up(files)
    bucket.write("backups/29990101T000000Z-00000000/manifest.json", b"{}")
    restored = restore(files, "latest")
    assert restored["notes"] == [
        "left out: backups/29990101T000000Z-00000000/: the manifest is not one of rowgate's"
    ]


def test_rows_that_are_not_the_files_stop_it(files, bucket, db):
    """A staging table that was changed by others, and parts that have not come back."""
    fill(db)
    back_up(files)
    before = content(db)
    machine = Restore(files, "latest")
    done = machine.parts(machine.items)
    for missing in done:
        less = [part for part in done if part is not missing]
        kind, text = files.fail(machine.comparison(less))
        assert kind == "Refused" and "0 parts came back of 1" in text
    db.rows(f"UPDATE `jobs__restore_{machine.id}` SET job_name = 'other' WHERE id = 1")
    compared = machine.compare(done)
    looked = machine.parts(compared["items"])
    kind, text = files.fail(machine.end(compared, looked))
    assert kind == "Refused" and "written where the files have" in text
    assert content(db) == before and leftovers(db) == []


def test_a_file_of_other_content_is_refused(files, bucket, db):
    fill(db)
    answer = back_up(files)
    machine = Restore(files, "latest")
    (item,) = [item for item in machine.items if item.get("file", {}).get("table") == "jobs"]
    key = item["file"]["key"]
    whole = bucket.read(key)
    bucket.write(key, whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    kind, text = files.fail(machine.event(item))
    assert kind == "Refused" and text.startswith(f"{key}: ")
    assert db.count(f"jobs__restore_{machine.id}") == 0
    bucket.delete(key)
    assert files.fail(machine.event(item))[1] == f"{key}: the file is missing"

    # Without a manifest it is the ETag that tells.
    bucket.write("glue/jobs/1.avro", whole)
    other = Restore(files, "glue/jobs/1.avro")
    bucket.write_avro("glue/jobs/1.avro", JOBS_OF_SPARK, [{"id": 1, "job_name": "a"}])
    assert "the file is missing" in files.fail(other.event(other.items[-1]))[1]

    for id in (machine.id, other.id):
        assert files.invoke(RESTORE | {"step": "abandon", "id": id, "bucket": None}) == {"id": id}
    assert leftovers(db) == [] and answer["rows"] > 0


def test_a_restore_that_was_given_up_stays_so(files, bucket, db):
    fill(db)
    back_up(files)
    before = content(db)
    machine, other = Restore(files, "latest"), Restore(files, "latest")
    assert machine.id != other.id and len(leftovers(db)) == 6
    files.invoke(RESTORE | {"step": "abandon", "id": machine.id})
    assert leftovers(db) == [f"{table}__restore_{other.id}" for table in sorted(TABLES)]
    file = next(item for item in machine.items if "file" in item)
    assert files.fail(machine.event(file))[0] == "RestoreFailed"
    # Old tables are never dropped.
    compared = other.compare(other.parts(other.items))
    other.finish(compared, other.parts(compared["items"]))
    files.invoke(RESTORE | {"step": "abandon", "id": other.id})
    assert leftovers(db) == [f"{table}__before_{other.id}" for table in sorted(TABLES)]
    assert content(db) == before


def test_of_two_restores_one_is_refused(files, bucket, db):
    fill(db)
    back_up(files)
    db.empty("employees")
    one, other = Restore(files, "latest"), Restore(files, "latest")
    compared = [machine.compare(machine.parts(machine.items)) for machine in (one, other)]
    one.finish(compared[0], one.parts(compared[0]["items"]))
    before = content(db)
    kind, text = files.fail(other.end(compared[1], other.parts(compared[1]["items"])))
    assert (kind, "was written to meanwhile" in text) == ("Refused", True)
    assert content(db) == before


def test_what_cannot_be_restored_is_refused_before_a_table_is_made(files, bucket, db):
    fill(db)
    back_up(files)
    db.empty("employees")
    db.rows("ALTER TABLE jobs ADD notes TEXT NULL")
    try:
        event = RESTORE | {"step": "open", "sources": ["latest"]}
        kind, text = files.fail(event)
        assert kind == "Refused" and "jobs.notes: column: expected none" in text
    finally:
        db.rows("ALTER TABLE jobs DROP notes")
    for id in ("20260101_000000_zzzz`; DROP", "", "x"):
        step = {"step": "part", "id": id, "item": {"staging": {"table": "jobs", "number": 0}}}
        assert files.fail(RESTORE | step)[1] == f"there is nothing left of a restore {id}"
    assert leftovers(db) == []


def test_more_files_than_can_be_carried_are_refused(files, bucket, db):
    bucket.delete("glue/")
    row = [{"id": 1, "job_name": "a"}]
    for number in range(900):
        bucket.write_avro(f"glue/jobs/{number:04}{'x' * 80}.avro", JOBS_OF_SPARK, row)
    kind, text = files.fail(RESTORE | {"step": "open", "sources": ["glue/jobs/"]})
    assert kind == "Refused" and "the names of 900 files and" in text
    assert leftovers(db) == []
    bucket.delete("glue/")


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_a_part_that_is_killed_is_done_again(files, bucket, db, stack, calls, fault, what):
    """At several calls; what the killed one has left changes nothing."""
    fill(db)
    before = content(db)
    first = back_up(files)
    machine = Backup(files) if what == "backup" else Restore(files, first["run"])
    if what == "restore":
        db.empty("jobs")
        machine = Restore(files, first["run"])
    done, killed = [], 0
    for item in machine.items:
        for call in (0, 1):
            fault(f"execute:latency=3000:skip={call}:times=1")
            killed += kill_at(files, stack, calls, machine.event(item), call)
            fault()
        done.append(machine.part(item))
    # Some parts make a single call.
    assert killed >= len(machine.items)
    if what == "backup":
        answer = machine.finish(done)
        assert answer["tables"] == first["tables"]
        manifest_of(bucket, answer)
    else:
        compared = machine.compare(done)
        machine.finish(compared, machine.parts(compared["items"]))
        assert content(db) == before


def kill_at(files, stack, calls, event, call):
    """Runs a step and kills the function while a call waits; answers whether there was one."""
    calls.mark()
    with ThreadPoolExecutor(1) as pool:
        step = pool.submit(files.run, event)
        files.wait_until(lambda: len(calls.since_mark()) >= call or step.done(), "no call")
        # It may not have begun yet, on a machine that is busy.
        while not step.done():
            wait([step], timeout=0.1)
            # The function of a step that is done waits for the next one.
            for process in [] if step.done() else bootstraps(stack["data_api"]):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        return step.result()[0] is not None
