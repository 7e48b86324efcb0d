"""`rowgate backup` killed in the middle: a run has a manifest and all its files, or no manifest."""

import json
import random
import signal
import subprocess
import time

import pytest
from backups import accepted
from conftest import PROGRAM

pytestmark = pytest.mark.usefixtures("empty_tables")

# Of both ways to make a backup.
POINTS = 20
ROWS, WIDTH = 3_600, 3_500
# How long each call takes, so that a kill meets some under way.
LATENCY_MS = 10
SECONDS = 30


@pytest.fixture
def wide_jobs(db):
    """12 MB of jobs, so that files are written in pieces."""
    db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(15000) NOT NULL COMMENT 'aliases=job'")
    for start in range(1, ROWS + 1, 100):
        rows = ", ".join(f"({id}, REPEAT('x', {WIDTH}))" for id in range(start, start + 100))
        db.rows(f"INSERT INTO jobs VALUES {rows}")
    yield
    # Snapshots whose owner was killed stay open for minutes, and the table with them.
    for row in db.rows("SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx"):
        db.rows("KILL %s", row["id"])
    db.empty("jobs")
    db.rows("ALTER TABLE jobs MODIFY job_name VARCHAR(255) NOT NULL COMMENT 'aliases=job'")


class Victim:
    """A backup in a process of its own, and the calls that it has made."""

    def __init__(self, environment, logs, options):
        self.logs = logs
        for log in logs:
            log.mark()
        self.process = subprocess.Popen(
            [PROGRAM, "backup", "--codec", "null", "--accept", *options],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def calls(self):
        return sum(len(log.since_mark()) for log in self.logs)

    def wait(self, calls=None):
        """Until it is over, or so many calls were answered."""
        end = time.monotonic() + SECONDS
        while self.process.poll() is None and (calls is None or self.calls() < calls):
            assert time.monotonic() < end, "the backup has not come so far"
            time.sleep(0.001)

    def kill(self):
        """Answers whether it was still alive."""
        was_alive = self.process.poll() is None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        return was_alive


def test_killed_anywhere_it_leaves_a_whole_backup_or_none(
    backup, bucket, environment, calls, s3_calls, fault, s3_fault, wide_jobs, capsys
):
    chance = random.Random(42)
    killed, whole = 0, 0
    for options in ([], ["--parallel", "2"]):
        fault(f"any:latency={LATENCY_MS}")
        s3_fault(f"any:latency={LATENCY_MS}")
        undisturbed = Victim(environment, (calls, s3_calls), options)
        undisturbed.wait()
        assert undisturbed.process.returncode == 0
        total = undisturbed.calls()
        known = set(bucket.manifests())
        for point in points(chance, total, POINTS // 2):
            victim = Victim(environment, (calls, s3_calls), options)
            victim.wait(point)
            time.sleep(chance.uniform(0, 2 * LATENCY_MS / 1000))
            killed += victim.kill()
            # A call that had arrived may still be running.
            time.sleep(3 * LATENCY_MS / 1000)
            new = set(bucket.manifests()) - known
            assert len(new) <= 1
            for key in new:
                bucket.check(json.loads(bucket.read(key)))
                whole += 1
            known |= new
        fault()
        s3_fault()
        manifest = accepted(backup("--json", "--accept", *options))
        assert [table["rows"] for table in manifest["tables"]] == [0, ROWS, 0]
        bucket.check(manifest)
    with capsys.disabled():
        print(f" [killed at {killed} of {POINTS} points, {whole} with a whole backup]", end="")
    assert killed > POINTS // 2


def points(chance, total, count):
    """Numbers of calls after which to kill: some in each part of the run, and the very last ones."""
    spread = [chance.randint(total * nth // count, total * (nth + 1) // count) for nth in range(count)]
    return [*spread[:-2], total - 2, total - 1]
