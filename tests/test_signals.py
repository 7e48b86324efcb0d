"""SIGINT and SIGTERM at every call: nothing stays open or half made, and the words say how to go on."""

import os
import random
import re
import signal
import subprocess
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from backups import fill, left_uploads, made
from conftest import PROGRAM, TABLES, Calls, client, database, put_faults, running
from files import Files
from test_restore import content, leftovers, tidy

INTERRUPTED = 130
TERMINATED = 143

# Rows of 1,000 bytes: so many make a file of two pieces, and so many two batches of a load.
WIDE = "😀" * 250
ROWS, BATCH_ROWS = 5_600, 2_700

# Calls of a process's first look at the live tables.
FIRST_LOOK = 2

Done = namedtuple("Done", "returncode stdout stderr")


@pytest.fixture(autouse=True)
def clean(db, bucket):
    """Tables without rows, no backup, and nothing of a restore."""
    tidy(db)
    yield
    db.rows("DROP TABLE IF EXISTS rowgate_doctor")
    tidy(db)


class Started:
    """A command whose process is known before its first call: a shell waits for a line, and becomes
    the command."""

    def __init__(self, environment, *arguments):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            ["sh", "-c", 'read go; exec "$@"', "sh", PROGRAM, *arguments],
            env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True,
        )

    @property
    def pid(self):
        return self.process.pid

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def send(self, number):
        self.process.send_signal(number)

    def end(self):
        stdout, stderr = self.process.communicate()
        return Done(self.process.returncode, stdout, stderr)

    def run(self):
        self.go()
        return self.end()


@pytest.fixture
def start(environment):
    return lambda *arguments: Started(environment, *arguments)


@pytest.fixture
def at_every_call(start, calls, s3_calls, fault, s3_fault):
    """Runs a command with a signal before and after each of its calls; `check` sees what came of it,
    `again` makes the next run possible. Answers how often the signal was in time."""

    def at_every_call(*arguments, check, again=lambda: None):
        calls.mark(), s3_calls.mark()
        undisturbed = start(*arguments).run()
        assert undisturbed.returncode in (0, 1), undisturbed.stderr
        points = [(fault, number) for number in range(len(calls.since_mark()))]
        points += [(s3_fault, number) for number in range(len(s3_calls.since_mark()))]
        again()
        in_time = 0
        for put, number in points:
            for kind in ("interrupt", "interrupt-after"):
                s3_calls.mark()
                command = start(*arguments)
                put(f"any:{kind}={command.pid}:skip={number}:times=1")
                done = command.run()
                put()
                in_time += done.returncode == INTERRUPTED
                check(done, f"{kind} {put.keywords} {number}: {done}")
                assert left_uploads(s3_calls) == 0
                again()
        return in_time, 2 * len(points)

    return at_every_call


def open_transactions(db):
    return db.value("SELECT COUNT(*) FROM information_schema.innodb_trx")


def wide_rows(db):
    numbers = ", ".join(f"({number}, REPEAT('😀', 250))" for number in range(1, ROWS + 1))
    db.rows(f"INSERT INTO jobs VALUES {numbers}")


@pytest.fixture
def refused_rows(db):
    """The database refuses rows that are called bad: their batch is tried apart, in a transaction."""
    db.rows("ALTER TABLE jobs ADD CONSTRAINT no_bad CHECK (job_name <> 'bad')")
    yield
    db.rows("ALTER TABLE jobs DROP CONSTRAINT no_bad")


def check_load(db, done, rows, where):
    assert open_transactions(db) == 0, where
    stored = int(re.search(r"rows: (\d+) stored", done.stdout + " rows: 0 stored")[1])
    assert stored == db.count("jobs"), where
    if done.returncode in (INTERRUPTED, TERMINATED):
        words = "interrupted; load it again: rows that are stored are not stored twice"
        # Before the first look at the live tables has ended no table is named.
        named = re.search(r"jobs\.csv: (unfinished$|jobs: .* \(unfinished\)$)", done.stdout, re.M)
        assert named and words in done.stderr, where
    else:
        assert (done.returncode, stored) == (1, rows), where


def test_a_direct_load_stores_what_it_says(at_every_call, start, db, refused_rows, tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_text("id,job_name\n1,a\n2,b\n3,bad\n4,c\n")
    load = ("load", "--direct", path)

    def check(done, where):
        check_load(db, done, 3, where)

    in_time, of = at_every_call(*load, check=check, again=lambda: db.empty("jobs"))
    assert in_time > of / 2
    # Those of a load that is interrupted are not kept.
    rejects = len(list(tmp_path.glob("jobs.csv.rejects*.csv")))
    assert rejects == 1 + of - in_time


def test_a_direct_load_goes_on(start, db, refused_rows, fault, tmp_path):
    lines = [f"{number},{WIDE}\n" for number in range(1, BATCH_ROWS + 1)]
    path = tmp_path / "jobs.csv"
    path.write_text("id,job_name\n" + "".join(lines) + f"{BATCH_ROWS + 1},bad\n")
    command = start("load", "--direct", path)
    fault(f"any:interrupt-after={command.pid}:skip={FIRST_LOOK}:times=1")
    done = command.run()
    assert done.returncode == INTERRUPTED and db.count("jobs") > 0, done
    check_load(db, done, BATCH_ROWS, done)
    # The next one ends it, whatever is there already.
    assert start("load", "--direct", path).run().returncode == 1
    assert db.count("jobs") == BATCH_ROWS


def test_a_backup_leaves_nothing_or_is_whole(at_every_call, start, bucket, db):
    wide_rows(db)
    backup = ("backup", "--codec", "null", "--json")

    def check(done, where):
        assert open_transactions(db) == 0, where
        if done.returncode == INTERRUPTED:
            assert bucket.keys("backups/") == [], where
            assert done.stderr.endswith("interrupted; nothing is kept of the backup\n"), where
        else:
            bucket.check(made(done._replace(stderr="")))

    def again():
        bucket.delete("backups/")

    in_time, of = at_every_call(*backup, check=check, again=again)
    assert in_time > of * 0.7
    bucket.check(made(start(*backup).run()))


def test_a_restore_leaves_the_live_tables_whole(at_every_call, start, bucket, db):
    fill(db)
    wanted = content(db)
    made(start("backup", "--json").run())
    db.rows("UPDATE jobs SET job_name = 'live'")
    live = content(db)
    tables = ("--table", "departments", "--table", "jobs")
    restore = ("restore", "latest", *tables)

    def check(done, where):
        assert open_transactions(db) == 0, where
        if "was live before is beside" in done.stdout:
            assert content(db) == wanted and len(leftovers(db)) == 2, where
        else:
            assert done.returncode == INTERRUPTED, where
            assert content(db) == live and leftovers(db) == [], where
            words = ("nothing is left of the restore", "nothing was written")
            assert done.stderr.rstrip().endswith(words), where

    def again():
        if any("__before_" in name for name in leftovers(db)):
            (name,) = {name.split("__before_")[1] for name in leftovers(db)}
            assert start("restore", "undo", name).run().returncode == 0
            assert start("restore", "drop-old", "--yes").run().returncode == 0
        assert content(db) == live

    in_time, of = at_every_call(*restore, check=check, again=again)
    assert in_time > of * 0.7
    assert start(*restore).run().returncode == 0
    assert content(db) == wanted


@pytest.mark.parametrize("number, code", [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, TERMINATED)])
def test_at_random_moments(start, bucket, db, fault, s3_fault, calls, number, code):
    wide_rows(db)
    chance = random.Random(code)
    made(start("backup", "--codec", "null", "--json").run())
    (run,) = bucket.manifests()
    db.rows("UPDATE jobs SET job_name = 'live'")
    for command in (["backup"], ["restore", run.split("/")[1]], ["backup", "verify", "latest", "--probe"]):
        fault("any:latency=20")
        s3_fault("any:late=20")
        process = start(*command)
        process.go()
        time.sleep(chance.uniform(0.05, 0.4))
        process.send(number)
        done = process.end()
        fault()
        s3_fault()
        assert done.returncode == code, done
        assert open_transactions(db) == 0 and leftovers(db) == []
        assert bucket.manifests() == [run]
        assert f"{number.name}: the calls in flight are waited for" in done.stderr
        assert db.value("SELECT COUNT(*) FROM jobs WHERE job_name = 'live'") == ROWS


def test_a_second_signal_ends_at_once(start, db, fault):
    fault("any:latency=20000:skip=2:times=1")
    process = start("backup")
    process.go()
    time.sleep(1)
    began = time.monotonic()
    process.send(signal.SIGINT)
    time.sleep(0.2)
    process.send(signal.SIGINT)
    done = process.end()
    assert done.returncode == INTERRUPTED and time.monotonic() - began < 5


def test_a_restore_that_waits_for_a_lock_is_ended(start, bucket, db, stack):
    fill(db)
    made(start("backup", "--json").run())
    db.empty("employees")
    live = content(db)
    with database(stack) as other:
        other.autocommit(False)
        other.rows("SELECT * FROM departments")
        process = start("restore", "latest")
        process.go()
        for line in process.process.stderr:
            if "waiting for others' transactions on the live tables, try 2" in line:
                break
        process.send(signal.SIGINT)
        began = time.monotonic()
        done = process.end()
        other.rollback()
    assert done.returncode == INTERRUPTED and time.monotonic() - began < 10
    assert done.stderr.rstrip().endswith("nothing is left of the restore"), done
    assert content(db) == live and leftovers(db) == []


def test_what_is_put_into_the_bucket_is_said(start, bucket, db, s3_calls, s3_fault, tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_text("id,job_name\n" + f"1,{WIDE}\n" * 9_000)
    s3_calls.mark()
    command = start("load", "--prefix", "interrupted/", path)
    s3_fault(f"multipart:interrupt-after={command.pid}:skip=1:times=1")
    done = command.run()
    assert done.returncode == INTERRUPTED
    assert "interrupted/jobs/jobs.csv is not put into the bucket" in done.stderr
    assert left_uploads(s3_calls) == 0 and bucket.keys("interrupted/") == []

    path.write_text("id,job_name\n1,a\n")
    command = start("load", "--prefix", "interrupted/", path, tmp_path / "other.csv")
    s3_fault(f"head:interrupt={command.pid}:skip=3:times=1")
    done = command.run()
    assert done.returncode == INTERRUPTED
    report = "its report comes to reports/interrupted/jobs/jobs.csv."
    assert f"interrupted/jobs/jobs.csv is in the bucket, and {report}" in done.stderr
    assert f"not begun: {tmp_path / 'other.csv'}" in done.stderr
    bucket.delete("interrupted/")


@pytest.mark.parametrize("skip", range(1, 40, 8))
def test_the_doctor_drops_its_table(start, db, fault, skip):
    command = start("doctor")
    fault(f"any:interrupt={command.pid}:skip={skip}:times=1")
    done = command.run()
    assert (done.returncode, open_transactions(db)) == (INTERRUPTED, 0), done
    assert db.rows("SHOW TABLES LIKE 'rowgate_doctor'") == []
    assert "FAIL" not in done.stdout, done.stdout


def test_other_commands_end_with_the_code(start, fault):
    for arguments in (["migrate"], ["migrate", "--check"]):
        command = start(*arguments)
        fault(f"any:interrupt={command.pid}:times=1")
        done = command.run()
        assert done.returncode == INTERRUPTED and "interrupted" in done.stderr, done


def test_in_the_last_seconds_of_an_invocation_all_is_taken_back():
    """5 seconds before the end no call is begun, 3 seconds later those in flight are given up."""
    with running("--timeout", "6") as stack, database(stack) as db:
        files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
        s3_calls = Calls(stack["s3_log"])
        fill(db)
        files.invoke({"rowgate": "backup"})
        live = content(db)
        hang = ["execute:latency=60000:skip=%d:times=1"]
        for event, skips, words in [
            ({"rowgate": "backup"}, (9,), "the time is over; nothing was backed up"),
            ({"rowgate": "restore", "sources": ["latest"]}, (26,), "nothing was restored"),
        ]:
            for skip in skips:
                s3_calls.mark()
                put_faults(stack, *(text % skip for text in hang))
                began = time.monotonic()
                kind, text = files.fail(event)
                put_faults(stack)
                assert kind in ("BackupFailed", "RestoreFailed"), (kind, text)
                assert 3 < time.monotonic() - began < 6, (event, skip)
                assert words in text or "the time for it is over" in text, (skip, text)
                assert open_transactions(db) == 0 and leftovers(db) == [], (event, skip)
                assert left_uploads(s3_calls) == 0 and content(db) == live


def test_a_lambda_that_gets_sigterm_takes_back_what_it_began():
    with running() as stack, database(stack) as db:
        files = Files(stack, client(stack, "s3"), client(stack, "lambda"))
        fill(db)
        live = content(db)
        files.invoke({"rowgate": "backup"})
        for event, skip in [({"rowgate": "backup"}, 9), ({"rowgate": "restore", "sources": ["latest"]}, 26)]:
            put_faults(stack, f"execute:latency=1000:skip={skip}:times=1")
            with ThreadPoolExecutor() as pool:
                failing = pool.submit(files.fail, event)
                time.sleep(0.7)
                (process,) = processes_of(stack)
                os.kill(process, signal.SIGTERM)
                failing.result()
            put_faults(stack)
            assert open_transactions(db) == 0 and leftovers(db) == []
            assert content(db) == live
            wait_for_end(stack)
        files.invoke({"rowgate": "backup"})


def wait_for_end(stack):
    end = time.monotonic() + 5
    while processes_of(stack):
        assert time.monotonic() < end, "the Lambda goes on"
        time.sleep(0.05)


def processes_of(stack):
    """The processes of a stack's Lambda."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            program, variables = (folder / "exe").readlink().name, (folder / "environ").read_bytes()
        except OSError:
            continue
        if program.startswith("bootstrap") and stack["data_api"].encode() in variables:
            found.append(int(folder.name))
    return found
